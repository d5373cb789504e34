import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { MiB } from '#src/domain/limits.js';
import { writeRandom } from '#test/support/big-file.js';
import { noise } from '#test/support/contents.js';
import { writeTree } from '#test/support/folders.js';
import { createNetwork, knows, seen, type TestPeer } from '#test/support/network.js';

async function pair(): Promise<readonly [TestPeer, TestPeer]> {
  const [owner, other] = (await createNetwork(2)).peers;
  if (owner === undefined || other === undefined) throw new Error('no peers');
  await knows(other, [owner]);
  return [owner, other];
}

async function gone(peer: TestPeer, name: string): Promise<void> {
  await vi.waitFor(
    async () => expect((await peer.list(name)).map((row) => row.name)).not.toContain(name),
    { timeout: 20_000 },
  );
}

const LARGE_BYTES = 64 * MiB;

/** What this process has read so far, its threads included; nothing where the system does not tell. */
function bytesRead(): number {
  if (!existsSync('/proc/self/io')) return 0;
  return Number(/^rchar: (\d+)$/m.exec(readFileSync('/proc/self/io', 'utf8'))?.[1]);
}

describe('a share folder', () => {
  it('is watched: what is added, changed and removed shows at the others without a restart', async () => {
    const [owner, other] = await pair();
    const file = join(owner.home.share, 'a file');

    writeFileSync(file, 'first');
    const added = await owner.heard.until('share-added');
    expect(added).toMatchObject({ name: 'a file', bytes: 5, chunks: 1 });
    expect((await seen(other, 'a file')).id).toBe(added.id);

    writeFileSync(file, 'second one');
    const changed = await owner.heard.until('share-changed');
    expect(changed).toMatchObject({ name: 'a file', bytes: 10, oldId: added.id });
    await seen(other, 'a file', 1, changed.id);
    expect((await other.list('a file')).map(({ id }) => id)).toEqual([changed.id]);

    renameSync(file, join(owner.home.share, 'another name'));
    await owner.heard.until('share-removed', { where: ({ name }) => name === 'a file' });
    expect((await seen(other, 'another name')).id).toBe(changed.id);
    await gone(other, 'a file');

    rmSync(join(owner.home.share, 'another name'));
    await owner.heard.until('share-removed', { where: ({ name }) => name === 'another name' });
    await gone(other, 'another name');
  });

  it('is watched below: a directory added and changed inside is one share that changes', async () => {
    const [owner, other] = await pair();
    const folder = join(owner.home.share, 'album');
    writeTree(folder, { 'one.jpg': noise(1000, 1), 'deep/two.jpg': noise(1000, 2) });
    await owner.heard.until('share-added', { where: ({ name }) => name === 'album' });
    await vi.waitFor(async () => expect((await seen(other, 'album')).bytes).toBe(2000), {
      timeout: 20_000,
    });
    writeTree(folder, { 'deep/three.jpg': noise(500, 3) });
    await vi.waitFor(async () => expect((await seen(other, 'album')).bytes).toBe(2500), {
      timeout: 20_000,
    });
    rmSync(folder, { recursive: true });
    await owner.heard.until('share-removed', { where: ({ name }) => name === 'album' });
    await gone(other, 'album');
  });

  it('is not hashed again at the next start where nothing changed', async () => {
    const network = await createNetwork(0);
    const home = network.home('owner');
    writeRandom(join(home.share, 'large'), LARGE_BYTES);
    writeTree(join(home.share, 'tree'), { 'a/b': noise(1000, 1), c: noise(2000, 2) });
    const before = await network.start(home);
    await vi.waitFor(() => expect(before.heard.of('share-added')).toHaveLength(2), {
      timeout: 20_000,
    });
    await before.close();

    const readBefore = bytesRead();
    const after = await network.start(home);
    await vi.waitFor(() => expect(after.heard.of('share-added')).toHaveLength(2), {
      timeout: 20_000,
    });
    expect(after.heard.of('hash-progress')).toEqual([]);
    expect(bytesRead() - readBefore).toBeLessThan(LARGE_BYTES / 2);
    const ids = (peer: TestPeer) =>
      peer.heard
        .of('share-added')
        .map(({ id }) => id)
        .toSorted();
    expect(ids(after)).toEqual(ids(before));
    expect(after.peerId).toBe(before.peerId);
  });

  it('leaves out what `unshare` names, and takes in what `share` names', async () => {
    const [owner, other] = await pair();
    const outside = join(owner.home.downloads, 'from elsewhere');
    writeTree(outside, { 'a.txt': noise(10, 1) });
    const share = await owner.share(outside);
    expect(share).toMatchObject({ name: 'from elsewhere', bytes: 10 });
    expect((await seen(other, 'from elsewhere')).id).toBe(share.id);
    expect(await owner.unshare('from elsewhere')).toEqual(share);
    await gone(other, 'from elsewhere');
    await expect(owner.unshare('from elsewhere')).rejects.toMatchObject({ code: 'not-found' });
    await expect(owner.share(join(outside, 'b.txt'))).rejects.toMatchObject({ code: 'not-found' });
  });
});
