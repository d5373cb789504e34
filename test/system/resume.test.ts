import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { MiB } from '#src/domain/limits.js';
import type { Download, DownloadError } from '#src/peer.js';
import { sha256, writeRandom } from '#test/support/big-file.js';
import {
  createNetwork,
  type Network,
  type PeerHome,
  seen,
  type TestPeer,
} from '#test/support/network.js';
import { startPeerProgram } from '#test/support/peer-program.js';
import { afterAllTests } from '#test/support/teardown.js';

// Hundreds of megabytes: seconds on an idle machine, a minute on one that is busy.
vi.setConfig({ testTimeout: 90_000, hookTimeout: 60_000 });

const FILM = 'film';
const FILM_BYTES = 128 * MiB;
const CHUNKS = 256;
/** Enough to be worth keeping, and far from the end. */
const PART = CHUNKS / 8;

let network: Network;
let print: string;
let sourceHome: PeerHome;

const teardown = afterAllTests();

beforeAll(async () => {
  network = await createNetwork(0, teardown, { settings: { transfer: { timeoutMs: 5000 } } });
  sourceHome = network.home('source');
  print = await sha256(writeRandom(join(sourceHome.share, FILM), FILM_BYTES));
});

describe('a peer that is killed half-way through a download', () => {
  it.each([
    ['by itself', true],
    ['at the next `download`', false],
  ])(
    'goes on %s at the next start, and fetches no proven chunk again',
    async (_, resumeAtStart) => {
      const source = await network.start(sourceHome);
      const home = network.home(`killed ${resumeAtStart}`);
      const settings = { downloads: { folder: home.downloads, resumeAtStart } };
      const first = await startPeerProgram(network, home, settings);
      await first.heard.until('peer-up');
      first.send(`download ${FILM} #first`);
      await first.heard.until('download-progress', { where: ({ have }) => have > PART });
      first.child.kill('SIGKILL');
      await first.exit;
      expect(first.heard.of('download-completed')).toEqual([]);
      const had = first.heard.of('download-progress').at(-1)?.have ?? 0;
      expect(existsSync(join(home.downloads, FILM))).toBe(false);

      const second = await startPeerProgram(network, home, settings);
      await second.heard.until('ready');
      if (!resumeAtStart) second.send(`download ${FILM} #second`);
      const started = await second.heard.until('download-started');
      expect(started).toMatchObject({ chunks: CHUNKS, bytes: FILM_BYTES });
      expect(started.have).toBeGreaterThanOrEqual(had);
      const done = await second.heard.until('download-completed');
      const fetched = done.sources.reduce((sum, { chunks }) => sum + chunks, 0);
      console.info(`killed with ${had} chunks: ${started.have} counted, ${fetched} fetched`);
      expect(started.have + fetched).toBe(CHUNKS);
      expect(done.fetchedBytes).toBe(fetched * (FILM_BYTES / CHUNKS));
      expect(await sha256(done.path)).toBe(print);
      second.send('exit');
      expect(await second.exit).toEqual({ code: 0, signal: null });
      await source.close();
    },
  );
});

describe('a source that goes away in the middle of a download', () => {
  it('and comes back: the download goes on with it', async () => {
    const source = await network.start(sourceHome);
    const asker = await network.start(network.home('patient'), { transfer: { timeoutMs: 20_000 } });
    const { download } = await begun(asker);
    await source.close();
    const back = await network.start(sourceHome);
    const done = await download;
    expect(await sha256(done.path)).toBe(print);
    await Promise.all([asker.close(), back.close()]);
  });

  it('by SIGKILL, with another one left: the download is completed from that', async () => {
    const home = network.home('second source');
    const source = await network.start(sourceHome);
    const other = await network.start(home);
    await seen(other, FILM);
    await other.download(FILM);
    await other.close();
    const dying = await startPeerProgram(network, home);
    const { peerId } = await dying.heard.until('ready');
    const asker = await network.start(network.home('with two'));
    await seen(asker, FILM, 2);
    const { download } = await begun(asker);
    dying.child.kill('SIGKILL');
    const done = await download;
    expect(await sha256(done.path)).toBe(print);
    const chunks = (id: string) => done.sources.find((one) => one.peerId === id)?.chunks ?? 0;
    expect(chunks(source.peerId)).toBeGreaterThan(chunks(peerId));
    expect(chunks(source.peerId) + chunks(peerId)).toBe(CHUNKS);
    await Promise.all([asker.close(), source.close()]);
  });
});

describe('a download that all sources have left', () => {
  it('fails in its time and is kept; others get what is there; it goes on when a source is back', async () => {
    // Seconds from its end when the source goes, which takes a moment to say so.
    const source = await network.start(sourceHome, { limits: { uploadBytesPerSecond: 48 * MiB } });
    const asker = await network.start(network.home('left alone'));
    const { download } = await begun(asker);
    const began = performance.now();
    await source.close();
    const { trouble } = await download.then(
      () => Promise.reject(new Error('it completed without its source')),
      (error: unknown) => error as DownloadError,
    );
    expect(['no-sources', 'timed-out']).toContain(trouble.code);
    const ms = performance.now() - began;
    console.info(`given up after ${ms.toFixed(0)} ms`);
    // Its time is 2 s; the rest is what a busy machine needs for the work.
    expect(ms).toBeLessThan(15_000);
    const have = trouble.have ?? 0;
    expect(have).toBeGreaterThan(PART);
    expect(have).toBeLessThan(CHUNKS);
    expect(await seen(asker, FILM, 0)).toMatchObject({ have, path: null });

    const late = await network.start(network.home('late'));
    expect((await seen(late, FILM)).sources).toBe(1);
    const partly = await late.download(FILM).catch((error: unknown) => error as DownloadError);
    expect(partly).toMatchObject({ trouble: { have, chunks: CHUNKS } });

    const back = await network.start(sourceHome);
    await seen(asker, FILM, 2);
    const from = asker.heard.all.length;
    const done = await asker.download(FILM);
    const started = await asker.heard.until('download-started', { from });
    // What was being written when the download was given up counts too.
    expect(started.have).toBeGreaterThanOrEqual(have);
    expect(done.sources.reduce((sum, { chunks }) => sum + chunks, 0)).toBe(CHUNKS - started.have);
    expect(await sha256(done.path)).toBe(print);
    await Promise.all([asker.close(), late.close(), back.close()]);
  });
});

/** Starts a download and comes back once a part of it is there. */
async function begun(asker: TestPeer): Promise<{ readonly download: Download }> {
  await seen(asker, FILM);
  const download = asker.download(FILM);
  // One that fails before that is told of at once.
  await Promise.race([
    download.then(() => Promise.reject(new Error('it completed before anybody could interfere'))),
    asker.heard.until('download-progress', { where: ({ have }) => have > PART }),
  ]);
  return { download };
}
