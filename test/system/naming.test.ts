import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { DownloadError } from '#src/peer.js';
import { createNetwork, type Network, seen, type TestPeer } from '#test/support/network.js';
import { afterAllTests } from '#test/support/teardown.js';

/** Said are 3 s; what is above is the machine's other work. */
const NOT_FOUND_WITHIN_MS = 8000;

let network: Network;
let first: TestPeer;
let second: TestPeer;
let asker: TestPeer;

const teardown = afterAllTests();

beforeAll(async () => {
  network = await createNetwork(3, teardown, {
    prepare({ share }, index) {
      if (index === 2) return;
      writeFileSync(join(share, 'both have one'), `but this is of ${index}`);
      writeFileSync(join(share, `only ${index}`), `only ${index} has this`);
      writeFileSync(join(share, `fetched ${index}`), `fetched of ${index}`);
      writeFileSync(join(share, `place ${index}.tar.gz`), `placed of ${index}`);
    },
  });
  const [one, two, three] = network.peers;
  if (!one || !two || !three) throw new Error('no peers');
  [first, second, asker] = [one, two, three];
  for (const index of [0, 1]) await seen(asker, `only ${index}`);
  await seen(asker, 'both have one');
});

function expectInTime(began: number): void {
  const ms = performance.now() - began;
  console.info(`not found after ${ms.toFixed(0)} ms`);
  expect(ms).toBeLessThan(NOT_FOUND_WITHIN_MS);
}

describe('a name that nobody offers', () => {
  it('is not found, within three seconds', async () => {
    const began = performance.now();
    await expect(asker.download('no such thing')).rejects.toMatchObject({ code: 'not-found' });
    expectInTime(began);
    const failed = await asker.heard.until('download-failed', {
      where: ({ name }) => name === 'no such thing',
    });
    expect(failed.message).toContain('no such thing');
  });

  it('is not found by a peer that is alone either', async () => {
    const alone = (await createNetwork(1)).peers[0];
    const began = performance.now();
    await expect(alone?.download('no such thing')).rejects.toMatchObject({ code: 'not-found' });
    expectInTime(began);
  });
});

describe('a name under which there are two contents', () => {
  it('is ambiguous, and both are named with who has them', async () => {
    const refusal = await asker.download('both have one').then(
      () => undefined,
      (error: unknown) => (error as DownloadError).trouble,
    );
    expect(refusal?.code).toBe('ambiguous');
    expect(refusal?.candidates).toHaveLength(2);
    for (const { peerId } of [first, second]) {
      expect(refusal?.candidates).toContainEqual(expect.objectContaining({ peers: [peerId] }));
    }
  });

  it('is chosen by the beginning of an id', async () => {
    const { id } = rowOf(await first.list('both have one'), 0);
    const done = await asker.download(id.slice(0, 8).toUpperCase());
    expect(done).toMatchObject({ id, name: 'both have one' });
    expect(readFileSync(done.path, 'utf8')).toBe('but this is of 0');
  });

  it('is chosen by whose it is, and a name taken on the disk gets a number', async () => {
    const done = await asker.download('both have one', { from: second.peerId });
    expect(readFileSync(done.path, 'utf8')).toBe('but this is of 1');
    expect(done.path).toBe(join(asker.home.downloads, 'both have one (1)'));
  });

  it('is chosen by the name of the peer or the beginning of its id', async () => {
    const byName = await asker.download('only 1', { from: second.name });
    expect(readFileSync(byName.path, 'utf8')).toBe('only 1 has this');
    const byId = await asker.download('only 0', { from: first.peerId.slice(0, 6) });
    expect(readFileSync(byId.path, 'utf8')).toBe('only 0 has this');
    await expect(asker.download('fetched 0', { from: second.name })).rejects.toMatchObject({
      code: 'not-found',
    });
  });
});

describe('what is here already', () => {
  it('is told with its path when it was downloaded, under any name', async () => {
    await seen(asker, 'fetched 0');
    const { path, id } = await asker.download('fetched 0');
    const again = { alreadyHere: true, path, id, sources: [] };
    expect(await asker.download('fetched 0')).toMatchObject(again);
    expect(await asker.download(id.slice(0, 6))).toMatchObject(again);
    expect(readdirSync(asker.home.downloads).filter((name) => name.startsWith('fetched'))).toEqual([
      'fetched 0',
    ]);
  });

  it('does not hide that others have another content of that name, and how to get it', async () => {
    const own = ({ path }: { path: string | null }) => path !== null;
    const mine = rowOf((await first.list('both have one')).filter(own), 0);
    const theirs = rowOf((await second.list('both have one')).filter(own), 0);
    const done = await first.download('both have one');
    expect(done).toMatchObject({ id: mine.id, alreadyHere: true });
    expect(done.candidates).toMatchObject([{ name: 'both have one', id: theirs.id }]);
    expect(done.candidates?.[0]?.peers).toContain(second.peerId);
    expect(await first.download(mine.id)).not.toHaveProperty('candidates');
  });

  it('is told with its path when it is our own share', async () => {
    expect(await first.download('only 0')).toMatchObject({
      alreadyHere: true,
      path: join(first.home.share, 'only 0'),
    });
  });
});

describe('--to', () => {
  it('puts a download into an existing folder', async () => {
    const folder = join(network.folder, 'elsewhere');
    mkdirSync(folder);
    const done = await asker.download('place 0.tar.gz', { to: folder });
    expect(done.path).toBe(join(folder, 'place 0.tar.gz'));
    expect(readdirSync(folder)).toEqual(['place 0.tar.gz']);
  });

  it('is the full path where no such folder exists', async () => {
    const done = await asker.download('place 1.tar.gz', { to: join(network.folder, 'my own.tgz') });
    expect(readFileSync(join(network.folder, 'my own.tgz'), 'utf8')).toBe('placed of 1');
    expect(done.path).toBe(join(network.folder, 'my own.tgz'));
    expect(existsSync(join(network.folder, '.p2p-partial'))).toBe(false);
  });

  it.each([
    ['a parent that does not exist', 'no folder/file', /no folder.*does not exist/],
    ['a folder that does not exist', 'no folder/', /no folder.*does not exist/],
    ['a target that exists', 'taken', /taken.*exists/],
  ])('refuses %s, and says so', async (_, to, sentence) => {
    writeFileSync(join(network.folder, 'taken'), 'mine');
    const download = asker.download('fetched 1', { to: `${network.folder}/${to}` });
    await expect(download).rejects.toThrow(sentence);
    expect(readFileSync(join(network.folder, 'taken'), 'utf8')).toBe('mine');
    expect(existsSync(join(network.folder, 'no folder'))).toBe(false);
  });
});

function rowOf<T>(rows: readonly T[], at: number): T {
  const row = rows[at];
  if (row === undefined) throw new Error('no such row');
  return row;
}
