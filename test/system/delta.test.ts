/** Changed versions of what is here already, by whole peers: what travels of them. */
import { readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import type { SettingsInput } from '#config/load.js';
import type { ContentId } from '#src/domain/ids.js';
import { MiB } from '#src/domain/limits.js';
import { manifestOf, noise, type Tree } from '#test/support/contents.js';
import { writeTree } from '#test/support/folders.js';
import { createNetwork, type Network, seen, type TestPeer } from '#test/support/network.js';

vi.setConfig({ testTimeout: 60_000 });

const NAME = 'film.raw';
const BYTES = 24 * MiB;
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
function share(source: TestPeer, tree: Tree, name = NAME): ContentId {
  const path = join(source.home.share, name);
  const fresh = join(source.home.data, `new ${name}`);
  writeTree(fresh, tree);
  rmSync(path, { recursive: true, force: true });
  renameSync(fresh, path);
  return manifestOf(tree).id;
}

async function download(taker: TestPeer, id: ContentId, name = NAME, to?: string) {
  await seen(taker, name, 1, id);
  return taker.download(id, to === undefined ? {} : { to });
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
    for (const chunk of [0, 50, 95]) fresh[chunk * CHUNK + 1000] = (fresh[chunk * CHUNK] ?? 0) ^ 1;
    for (const chunk of [0, 50, 95]) fresh.set(noise(100, chunk + 1), chunk * CHUNK + 2000);
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
    const fresh = withInsert(5 * MiB, 42 * MiB);
    const done = await upgraded({ '': OLD }, { '': fresh });
    expect(done.fetchedBytes).toBeLessThan(44 * MiB);
    expect(readFileSync(done.path).equals(fresh)).toBe(true);
  });

  it('is fetched whole where the setting is off', async () => {
    const fresh = withInsert(BYTES, 1000);
    const done = await upgraded({ '': OLD }, { '': fresh }, { transfer: { delta: false } });
    expect(done.fetchedBytes).toBe(fresh.length);
  });
});
