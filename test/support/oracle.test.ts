import { createHash } from 'node:crypto';
import {
  chmodSync,
  linkSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MiB } from '#src/domain/limits.js';
import { noise } from './contents.js';
import { told } from './final-names.js';
import { newFolder, writeTree } from './folders.js';
import { createOracle, resourcesOf } from './oracle.js';

const FILM = noise(3 * MiB);
const SONG = noise(1000, 2);
const COVER = noise(100, 3);
const EXPECTED = new Map(
  Object.entries({ film: FILM, 'album/song': SONG, 'album/art/cover': COVER }).map(
    ([path, bytes]) => [path, createHash('sha256').update(bytes).digest('hex')],
  ),
);

async function place() {
  const root = newFolder();
  const downloads = join(root, 'home', 'downloads');
  const staging = join(downloads, '.p2p-partial');
  mkdirSync(staging, { recursive: true });
  writeTree(root, { 'home/other': new Uint8Array(9), 'home/data/log': new Uint8Array(1) });
  const ignored = [join(root, 'home', 'data')];
  const oracle = await createOracle({ root, downloads: [downloads], expected: EXPECTED, ignored });
  const stage = (name: string, bytes: Uint8Array) => {
    writeFileSync(join(staging, name), bytes);
    return join(staging, name);
  };
  const named = (name: string, bytes: Uint8Array) => {
    linkSync(stage('staged', bytes), join(downloads, name));
    rmSync(join(staging, 'staged'));
  };
  const album = (tree: Readonly<Record<string, Uint8Array>>) => {
    writeTree(join(staging, 'tree'), tree);
    renameSync(join(staging, 'tree'), join(downloads, 'album'));
  };
  return { root, downloads, oracle, stage, named, album };
}

type Place = Awaited<ReturnType<typeof place>>;

/** What is done, and what the oracle says of it. */
const FAULTS: Readonly<Record<string, readonly [(at: Place) => unknown, RegExp]>> = {
  'wrong content': [({ named }) => named('film', noise(3 * MiB, 9)), /film .* was wrong/],
  'a partial file': [({ named }) => named('film', FILM.subarray(0, MiB)), /film .* not whole/],
  'a file that grows under its name': [
    async ({ downloads }) => {
      writeFileSync(join(downloads, 'film'), FILM.subarray(0, 2 * MiB));
      await told();
      writeFileSync(join(downloads, 'film'), FILM);
    },
    /film was changed under its name/,
  ],
  'a file that was written under its name': [
    ({ downloads }) => writeFileSync(join(downloads, 'film'), FILM),
    /film was changed under its name/,
  ],
  'wrong content for a moment': [
    async ({ downloads, named, stage }) => {
      named('film', noise(3 * MiB, 9));
      await told();
      renameSync(stage('good', FILM), join(downloads, 'film'));
    },
    /film .* was wrong/,
  ],
  'wrong content for less than a moment': [
    ({ downloads, named, stage }) => {
      named('film', noise(3 * MiB, 9));
      renameSync(stage('good', FILM), join(downloads, 'film'));
    },
    /film got its name more than once/,
  ],
  'a file that comes and goes': [
    ({ downloads, named }) => {
      named('film', noise(3 * MiB, 9));
      rmSync(join(downloads, 'film'));
    },
    /film was gone before it could be read/,
  ],
  'a file changed later': [
    async ({ downloads, named, oracle }) => {
      named('film', FILM);
      await oracle.check();
      const changed = Uint8Array.from(FILM);
      changed[77] = (changed[77] ?? 0) ^ 1;
      writeFileSync(join(downloads, 'film'), changed);
    },
    /film .* was wrong/,
  ],
  'a second copy': [({ named }) => named('film (1)', FILM), /film \(1\) .* nobody expects/],
  'an unknown file for a moment': [
    async ({ downloads, named }) => {
      named('other', SONG);
      await told();
      rmSync(join(downloads, 'other'));
    },
    /other .*/,
  ],
  'an unknown folder': [
    ({ downloads }) => mkdirSync(join(downloads, 'empty')),
    /empty is a folder nobody expects/,
  ],
  'a link': [({ downloads }) => symlinkSync('/etc', join(downloads, 'film')), /film is neither/],
  'a folder with a part of its files': [
    async ({ downloads, album }) => {
      album({ song: SONG });
      await told();
      writeTree(join(downloads, 'album'), { 'art/cover': COVER });
    },
    /album was there before album\/art\/cover was/,
  ],
  'a wrong file deep in a folder': [
    ({ album }) => album({ song: SONG, 'art/cover': COVER.subarray(1) }),
    /cover .* was wrong/,
  ],
  'a canary changed': [
    ({ root }) => writeFileSync(join(root, 'home', 'canary of downloads.txt'), 'the cat was here'),
    /canary of downloads\.txt lies outside and was changed/,
  ],
  "a canary's mode changed": [
    ({ root }) => chmodSync(join(root, 'canary of all.txt'), 0o777),
    /canary of all\.txt lies outside and was changed/,
  ],
  'a canary removed': [
    ({ root }) => rmSync(join(root, 'canaries of all', 'canary.txt')),
    /canaries of all\/canary\.txt lies outside and was removed/,
  ],
  'a canary added': [
    ({ root }) => writeFileSync(join(root, 'canaries of all', 'another'), ''),
    /another lies outside and was added/,
  ],
  'something outside': [
    ({ root }) => writeFileSync(join(root, 'home', 'new'), ''),
    /home\/new lies outside and was added/,
  ],
  'something outside for a moment': [
    ({ root }) => {
      writeFileSync(join(root, 'home', 'new'), '');
      rmSync(join(root, 'home', 'new'));
    },
    /home lies outside and was changed/,
  ],
  'a file outside with other content': [
    ({ root }) => writeFileSync(join(root, 'home', 'other'), new Uint8Array(9).fill(1)),
    /home\/other lies outside and was changed/,
  ],
};

describe('the oracle', () => {
  it('has nothing to say of what comes as it should', async () => {
    const { root, downloads, oracle, stage, named, album } = await place();
    stage('data', noise(5));
    writeFileSync(join(root, 'home', 'data', 'log'), 'a peer may write to its own data');
    await oracle.check();
    await expect(oracle.checkWhole(downloads)).rejects.toThrow(/lacks film\n.*lacks album\/song/s);
    named('film', FILM);
    album({ song: SONG, 'art/cover': COVER });
    await oracle.check();
    await oracle.checkWhole(downloads);
  });

  it('has nothing to say of what was removed and came again whole', async () => {
    const { downloads, oracle, named, album } = await place();
    named('film', FILM);
    album({ song: SONG, 'art/cover': COVER });
    await oracle.checkWhole(downloads);
    rmSync(join(downloads, 'film'));
    rmSync(join(downloads, 'album'), { recursive: true });
    await oracle.check();
    await expect(oracle.checkWhole(downloads)).rejects.toThrow(/lacks film/);
    named('film', FILM);
    album({ song: SONG, 'art/cover': COVER });
    await oracle.checkWhole(downloads);
  });

  it.each(Object.entries(FAULTS))('sees %s', async (_, [fault, complaint]) => {
    const at = await place();
    await fault(at);
    await expect(at.oracle.check()).rejects.toThrow(complaint);
  });
});

describe('the resources of a process', () => {
  it('are those that the system counts', () => {
    const seen = resourcesOf(process.pid);
    expect(seen.threads).toBeGreaterThan(1);
    expect(seen.handles).toBeGreaterThanOrEqual(seen.sockets);
    expect(seen.residentBytes / process.memoryUsage.rss()).toBeCloseTo(1, 0);
  });
});
