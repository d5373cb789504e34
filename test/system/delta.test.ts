/** Changed versions of what is here already, by whole peers: what travels of them. */
import { readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import type { SettingsInput } from '#config/load.js';
import type { ContentId } from '#src/domain/ids.js';
import { MiB } from '#src/domain/limits.js';
import { manifestOf, noise, type Tree } from '#test/support/contents.js';
import { writeTree } from '#test/support/folders.js';
import { createNetwork, knows, type Network, seen, type TestPeer } from '#test/support/network.js';
import { afterAllTests } from '#test/support/teardown.js';

vi.setConfig({ testTimeout: 60_000 });

const BYTES = 12 * MiB;
/** A content of this size is cut into chunks of 256 KiB. */
const CHUNK = 256 * 1024;

type Pair = {
  readonly network: Network;
  readonly source: TestPeer;
  readonly taker: TestPeer;
};

const teardown = afterAllTests();

/** Most share two peers, each with a content of its own. */
let shared: Pair;
let contents = 0;

beforeAll(async () => {
  const network = await createNetwork(0, teardown, { settings: { inbox: { accept: 'all' } } });
  shared = await pair(network);
  const { source, taker } = shared;
  await Promise.all([knows(source, [taker]), knows(taker, [source])]);
});

/** A source, and somebody who has what it had before. */
async function pair(network: Network, ...settings: readonly SettingsInput[]): Promise<Pair> {
  const source = await network.start(network.home('source'), settings[0]);
  const taker = await network.start(network.home('taker'), settings[1]);
  return { network, source, taker };
}

/** A name and bytes that no other test has. */
function version(): { readonly name: string; readonly old: Uint8Array } {
  contents += 1;
  return { name: `film ${contents}`, old: noise(BYTES, contents) };
}

/** Puts it into the shared folder, in the place of what was there under that name. */
function share({ source }: Pair, name: string, tree: Tree): ContentId {
  const path = join(source.home.share, name);
  const fresh = join(source.home.data, name);
  writeTree(fresh, tree);
  rmSync(path, { recursive: true, force: true });
  renameSync(fresh, path);
  return manifestOf(tree).id;
}

async function download(peers: Pair, name: string, tree: Tree) {
  const id = share(peers, name, tree);
  await seen(peers.taker, name, 1, id);
  return peers.taker.download(id);
}

async function upgraded(name: string, old: Tree, fresh: Tree, peers = shared) {
  await download(peers, name, old);
  return download(peers, name, fresh);
}

function withInsert(old: Uint8Array, at: number, bytes: number): Uint8Array {
  return Buffer.concat([old.subarray(0, at), noise(bytes, 5000 + bytes), old.subarray(at)]);
}

describe('a changed version of what was downloaded before', () => {
  it('changed in place in three chunks: those three are fetched', async () => {
    const { name, old } = version();
    const fresh = Uint8Array.from(old);
    for (const chunk of [0, 20, 47]) fresh[chunk * CHUNK + 1000] = (fresh[chunk * CHUNK] ?? 0) ^ 1;
    for (const chunk of [0, 20, 47]) fresh.set(noise(100, chunk + 1), chunk * CHUNK + 2000);
    const done = await upgraded(name, { '': old }, { '': fresh });
    expect(done.fetchedBytes).toBe(3 * CHUNK);
    expect(readFileSync(done.path).equals(fresh)).toBe(true);
  });

  it('with something inserted at its front: about what was inserted is fetched', async () => {
    const { name, old } = version();
    const fresh = withInsert(old, 0, MiB + 1);
    const done = await upgraded(name, { '': old }, { '': fresh });
    expect(done.fetchedBytes).toBeLessThan(MiB + 4 * CHUNK);
    expect(readFileSync(done.path).equals(fresh)).toBe(true);
  });

  it('appended to: the end is fetched', async () => {
    const { name, old } = version();
    const fresh = withInsert(old, BYTES, 1000);
    const done = await upgraded(name, { '': old }, { '': fresh });
    expect(done.fetchedBytes).toBe(1000);
    expect(readFileSync(done.path).equals(fresh)).toBe(true);
  });

  it('grown so much that its chunks are larger: what was not there is fetched', async () => {
    const { name, old } = version();
    const fresh = withInsert(old, 5 * MiB, 53 * MiB);
    const done = await upgraded(name, { '': old }, { '': fresh });
    expect(done.fetchedBytes).toBeLessThan(55 * MiB);
    expect(readFileSync(done.path).equals(fresh)).toBe(true);
  });

  it('is fetched whole where the setting is off', async () => {
    const off = { transfer: { delta: false } };
    const peers = await pair(await createNetwork(0), {}, off);
    const { name, old } = version();
    const fresh = withInsert(old, BYTES, 1000);
    const done = await upgraded(name, { '': old }, { '': fresh }, peers);
    expect(done.fetchedBytes).toBe(fresh.length);
  });
});

describe('a folder of many files', () => {
  function folder(seed: number): Tree {
    const photos = Array.from({ length: 200 }, (_, at) => [
      `photos/${at}.jpg`,
      noise(30_000 + at * 100, seed + at),
    ]);
    return { ...Object.fromEntries(photos), 'large.bin': noise(5 * MiB, seed - 1) };
  }

  it('with one changed: what travels together with that is fetched', async () => {
    const old = folder(1001);
    const fresh = { ...old, 'photos/7.jpg': noise(31_000, 5000) };
    const done = await upgraded(version().name, old, fresh);
    expect(done.fetchedBytes).toBeGreaterThan(0);
    expect(done.fetchedBytes).toBeLessThanOrEqual(CHUNK);
    for (const [path, bytes] of Object.entries(fresh)) {
      expect(readFileSync(join(done.path, path)).equals(bytes)).toBe(true);
    }
  });

  it('of which all have other names now: nothing is fetched', async () => {
    const old = folder(2001);
    const moved = Object.entries(old).map(([path, bytes]) => [`moved/${path}`, bytes]);
    const done = await upgraded(version().name, old, Object.fromEntries(moved));
    // Packs are cut by names: a file that joins another pack is here all the same.
    expect(done.fetchedBytes).toBe(0);
  });
});

describe('what lies at the target of a download', () => {
  it('is looked at though nobody knows it, and is left as it is', async () => {
    const { name, old } = version();
    const there = join(shared.taker.home.downloads, name);
    writeTree(there, { '': old });
    const fresh = withInsert(old, 2 * MiB, 5000);
    const done = await download(shared, name, { '': fresh });
    expect(done.fetchedBytes).toBeLessThan(6 * CHUNK);
    expect(done.path).not.toBe(there);
    expect(readFileSync(there).equals(old)).toBe(true);
    expect(readFileSync(done.path).equals(fresh)).toBe(true);
  });

  it('counts as it is now, whatever was received there', async () => {
    const { name, old } = version();
    const { path } = await download(shared, name, { '': old });
    const own = Uint8Array.from(old);
    own.set(noise(MiB, 7777), 8 * MiB);
    writeTree(path, { '': own });
    const fresh = withInsert(old, 2 * MiB, 5000);
    const done = await download(shared, name, { '': fresh });
    expect(done.fetchedBytes).toBeGreaterThan(MiB);
    expect(done.fetchedBytes).toBeLessThan(MiB + 8 * CHUNK);
    expect(readFileSync(done.path).equals(fresh)).toBe(true);
  });

  it('is nothing where it is a link', async () => {
    const { name, old } = version();
    const elsewhere = join(shared.network.folder, name);
    writeTree(elsewhere, { '': old });
    symlinkSync(elsewhere, join(shared.taker.home.downloads, name));
    const done = await download(shared, name, { '': old });
    expect(done.fetchedBytes).toBe(BYTES);
    expect(readFileSync(done.path).equals(old)).toBe(true);
  });
});

describe('a source that gives no list', () => {
  it('is fetched from as ever, by what both manifests name', async () => {
    const peers = await pair(await createNetwork(0), { transfer: { delta: false } });
    const { name, old } = version();
    const fresh = withInsert(old, 6 * MiB, 1000);
    const done = await upgraded(name, { '': old }, { '': fresh }, peers);
    expect(done.fetchedBytes).toBe(fresh.length - 6 * MiB);
    expect(readFileSync(done.path).equals(fresh)).toBe(true);
  });
});

describe('what is sent once more, changed', () => {
  it('waits until its sender has hashed it, and then lacks little', async () => {
    const { network, source, taker } = shared;
    const { name, old } = version();
    const path = join(network.folder, name);
    writeTree(path, { '': old });
    await source.send(path, { to: taker.name });
    const first = await taker.heard.until('offer-completed');
    const fresh = withInsert(old, 100, 5000);
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
