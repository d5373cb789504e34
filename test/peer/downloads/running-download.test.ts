import { readdirSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { Subject } from 'rxjs';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { ChunkIndex, PeerId } from '#src/domain/ids.js';
import { KiB } from '#src/domain/limits.js';
import { StagedWriter } from '#src/io/fetch/staged-writer.js';
import { prepareStaging } from '#src/io/fetch/staging.js';
import { stagingFolder } from '#src/io/fetch/staging-folder.js';
import type { DownloadNews } from '#src/peer/downloads/download-news.js';
import { RunningDownload } from '#src/peer/downloads/running-download.js';
import type { Surroundings } from '#src/peer/downloads/surroundings.js';
import { Transports } from '#src/peer/downloads/transports.js';
import { Givers } from '#src/peer/sends/givers.js';
import { chunkBytesOf, manifestOf, noise, type Tree } from '#test/support/contents.js';
import { newFolder } from '#test/support/folders.js';
import type * as Request from '#workers/request.js';

const film: Tree = { '': noise(600 * KiB) };
const manifest = manifestOf(film);
const { id, layout } = manifest;
const source = 'a'.repeat(52) as PeerId;

/** A request actor that the test plays. */
function playedRequest() {
  const out = new Subject<Request.Out>();
  const asked: ChunkIndex[] = [];
  let stop = () => {};
  const exit = new Promise((resolve) => {
    stop = () => resolve({ reason: 'normal' });
  });
  const send = (order: Request.In) => {
    if (order.type === 'ask-chunks') asked.push(...order.chunks);
  };
  return { out, asked, handle: { out, exit, send, stop: () => stop() } };
}

function running(downloads: string) {
  const request = playedRequest();
  const news: DownloadNews[] = [];
  const staging = stagingFolder(downloads, id);
  const around = {
    home: {
      folders: { manifests: newFolder(), segments: newFolder() },
      settings: {
        transfer: { timeoutMs: 60_000, delta: false },
        mesh: { pingMs: 1000, deadAfterMs: 3000 },
      },
      database: { all: async () => [] },
    },
    neighbours: {
      holdersChanged: new Subject(),
      refused: new Subject(),
      need: () => () => undefined,
      directory: { holders: () => new Map([[source, {}]]), isSource: () => true },
      reach: () => ({ host: 'nowhere', ports: { transfer: 1 }, features: [] }),
    },
    givers: new Givers(),
    transports: new Transports('auto', () => undefined),
    pool: { start: () => request.handle },
    crew: { adopt: () => undefined },
    knowsOf: async () => true,
    kept: () => undefined,
  } as unknown as Surroundings;
  const target = join(downloads, 'film');
  const record = { id, name: 'film', target, mayRename: true, staging };
  const download = new RunningDownload(record, manifest, around, (said) => news.push(said));
  onTestFinished(() => download.abandon());
  const until = (type: DownloadNews['type']) =>
    vi.waitFor(() => expect(news.map((said) => said.type)).toContain(type), 10_000);
  return { download, request, news, staging, until };
}

/** The next sync of a file or folder waits for `release`, and fails if it is told to. */
async function heldSyncs() {
  const probe = await open('/dev/null', 'r');
  const handles = Object.getPrototypeOf(probe) as FileHandle;
  await probe.close();
  let release = (_error?: Error) => {};
  const released = new Promise<Error | undefined>((resolve) => {
    release = resolve;
  });
  let begun = () => {};
  const isWaiting = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const spy = vi.spyOn(handles, 'sync').mockImplementationOnce(async () => {
    begun();
    const error = await released;
    if (error !== undefined) throw error;
  });
  onTestFinished(() => spy.mockRestore());
  return { isWaiting, release };
}

async function bring(staging: string, request: ReturnType<typeof playedRequest>, index: number) {
  const writer = new StagedWriter(staging, manifest);
  const bytes = chunkBytesOf(film, manifest.entries, layout, index);
  await writer.write(index, bytes);
  await writer.close();
  const stored = { index: index as ChunkIndex, bytes: bytes.length, ms: 1 };
  request.out.next({ type: 'chunk-stored', ...stored });
}

describe('a download whose last chunk arrives while an earlier one is synced', () => {
  it.each([
    ['is not put in its place where that fails, and what was lost is fetched again', true],
    ['is put in its place once that is done', false],
  ])('%s', async (_, isFailing) => {
    const folder = newFolder();
    const { download, request, news, staging, until } = running(folder);
    download.begin();
    download.step({ type: 'slots', count: 1 });
    await until('started');
    request.out.next({ type: 'connected', rttMs: 1 });
    request.out.next({ type: 'source-has', ranges: [0, layout.chunks] });
    await bring(staging, request, 0);
    const syncs = await heldSyncs();
    await syncs.isWaiting;
    for (let index = 1; index < layout.chunks; index += 1) await bring(staging, request, index);
    // The system says so once: another sync of the same file would succeed.
    const lost = Object.assign(new Error('EIO: i/o error, fsync'), {
      code: 'EIO',
      syscall: 'fsync',
    });
    syncs.release(isFailing ? lost : undefined);
    await until(isFailing ? 'failed' : 'completed');
    await download.abandon();
    const ends = news.filter(({ type }) => type === 'failed' || type === 'completed');
    expect(ends).toHaveLength(1);
    expect(readdirSync(folder).includes('film')).toBe(!isFailing);
    if (!isFailing) return;
    const { have, doubtful } = await prepareStaging(staging, manifest);
    expect([have.count, doubtful]).toEqual([0, []]);
  });
});
