/**
 * Whatever becomes of the files that a peer keeps, its next start neither dies nor lies: what can be made anew is
 * made anew, loudly where a user should know, and what cannot ends it with one line.
 */
import { cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import type { Line } from '#src/cli/answer.js';
import { STAGING_NAME } from '#src/domain/content/name.js';
import { EXIT } from '#src/domain/errors.js';
import { KiB } from '#src/domain/limits.js';
import { openDatabase } from '#src/io/disk/database.js';
import { writeSmallFile } from '#src/io/disk/small-file.js';
import { StagedWriter } from '#src/io/fetch/staged-writer.js';
import { prepareStaging } from '#src/io/fetch/staging.js';
import { stagingFolder } from '#src/io/fetch/staging-folder.js';
import { KnownTrackers } from '#src/peer/network/known-trackers.js';
import { sha256 } from '#test/support/big-file.js';
import { chunkBytesOf, manifestOf, noise } from '#test/support/contents.js';
import { DAMAGES } from '#test/support/file-damages.js';
import { peerOf } from '#test/support/made-up-peers.js';
import { createNetwork, type Network, type PeerHome } from '#test/support/network.js';
import { createOracle, type Oracle } from '#test/support/oracle.js';
import { startPeerProgram } from '#test/support/peer-program.js';
import type { Program } from '#test/support/program.js';
import { randomFrom } from '#test/support/random.js';
import { rounds } from '#test/support/rounds.js';
import { syncAndMark } from '#test/support/staged-content.js';

vi.setConfig({ testTimeout: 900_000 });

const GIVING = { enabled: true, intervalMs: 200 };

const film = noise(600 * KiB, 3);
const unfinished = noise(700 * KiB, 4);
const given = noise(300 * KiB, 5);

/** A peer that has downloaded, keeps for others, has banned, and was ended in the middle of a download. */
async function lived(network: Network, home: PeerHome): Promise<void> {
  const peer = await network.start(home, { distribution: GIVING });
  await peer.heard.until('chunk-received');
  await peer.download('film');
  await peer.close();
  const manifest = manifestOf({ '': unfinished });
  const { id } = manifest;
  const staging = stagingFolder(home.downloads, id);
  await prepareStaging(staging, manifest);
  const writer = new StagedWriter(staging, manifest);
  await writer.write(0, chunkBytesOf({ '': unfinished }, manifest.entries, manifest.layout, 0));
  await writer.close();
  await syncAndMark(staging, manifest, 0);
  const { database } = await openDatabase(home.data);
  const target = join(home.downloads, 'unfinished');
  await database.put('downloads', id, { id, name: 'unfinished', target, mayRename: true, staging });
  await database.close();
  await writeSmallFile(join(home.data, 'bans'), `${'a'.repeat(52)} ${Date.now() + 1e9}\n`);
  await (await KnownTrackers.open(home.data)).meet('house:4000', peerOf(2));
}

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

async function completed(program: Program, name: string): Promise<void> {
  program.send(`download ${name} #${name}`);
  const where = (line: Line) => 'ref' in line && line.ref === name;
  const options = { where: where as never, withinMs: 60_000 };
  const { heard } = program;
  const answer = await Promise.race([
    heard.until('download-completed', options),
    heard.until('download-failed', options),
  ]);
  expect(answer).toMatchObject({ type: 'download-completed', path: expect.stringMatching(name) });
}

describe('a store that is damaged', () => {
  it('never kills a peer, nor makes it lie', async () => {
    const network = await createNetwork(1, undefined, {
      settings: { distribution: GIVING },
      prepare: ({ share }) => {
        writeFileSync(join(share, 'film'), film);
        writeFileSync(join(share, 'unfinished'), unfinished);
        writeFileSync(join(share, 'given'), given);
      },
    });
    const own = join(network.folder, 'lived');
    // Its data lies apart from what the oracle watches.
    const home = { ...network.home('lived'), data: join(network.folder, 'apart', 'data') };
    const places = { data: home.data, downloads: home.downloads };
    mkdirSync(home.data, { recursive: true });
    await lived(network, home);
    const snapshot = join(network.folder, 'snapshot');
    for (const [name, place] of Object.entries(places)) {
      cpSync(place, join(snapshot, name), { recursive: true });
    }
    const source = network.peers[0]?.home.share ?? '';
    const files = filesBelow(snapshot).filter((path) => !path.endsWith('film'));
    const cases = files.flatMap((path) =>
      Object.entries(DAMAGES).map(([what, damage]) => ({
        what,
        damage,
        path: relative(snapshot, path),
      })),
    );
    const oracle = await createOracle({
      root: own,
      downloads: [home.downloads],
      expected: new Map([
        ['film', await sha256(join(source, 'film'))],
        // Where it is not known any more that it was downloaded.
        ['film (1)', await sha256(join(source, 'film'))],
        ['unfinished', await sha256(join(source, 'unfinished'))],
      ]),
      ignored: [home.share],
    });
    const seed = Number(process.env['FAULTS_SEED'] ?? Math.floor(Math.random() * 2 ** 32));
    console.info(`FAULTS_SEED=${seed}, ${cases.length} damages`);
    const random = randomFrom(seed);
    const most = rounds({ small: 4, full: cases.length });
    const chosen =
      most === cases.length
        ? cases
        : Array.from({ length: most }, () => cases[Math.floor(random() * cases.length)]);
    for (const one of chosen) {
      if (one === undefined) continue;
      // What has a final name is watched: it is not written anew.
      for (const name of ['unfinished', 'film (1)'])
        rmSync(join(home.downloads, name), { force: true });
      for (const [name, place] of [
        ['data', home.data],
        [join('downloads', STAGING_NAME), join(home.downloads, STAGING_NAME)],
      ] as const) {
        rmSync(place, { recursive: true, force: true });
        cpSync(join(snapshot, name), place, { recursive: true });
      }
      one.damage(join(dirname(one.path.startsWith('data') ? home.data : home.downloads), one.path));
      await startsWell(network, home, oracle).catch((error: Error) => {
        throw new Error(`${one.path} ${one.what}: ${error.message}`, { cause: error });
      });
    }
  });
});

async function startsWell(network: Network, home: PeerHome, oracle: Oracle): Promise<void> {
  const program = await startPeerProgram(network, home, {
    distribution: { enabled: false },
    downloads: { folder: home.downloads, resumeAtStart: false },
    transfer: { timeoutMs: 10_000 },
  });
  const ended = program.exit.then(() => false);
  const up = program.heard.until('peer-up', { withinMs: 60_000 });
  const isUp = await Promise.race([ended, up.then(() => true).catch(() => ended)]);
  if (isUp) {
    await completed(program, 'unfinished');
    await completed(program, 'film');
    await oracle.check();
    expect(readdirSync(home.downloads)).toEqual(expect.arrayContaining(['film', 'unfinished']));
    program.send('exit');
  }
  const { code, signal } = await program.exit;
  expect(signal).toBe(null);
  expect(program.stderr()).not.toMatch(/^ +at /m);
  if (isUp) expect(code).toBe(0);
  else {
    expect(code, program.stderr()).toBe(EXIT.io);
    expect(program.stderr().trim().split('\n')).toHaveLength(1);
  }
}
