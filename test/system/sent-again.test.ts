/** What did not come of a folder is sent once more: by whole peers. */
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { MiB } from '#src/domain/limits.js';
import { noise } from '#test/support/contents.js';
import { writeTree } from '#test/support/folders.js';
import { createNetwork, knows, type TestPeer } from '#test/support/network.js';

vi.setConfig({ testTimeout: 90_000 });

const FILES = { a: noise(MiB, 1), 'sub/b': noise(MiB, 2), 'sub/c': noise(10), z: noise(10) };

const listed = (path: string) =>
  readdirSync(path, { recursive: true, encoding: 'utf8' }).toSorted();

/** Ben has it but for two files, which are away at Anna's. */
async function scene() {
  const network = await createNetwork(2, undefined, { settings: { inbox: { accept: 'ask' } } });
  const [anna, ben] = network.peers as [TestPeer, TestPeer];
  await Promise.all([knows(anna, [ben]), knows(ben, [anna])]);
  const folder = join(network.folder, 'photos');
  writeTree(folder, FILES);
  const { offerId } = await anna.send(folder, { to: ben.name });
  const { number } = await ben.heard.until('offer-received');
  const away = (name: string) => join(network.folder, `away ${name.replace('/', ' ')}`);
  const take = (name: string) => renameSync(join(folder, name), away(name));
  const putBack = (name: string) => renameSync(away(name), join(folder, name));
  for (const name of ['sub/b', 'z']) take(name);
  await ben.accept(String(number));
  const { path } = await ben.heard.until('offer-completed', { withinMs: 60_000 });
  await anna.heard.until('send-received');
  /** The rest is an offer like any other to him who has not asked for it. */
  const acceptRest = async (files: number) => {
    const offer = await ben.heard.until('offer-received', {
      where: (event) => event.files === files,
    });
    expect(offer).toMatchObject({ isTaken: false, into: path });
    await ben.accept(String(offer.number));
  };
  const joined = (files: number) =>
    ben.heard.until('offer-completed', {
      withinMs: 60_000,
      where: (event) => event.files === files && event.completes !== undefined,
    });
  return { network, anna, ben, folder, path, offerId, putBack, joined, acceptRest };
}

const failedAt = async (peer: TestPeer) =>
  (await peer.transfers('photos')).map(({ failed, failedFiles }) => [failed, failedFiles]);

