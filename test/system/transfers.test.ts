import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { MiB } from '#src/domain/limits.js';
import type { Download, DownloadError, TransferRow } from '#src/peer.js';
import { sha256, writeRandom } from '#test/support/big-file.js';
import { createNetwork, type Network, seen, type TestPeer } from '#test/support/network.js';
import { startPeerProgram } from '#test/support/peer-program.js';
import { afterAllTests } from '#test/support/teardown.js';

// Hundreds of megabytes: seconds on an idle machine, a minute on one that is busy.
vi.setConfig({ testTimeout: 90_000, hookTimeout: 60_000 });

const FILM = 'film';
const FILM_BYTES = 256 * MiB;

let network: Network;
let print: string;

const teardown = afterAllTests();

beforeAll(async () => {
  network = await createNetwork(0, teardown, { settings: { transfer: { timeoutMs: 5000 } } });
  const home = network.home('source');
  print = await sha256(writeRandom(join(home.share, FILM), FILM_BYTES));
  await network.start(home);
});

/** Begins the download, pauses it once some of it is there, and waits until nobody is asked any more. */
async function pausedPart(
  asker: TestPeer,
): Promise<{ readonly before: TransferRow; readonly download: Download }> {
  await seen(asker, FILM);
  const download = asker.download(FILM);
  await asker.heard.until('download-progress', { where: ({ have }) => have > 0 });
  const [row] = await asker.pause(FILM);
  expect(row).toMatchObject({ name: FILM, state: 'paused', direction: 'down' });
  await vi.waitFor(() => expect(asker.status().downloads[0]?.sources).toEqual([]), 20_000);
  const [before] = await asker.transfers();
  if (before === undefined) throw new Error('what is paused is no transfer');
  expect(before.bytes).toBeGreaterThan(0);
  expect(before.bytes).toBeLessThan(FILM_BYTES);
  return { before, download };
}

describe('a download that is paused', () => {
  it('keeps what arrived, gives it to others, and whoever waits for it gets it after `resume`', async () => {
    const asker = await network.start(network.home('asker'));
    const { before, download } = await pausedPart(asker);
    const late = await network.start(network.home('late'));
    await seen(late, FILM, 2);
    expect(await asker.resume({ all: true })).toMatchObject([{ name: FILM }]);
    // It goes on already.
    expect(await asker.resume({ all: true })).toEqual([]);
    const done = await download;
    expect(await sha256(done.path)).toBe(print);
    expect((await asker.transfers())[0]).toMatchObject({
      transferId: before.transferId,
      state: 'completed',
      bytes: FILM_BYTES,
      totalBytes: FILM_BYTES,
      files: 1,
      filesDone: 1,
    });
    const whole = await asker.heard.until('transfer-completed');
    expect(whole).toMatchObject({ transferId: before.transferId, path: done.path, root: done.id });
    await Promise.all([asker.close(), late.close()]);
  });

  it('is paused after a restart too, with what it had, and goes on when it is told to', async () => {
    const home = network.home('restarted');
    const first = await network.start(home);
    const { before, download } = await pausedPart(first);
    download.catch(() => undefined);
    await first.prioritize(FILM, 'high');
    await first.close();
    const second = await network.start(home);
    await second.heard.until('transfer', { where: ({ state }) => state === 'paused' });
    await seen(second, FILM, 1);
    await vi.waitFor(async () => {
      const [row] = await second.transfers();
      expect(row).toMatchObject({ state: 'paused', priority: 'high' });
      expect(row?.transferId).toBe(before.transferId);
      expect(row?.bytes).toBeGreaterThanOrEqual(before.bytes);
    }, 20_000);
    expect(second.heard.of('download-started')).toEqual([]);
    await second.resume(before.transferId);
    const { path } = await second.heard.until('transfer-completed', { withinMs: 60_000 });
    expect(await sha256(path)).toBe(print);
    await second.close();
  });
});

describe('a download that is cancelled', () => {
  it('leaves nothing behind, tells whoever waits, and is not begun again by itself', async () => {
    const home = network.home('cancelled');
    const asker = await network.start(home);
    await seen(asker, FILM);
    const failed = asker.download(FILM).then(
      () => undefined,
      (error: unknown) => error as DownloadError,
    );
    await asker.heard.until('download-progress', { where: ({ have }) => have > 0 });
    await expect(asker.cancel(FILM.slice(0, 2))).rejects.toThrow(/did you mean .* \(/);
    const row = await asker.cancel(FILM);
    expect(row).toMatchObject({ state: 'cancelled', name: FILM });
    expect(row.bytes).toBeGreaterThan(0);
    expect((await failed)?.code).toBe('cancelled');
    expect(existsSync(join(home.downloads, '.p2p-partial'))).toBe(false);
    expect(existsSync(join(home.downloads, FILM))).toBe(false);
    expect(await asker.transfers()).toMatchObject([{ state: 'cancelled' }]);
    await expect(asker.resume(FILM)).rejects.toMatchObject({ code: 'not-found' });
    await asker.close();
    const again = await network.start(home);
    expect(await again.transfers()).toMatchObject([{ state: 'cancelled', bytes: row.bytes }]);
    expect((await again.download(FILM)).fetchedBytes).toBe(FILM_BYTES);
    await again.close();
  });
});

describe('commands about transfers at the terminal', () => {
  it('list, pause and cancel what is being fetched', async () => {
    const home = network.home('typed');
    const program = await startPeerProgram(network, home);
    const { heard } = program;
    await heard.until('peer-up');
    program.send(`download ${FILM} #d`);
    await heard.until('download-progress', { where: ({ have }) => have > 0 });
    program.send('pause --all #p');
    const changed = await heard.until('transfers-changed', { where: ({ ref }) => ref === 'p' });
    expect(changed.transfers).toMatchObject([{ name: FILM, state: 'paused' }]);
    program.send('transfers #t');
    const { transfers } = await heard.until('transfers');
    expect(transfers).toMatchObject([{ name: FILM, state: 'paused' }]);
    program.send(`cancel ${transfers[0]?.transferId ?? ''} #c`);
    await heard.until('transfers-changed', { where: ({ ref }) => ref === 'c' });
    const { code, ref } = await heard.until('download-failed');
    expect([code, ref]).toEqual(['cancelled', 'd']);
    program.send('exit');
    expect(await program.exit).toMatchObject({ signal: null });
  });
});
