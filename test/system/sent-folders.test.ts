/** Folders that are sent as they are in life: with links, with what nobody wants sent, and with files that change meanwhile. */
import {
  appendFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { MiB } from '#src/domain/limits.js';
import { noise } from '#test/support/contents.js';
import { writeTree } from '#test/support/folders.js';
import { createNetwork, knows, type TestPeer } from '#test/support/network.js';

vi.setConfig({ testTimeout: 90_000 });

/** Two peers of which one takes what it is offered, and a folder. */
async function scene(files: Record<string, Uint8Array>, accept: 'all' | 'ask' = 'all') {
  const network = await createNetwork(2, undefined, { settings: { inbox: { accept } } });
  const [anna, ben] = network.peers as [TestPeer, TestPeer];
  await knows(anna, [ben]);
  await knows(ben, [anna]);
  const folder = join(network.folder, 'photos');
  writeTree(folder, files);
  return { network, anna, ben, folder };
}

const listed = (path: string) =>
  readdirSync(path, { recursive: true, encoding: 'utf8' }).toSorted();

const completed = (peer: TestPeer) => peer.heard.until('offer-completed', { withinMs: 60_000 });

/** Writes to a file for as long as the test runs. */
function writeAlways(path: string, everyMs: number): void {
  const timer = setInterval(() => appendFileSync(path, 'x'), everyMs);
  onTestFinished(() => clearInterval(timer));
}

describe('a folder that is sent', () => {
  it('goes without what its rules and those of the command leave out, links are named', async () => {
    const { anna, ben, folder } = await scene({
      'a.jpg': noise(1000),
      'a.raw': noise(1000),
      'cache/x': noise(1000),
      'sub/b.jpg': noise(1000),
      'sub/b.tmp': noise(1000),
      '.p2pignore': Buffer.from('*.raw\ncache/\n'),
    });
    symlinkSync('/etc/passwd', join(folder, 'sub', 'link'));
    const row = await anna.send(folder, { to: ben.name, exclude: ['*.tmp'] });
    const { path } = await completed(ben);
    expect(listed(path)).toEqual(['.p2pignore', 'a.jpg', 'sub', join('sub', 'b.jpg')].toSorted());
    const skipped = anna.heard.of('send-skipped');
    const why = 'is a link';
    const about = { skipped: [{ path: 'sub/link', why }], skippedCount: 1, ignoredCount: 3 };
    expect(skipped).toMatchObject([{ offerId: row.offerId, name: 'photos', ...about }]);
  });

  it('is refused where nothing is left of it, and sent where it is empty', async () => {
    const { anna, ben, folder } = await scene({ 'sub/a.raw': noise(1000) });
    await expect(anna.send(folder, { to: ben.name, exclude: ['*.raw'] })).rejects.toMatchObject({
      code: 'usage',
      message: 'no file of photos is left to send: sub/a.raw left out by *.raw (--exclude)',
    });
    expect(anna.sends()).toEqual([]);
    rmSync(join(folder, 'sub', 'a.raw'));
    await anna.send(folder, { to: ben.name, exclude: ['*.raw'] });
    expect(listed((await completed(ben)).path)).toEqual(['sub']);
    expect(ben.heard.of('offer-received')).toHaveLength(1);
  });

  it('is something else than the same folder shared whole, and both can be had', async () => {
    const { anna, ben, folder } = await scene({ a: noise(1000), b: noise(1000) });
    const share = await anna.share(folder);
    await anna.send(folder, { to: ben.name, exclude: ['b'] });
    const sent = await completed(ben);
    expect(listed(sent.path)).toEqual(['a']);
    const { path } = await ben.download(share.id);
    expect(listed(path)).toEqual(['a', 'b']);
  });

  it('arrives but for a file that is written all the time, which both sides are told by name', async () => {
    const { anna, ben, folder } = await scene({
      'a.jpg': noise(MiB),
      'sub/run.log': noise(100),
      'z.jpg': noise(MiB),
    });
    writeAlways(join(folder, 'sub', 'run.log'), 1);
    await anna.send(folder, { to: ben.name });
    const { path, failed } = await completed(ben);
    expect(failed).toBe(1);
    expect(listed(path)).toEqual(['a.jpg', 'sub', 'z.jpg']);
    const about = { name: 'photos', failed: ['sub/run.log'], failedCount: 1 };
    expect(await anna.heard.until('files-failed')).toMatchObject({ direction: 'up', ...about });
    expect(await ben.heard.until('files-failed')).toMatchObject({ direction: 'down', ...about });
    expect(await anna.heard.until('send-received')).toMatchObject({ failed: 1 });
    const failedFiles = ['sub/run.log'];
    for (const peer of [anna, ben]) {
      const completed = await peer.heard.until('transfer-completed');
      expect(completed).toMatchObject({ failed: 1, failedFiles });
      const row = { state: 'completed', failed: 1, filesDone: 2 };
      expect(await peer.transfers()).toMatchObject([row]);
      expect(await peer.transfers('photos')).toMatchObject([{ ...row, failedFiles }]);
    }
  });

  it('is refused by name where it is a single file that is written all the time', async () => {
    const { anna, ben, folder } = await scene({ 'run.log': noise(100) });
    const log = join(folder, 'run.log');
    writeAlways(log, 1);
    const sending = anna.send(log, { to: ben.name });
    // It may be offered before it is known to be written all the time.
    const failed = await sending.then(
      async () => (await anna.heard.until('send-failed')).message,
      (error: Error) => error.message,
    );
    expect(failed).toMatch(/run\.log changes while it is read; `send` it again once/);
  });

  it('arrives but for a file that was removed after it was offered', async () => {
    const { anna, ben, folder } = await scene(
      { a: noise(MiB, 1), b: noise(MiB, 2), c: noise(10) },
      'ask',
    );
    await anna.send(folder, { to: ben.name });
    const { number } = await ben.heard.until('offer-received');
    rmSync(join(folder, 'b'));
    await ben.accept(String(number));
    const { path, failed } = await completed(ben);
    expect([listed(path), failed]).toEqual([['a', 'c'], 1]);
    const gone = { failed: ['b'], failedCount: 1 };
    expect(await anna.heard.until('files-failed')).toMatchObject(gone);
    expect(await ben.heard.until('files-failed')).toMatchObject(gone);
  });

  it('counts what failed alike on both sides where more vanished in the end', async () => {
    const files = { a: noise(MiB, 1), b: noise(MiB, 2), c: noise(10) };
    const { network, anna, ben, folder } = await scene(files, 'ask');
    await anna.send(folder, { to: ben.name });
    const { number } = await ben.heard.until('offer-received');
    rmSync(join(folder, 'c'));
    await ben.accept(String(number));
    // Whether ben has all of it by then, some or none.
    await anna.close();
    rmSync(join(folder, 'a'));
    const again = await network.start(anna.home);
    await completed(ben);
    await again.heard.until('send-received');
    const [[up], [down]] = await Promise.all([again.transfers('photos'), ben.transfers('photos')]);
    expect(down?.failedFiles).toContain('c');
    expect(up).toMatchObject({ failed: down?.failed, failedFiles: down?.failedFiles });
  });

  it('may be several files and folders in one offer, from wherever they lie', async () => {
    const files = { 'one/a': noise(MiB), 'two/b': noise(10), c: noise(5) };
    const { anna, ben, folder } = await scene(files);
    const paths = [join(folder, 'one'), join(folder, 'two', 'b'), join(folder, 'c')];
    const row = await anna.send(paths, { to: ben.name });
    expect(row).toMatchObject({ name: 'one and 2 more', files: 3 });
    const { path } = await completed(ben);
    expect(listed(path)).toEqual(['b', 'c', 'one', join('one', 'a')]);
    expect(readFileSync(join(path, 'one', 'a'))).toEqual(readFileSync(join(folder, 'one', 'a')));
    await anna.heard.until('send-received');
    const clash = anna.send([...paths, folder, join(folder, 'two', 'b')], { to: ben.name });
    await expect(clash).rejects.toMatchObject({ code: 'usage' });
  });

  it('of several goes on without one that was removed, after a start too', async () => {
    const files = { a: noise(MiB, 1), b: noise(MiB, 2) };
    const { network, anna, ben, folder } = await scene(files, 'ask');
    await anna.send([join(folder, 'a'), join(folder, 'b')], { to: ben.name });
    const { number } = await ben.heard.until('offer-received');
    await anna.close();
    rmSync(join(folder, 'a'));
    const again = await network.start(anna.home);
    await again.heard.until('files-failed');
    await ben.accept(String(number));
    const { path, failed } = await completed(ben);
    expect([listed(path), failed]).toEqual([['b'], 1]);
  });

  it('goes on with what had come of it where a file vanished at its sender while it was paused', async () => {
    const FILES = 64;
    const names = Array.from({ length: FILES }, (_, at) => `f${String(at).padStart(2, '0')}`);
    const files = Object.fromEntries(names.map((name, at) => [name, noise(MiB, at + 1)]));
    const { network, anna, ben, folder } = await scene(files);
    anna.limit('upload', 24 * MiB);
    await anna.send(folder, { to: ben.name });
    const isMost = ({ doneBytes }: { doneBytes: number }) => doneBytes > 0.8 * FILES * MiB;
    await ben.heard.until('download-progress', { where: isMost, withinMs: 30_000 });
    const [paused] = await ben.pause('photos');
    await anna.close();
    rmSync(join(folder, 'f00'));
    const again = await network.start(anna.home);
    await ben.resume('photos');
    const { path } = await completed(ben);
    expect(listed(path)).toEqual(names.slice(1));
    for (const name of names.slice(1)) {
      expect(readFileSync(join(path, name)).equals(files[name] as Uint8Array)).toBe(true);
    }
    const { bytes = Number.NaN } = paused ?? {};
    const { fetchedBytes = Number.NaN } = ben.heard.of('download-completed')[0] ?? {};
    expect(fetchedBytes).toBeLessThan(1.05 * FILES * MiB);
    // What has left is counted once a second.
    const all = { timeout: 20_000 };
    const left = () => again.status().servedBytes;
    await vi.waitFor(() => expect(left()).toBeGreaterThanOrEqual(fetchedBytes - bytes), all);
    expect(left()).toBeLessThan(FILES * MiB - bytes + 0.05 * FILES * MiB);
  });

  it('is fetched only as far as it is not here already', async () => {
    const { anna, ben, folder } = await scene({
      'a.jpg': noise(MiB, 1),
      'b.jpg': noise(2 * MiB, 2),
    });
    await anna.send(folder, { to: ben.name });
    await completed(ben);
    const first = await ben.heard.until('download-completed');
    expect(first.fetchedBytes).toBe(3 * MiB);
    writeFileSync(join(folder, 'c.jpg'), noise(MiB, 3));
    await anna.send(folder, { to: ben.name });
    const again = await ben.heard.until('download-completed', {
      where: ({ bytes }) => bytes === 4 * MiB,
    });
    expect(again.fetchedBytes).toBe(MiB);
    expect(existsSync(join(again.path, 'a.jpg'))).toBe(true);
  });
});