describe('what did not come of a folder', () => {
  it('comes into the same folder by `resume` of its sender, who reads and sends nothing else', async () => {
    const { anna, ben, path, putBack, joined, acceptRest } = await scene();
    expect(listed(path)).toEqual(['a', 'sub', 'sub/c']);
    for (const name of ['sub/b', 'z']) putBack(name);
    writeFileSync(join(path, 'a'), 'changed by ben');
    rmSync(join(path, 'sub/c'));
    expect(await anna.resume('photos')).toMatchObject([{ direction: 'up', files: 2 }]);
    await acceptRest(2);
    expect((await joined(2)).path).toBe(path);
    expect(listed(path)).toEqual(['a', 'sub', 'sub/b', 'z']);
    expect(readFileSync(join(path, 'a'), 'utf8')).toBe('changed by ben');
    expect(readFileSync(join(path, 'sub/b'))).toEqual(Buffer.from(FILES['sub/b']));
    await anna.heard.until('send-received', { where: ({ files }) => files === 2 });
    for (const peer of [anna, ben]) {
      expect(await failedAt(peer)).toEqual([
        [0, []],
        [0, []],
      ]);
    }
    const { fetchedBytes } = ben.heard.of('download-completed').at(-1) ?? {};
    expect(fetchedBytes).toBe(MiB + 10);
    await expect(anna.resume('photos')).rejects.toMatchObject({ code: 'not-found' });
  });

  it('comes by `resume` of its receiver too, as far as it is there, and the rest later', async () => {
    const { anna, ben, path, putBack, joined } = await scene();
    putBack('z');
    expect(await ben.resume('photos')).toMatchObject([{ direction: 'down', failed: 2 }]);
    expect((await joined(1)).path).toBe(path);
    await anna.heard.until('send-received', { where: ({ files }) => files === 1 });
    for (const peer of [anna, ben]) {
      expect(await failedAt(peer)).toContainEqual([1, ['sub/b']]);
    }
    putBack('sub/b');
    await anna.resume('photos');
    const { number } = await ben.heard.until('offer-received', {
      where: ({ isTaken, into }) => !isTaken && into === path,
    });
    await ben.accept(String(number));
    await vi.waitFor(() => expect(existsSync(join(path, 'sub/b'))).toBe(true), { timeout: 20_000 });
    expect(listed(path)).toEqual(['a', 'sub', 'sub/b', 'sub/c', 'z']);
  });

  it('counts as here in all rows once a later retry has brought it, and each says what it completes', async () => {
    const { anna, ben, folder, putBack, acceptRest } = await scene();
    for (const name of ['sub/b', 'z']) putBack(name);
    await anna.resume('photos');
    rmSync(join(folder, 'sub/b'));
    await acceptRest(2);
    const came = { where: ({ completes }: { completes?: string }) => completes !== undefined };
    expect(await ben.heard.until('offer-completed', came)).toMatchObject({ files: 1, failed: 1 });
    expect(await anna.heard.until('send-received', came)).toMatchObject({ files: 1, failed: 1 });
    for (const peer of [anna, ben]) {
      expect((await failedAt(peer)).map(([failed]) => failed)).toEqual([1, 1]);
    }
    writeFileSync(join(folder, 'sub/b'), FILES['sub/b']);
    await anna.resume('photos');
    await acceptRest(1);
    const whole = {
      where: ({ failed, completes }: { failed: number; completes?: string }) =>
        completes !== undefined && failed === 0,
    };
    await anna.heard.until('send-received', whole);
    for (const peer of [anna, ben]) {
      const rows = await peer.transfers('photos');
      const [first] = rows;
      const told = rows.map(({ files, failed, completes }) => [files, failed, completes]);
      const rest = [1, 0, first?.transferId];
      expect(told).toEqual([[2, 0, undefined], rest, rest]);
    }
  });

  it('is asked for in vain where it is away still, which both sides are told', async () => {
    const { anna, ben } = await scene();
    await expect(anna.resume('photos')).rejects.toMatchObject({ code: 'not-found' });
    await ben.resume('photos');
    await ben.heard.until('notice', { where: ({ code }) => code === 'not-found' });
    await anna.heard.until('notice', { where: ({ code }) => code === 'not-found' });
    expect(await failedAt(ben)).toEqual([[2, ['sub/b', 'z']]]);
  });

  it('comes after restarts of both sides, too', async () => {
    const { network, anna, ben, path, putBack } = await scene();
    await Promise.all([anna.close(), ben.close()]);
    for (const name of ['sub/b', 'z']) putBack(name);
    const [anna2, ben2] = [await network.start(anna.home), await network.start(ben.home)];
    await Promise.all([knows(anna2, [ben2]), knows(ben2, [anna2])]);
    await anna2.resume('photos');
    await ben2.accept(String((await ben2.heard.until('offer-received')).number));
    await ben2.heard.until('offer-completed');
    await anna2.heard.until('send-received');
    for (const peer of [anna2, ben2]) {
      const rows = await peer.transfers();
      expect(rows.map(({ state, failed, files }) => [state, failed, files])).toEqual([
        ['completed', 0, 2],
        ['completed', 0, 2],
      ]);
    }
    expect(listed(path)).toEqual(['a', 'sub', 'sub/b', 'sub/c', 'z']);
  });

  it('is an offer like any other where its folder is gone by then', async () => {
    const { network, anna, ben, path, putBack } = await scene();
    putBack('z');
    renameSync(path, join(network.folder, 'moved'));
    await anna.resume('photos');
    const { number } = await ben.heard.until('offer-received', {
      where: ({ files }) => files === 1,
    });
    expect(ben.offers()).toHaveLength(1);
    await ben.accept(String(number));
    await ben.heard.until('offer-completed', { where: ({ files }) => files === 1 });
    expect(listed(join(network.folder, 'moved'))).toEqual(['a', 'sub', 'sub/c']);
    expect(listed(path)).toEqual(['sub', 'z']);
  });
});
