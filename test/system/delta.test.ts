/** Changed versions of what is here already, by whole peers: what travels of them. */
import { readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import type { SettingsInput } from '#config/load.js';
import type { ContentId } from '#src/domain/ids.js';
import { MiB } from '#src/domain/limits.js';
import { manifestOf, noise, type Tree } from '#test/support/contents.js';
import { writeTree } from '#test/support/folders.js';
import { createNetwork, knows, type Network, seen, type TestPeer } from '#test/support/network.js';

vi.setConfig({ testTimeout: 60_000 });

const NAME = 'film.raw';
const BYTES = 12 * MiB;
/** A content of this size is cut into chunks of 256 KiB. */
const CHUNK = 256 * 1024;
const OLD = noise(BYTES, 11);

type Pair = {
  readonly network: Network;
  readonly source: TestPeer;
  readonly taker: TestPeer;
};

/** A source and somebody who has what it had before. */
async function pair(settings: SettingsInput = {}): Promise<Pair> {
  const network = await createNetwork(0, undefined, { settings });
  const source = await network.start(network.home('source'));
  const taker = await network.start(network.home('taker'));
  return { network, source, taker };
}

/** Puts it into the shared folder, in the place of what was there under that name. */
function share(source: TestPeer, tree: Tree): ContentId {
  const path = join(source.home.share, NAME);
  const fresh = join(source.home.data, `new ${NAME}`);
  writeTree(fresh, tree);
  rmSync(path, { recursive: true, force: true });
  renameSync(fresh, path);
  return manifestOf(tree).id;
}

async function download(taker: TestPeer, id: ContentId) {
  await seen(taker, NAME, 1, id);
  return taker.download(id);
}

async function upgraded(old: Tree, fresh: Tree, settings?: SettingsInput) {
  const { source, taker } = await pair(settings);
  await download(taker, share(source, old));
  return download(taker, share(source, fresh));
}

function withInsert(at: number, bytes: number): Uint8Array {
  return Buffer.concat([OLD.subarray(0, at), noise(bytes, 5), OLD.subarray(at)]);
}

describe('a changed version of what was downloaded before', () => {
  it('changed in place in three chunks: those three are fetched', async () => {
    const fresh = Uint8Array.from(OLD);
    for (const chunk of [0, 20, 47]) fresh[chunk * CHUNK + 1000] = (fresh[chunk * CHUNK] ?? 0) ^ 1;
    for (const chunk of [0, 20, 47]) fresh.set(noise(100, chunk + 1), chunk * CHUNK + 2000);
    const done = await upgraded({ '': OLD }, { '': fresh });
    expect(done.fetchedBytes).toBe(3 * CHUNK);
    expect(readFileSync(done.path).equals(fresh)).toBe(true);
  });

  it('with something inserted at its front: about what was inserted is fetched', async () => {
    const fresh = withInsert(0, MiB + 1);
    const done = await upgraded({ '': OLD }, { '': fresh });
    expect(done.fetchedBytes).toBeLessThan(MiB + 4 * CHUNK);
    expect(readFileSync(done.path).equals(fresh)).toBe(true);
  });

  it('appended to: the end is fetched', async () => {
    const fresh = withInsert(BYTES, 1000);
    const done = await upgraded({ '': OLD }, { '': fresh });
    expect(done.fetchedBytes).toBe(1000);
    expect(readFileSync(done.path).equals(fresh)).toBe(true);
  });

  it('grown so much that its chunks are larger: what was not there is fetched', async () => {
    const fresh = withInsert(5 * MiB, 53 * MiB);
    const done = await upgraded({ '': OLD }, { '': fresh });
    expect(done.fetchedBytes).toBeLessThan(55 * MiB);
    expect(readFileSync(done.path).equals(fresh)).toBe(true);
  });

  it('is fetched whole where the setting is off', async () => {
    const fresh = withInsert(BYTES, 1000);
    const done = await upgraded({ '': OLD }, { '': fresh }, { transfer: { delta: false } });
    expect(done.fetchedBytes).toBe(fresh.length);
  });
});

describe('a folder of many files', () => {
  const folder: Record<string, Uint8Array> = {};
  for (let at = 0; at < 200; at += 1) folder[`photos/${at}.jpg`] = noise(30_000 + at * 100, at + 1);
  folder['large.bin'] = noise(5 * MiB, 999);

  it('with one changed: what travels together with that is fetched', async () => {
    const fresh = { ...folder, 'photos/7.jpg': noise(31_000, 5000) };
    const done = await upgraded(folder, fresh);
    expect(done.fetchedBytes).toBeLessThanOrEqual(CHUNK);
    for (const [path, bytes] of Object.entries(fresh)) {
      expect(readFileSync(join(done.path, path)).equals(bytes)).toBe(true);
    }
  });

  it('of which some have other names now: nothing is fetched', async () => {
    const entries = Object.entries(folder);
    const fresh = Object.fromEntries(entries.map(([path, bytes]) => [`moved/${path}`, bytes]));
    const done = await upgraded(folder, fresh);
    // Packs are cut by names: a file that joins another pack is here all the same.
    expect(done.fetchedBytes).toBe(0);
  });
});

describe('what lies at the target of a download', () => {
  const fresh = withInsert(2 * MiB, 5000);

  it('is looked at though nobody knows it, and is left as it is', async () => {
    const { source, taker } = await pair();
    const there = join(taker.home.downloads, NAME);
    writeTree(there, { '': OLD });
    const done = await download(taker, share(source, { '': fresh }));
    expect(done.fetchedBytes).toBeLessThan(6 * CHUNK);
    expect(done.path).not.toBe(there);
    expect(readFileSync(there).equals(OLD)).toBe(true);
    expect(readFileSync(done.path).equals(fresh)).toBe(true);
  });

  it('counts as it is now, whatever was received there', async () => {
    const { source, taker } = await pair();
    const { path } = await download(taker, share(source, { '': OLD }));
    const own = Uint8Array.from(OLD);
    own.set(noise(MiB, 77), 8 * MiB);
    writeTree(path, { '': own });
    const done = await download(taker, share(source, { '': fresh }));
    expect(done.fetchedBytes).toBeGreaterThan(MiB);
    expect(done.fetchedBytes).toBeLessThan(MiB + 8 * CHUNK);
    expect(readFileSync(done.path).equals(fresh)).toBe(true);
  });

  it('is nothing where it is a link, or a folder in the place of a file', async () => {
    const { source, taker } = await pair();
    symlinkSync('/etc', join(taker.home.downloads, NAME));
    const id = share(source, { '': fresh });
    const done = await download(taker, id);
    expect(done.fetchedBytes).toBe(fresh.length);
    expect(readFileSync(done.path).equals(fresh)).toBe(true);
  });
});

describe('a source that gives no list', () => {
  it('is fetched from as ever, by what both manifests name', async () => {
    const network = await createNetwork(0);
    const source = await network.start(network.home('source'), { transfer: { delta: false } });
    const taker = await network.start(network.home('taker'));
    await download(taker, share(source, { '': OLD }));
    const fresh = withInsert(6 * MiB, 1000);
    const done = await download(taker, share(source, { '': fresh }));
    expect(done.fetchedBytes).toBe(fresh.length - 6 * MiB);
    expect(readFileSync(done.path).equals(fresh)).toBe(true);
  });
});

describe('what is sent once more, changed', () => {
  it('waits until its sender has hashed it, and then lacks little', async () => {
    const { network, source, taker } = await pair({ inbox: { accept: 'all' } });
    await Promise.all([knows(source, [taker]), knows(taker, [source])]);
    const path = join(network.folder, NAME);
    writeTree(path, { '': OLD });
    await source.send(path, { to: taker.name });
    const first = await taker.heard.until('offer-completed');
    const fresh = withInsert(100, 5000);
    writeTree(path, { '': fresh });
    await source.send(path, { to: taker.name });
    const second = await taker.heard.until('offer-completed', {
      where: ({ id }) => id !== first.id,
    });
    expect(readFileSync(second.path).equals(fresh)).toBe(true);
    const { fetchedBytes } = await taker.heard.until('transfer-completed', {
      where: ({ root }) => root === second.id,
    });
    expect(fetchedBytes).toBeLessThan(6 * CHUNK);
  });
});
