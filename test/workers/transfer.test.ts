/** The transfer server and request actors together, as functions on loopback. */
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { pagesOf } from '#src/domain/content/manifest.js';
import type { ChunkIndex } from '#src/domain/ids.js';
import { KiB } from '#src/domain/limits.js';
import { finishStaged } from '#src/io/fetch/finish.js';
import { StagedWriter } from '#src/io/fetch/staged-writer.js';
import { prepareStaging } from '#src/io/fetch/staging.js';
import type { Received } from '#src/io/net/delivery.js';
import type { Session } from '#src/io/net/session.js';
import { frameChunk } from '#src/io/serve/chunk-frames.js';
import { manifestOf, noise } from '#test/support/contents.js';
import { newFolder } from '#test/support/folders.js';
import { newIdentity } from '#test/support/identities.js';
import {
  stageContent,
  startRequest,
  startScripted,
  startServer,
  startSource,
} from '#test/support/serving.js';

const CHUNK = 256 * KiB;
const file = { '': noise(5 * CHUNK + 1000) };
const directory = {
  'large.bin': noise(3 * CHUNK, 2),
  'notes/a.txt': noise(1000, 3),
  'notes/b.txt': noise(2000, 4),
  'notes/empty.txt': new Uint8Array(),
  'void/': new Uint8Array(),
};

function all(count: number): ChunkIndex[] {
  return Array.from({ length: count }, (_, index) => index as ChunkIndex);
}

describe('a request to a transfer server', () => {
  it.each([
    ['file', file],
    ['directory', directory],
  ])(
    'brings a %s: its manifest, what the source has, every chunk in its place',
    async (_, tree) => {
      const source = await startSource(tree);
      const { manifest } = source;
      const { actor, staging } = await startRequest(manifest, source);
      await actor.until((said) => said.type === 'connected');
      actor.send({ type: 'ask-manifest' });
      await actor.until((said) => said.type === 'manifest-stored');
      actor.send({ type: 'ask-have', holds: [] });
      const has = await actor.until((said) => said.type === 'source-has');
      const { chunks } = manifest.layout;
      expect(has).toEqual({ type: 'source-has', ranges: [0, chunks] });
      actor.send({ type: 'ask-chunks', chunks: all(chunks) });
      for (const index of all(chunks)) {
        await actor.until((said) => said.type === 'chunk-stored' && said.index === index);
      }
      await actor.stop();
      expect((await prepareStaging(staging, manifest)).have.isFull).toBe(true);
      const path = join(newFolder(), 'got');
      await finishStaged(staging, manifest, 0, { path, mayRename: false });
      for (const [name, bytes] of Object.entries(tree)) {
        if (name.endsWith('/')) continue;
        expect(Buffer.compare(readFileSync(join(path, name)), bytes)).toBe(0);
      }
    },
  );

  it('brings the same over UDP', async () => {
    const source = await startSource(file);
    const { manifest } = source;
    const way = { transport: 'udp', mayMove: false } as const;
    const { actor, staging } = await startRequest(manifest, source, undefined, undefined, way);
    actor.send({ type: 'ask-manifest' });
    await actor.until((said) => said.type === 'manifest-stored');
    actor.send({ type: 'ask-have', holds: [] });
    await actor.until((said) => said.type === 'source-has');
    const { chunks } = manifest.layout;
    actor.send({ type: 'ask-chunks', chunks: all(chunks) });
    for (const index of all(chunks)) {
      await actor.until((said) => said.type === 'chunk-stored' && said.index === index);
    }
    await actor.stop();
    expect((await prepareStaging(staging, manifest)).have.isFull).toBe(true);
  });

  it('tells of every chunk that it has noted, however it is stopped', async () => {
    const source = await startSource(file);
    const { manifest } = source;
    const { actor, staging } = await startRequest(manifest, source, await stageContent(file, []));
    actor.send({ type: 'ask-have', holds: [] });
    await actor.until((said) => said.type === 'source-has');
    actor.send({ type: 'ask-chunks', chunks: all(manifest.layout.chunks) });
    await actor.until((said) => said.type === 'chunk-stored');
    await actor.stop();
    const told = actor.heard.flatMap((said) => (said.type === 'chunk-stored' ? [said.index] : []));
    const { have, doubtful } = await prepareStaging(staging, manifest);
    expect(told.toSorted((a, b) => a - b)).toEqual(
      [...have.values(), ...doubtful].toSorted((a, b) => a - b),
    );
  });

  it('tells of a chunk that could not be written, though it is stopped meanwhile', async () => {
    const source = await startSource(file);
    const { actor } = await startRequest(source.manifest, source, await stageContent(file, []));
    const writing = vi.spyOn(StagedWriter.prototype, 'write');
    onTestFinished(() => writing.mockRestore());
    const stopped = new Promise<void>((resolve) => {
      writing.mockImplementationOnce(() => {
        resolve(actor.stop());
        return Promise.reject(Object.assign(new Error('i/o error'), { code: 'EIO' }));
      });
    });
    actor.send({ type: 'ask-have', holds: [] });
    actor.send({ type: 'ask-chunks', chunks: [0 as ChunkIndex] });
    await stopped;
    expect(actor.heard.at(-1)).toMatchObject({ type: 'write-failed', error: { code: 'EIO' } });
  });

  it('is told of chunks that a partial source gains', async () => {
    const source = await startSource(file, [0, 3]);
    const taking = await startRequest(source.manifest, source, await stageContent(file, []));
    taking.actor.send({ type: 'ask-have', holds: [] });
    const has = await taking.actor.until((said) => said.type === 'source-has');
    expect(has).toEqual({ type: 'source-has', ranges: [0, 1, 3, 1] });
    source.actor.send({ type: 'chunks-added', id: source.manifest.id, ranges: [4, 2] });
    const gained = { type: 'source-has', ranges: [4, 2] };
    await taking.actor.until((said) => said.type === 'source-has' && said.ranges[0] === 4);
    expect(taking.actor.heard).toContainEqual(gained);
  });

  it('is refused a chunk that the source does not hold, and goes on', async () => {
    const source = await startSource(file, [0]);
    const { actor } = await startRequest(source.manifest, source, await stageContent(file, []));
    actor.send({ type: 'ask-have', holds: [] });
    actor.send({ type: 'ask-chunks', chunks: [1, 0] as ChunkIndex[] });
    await actor.until((said) => said.type === 'chunk-stored');
    expect(actor.heard).toContainEqual({ type: 'chunk-refused', index: 1, code: 'absent' });
  });

  it('fails when the content is withdrawn', async () => {
    const source = await startSource(file);
    source.actor.send({ type: 'withdraw', id: source.manifest.id });
    const { actor } = await startRequest(source.manifest, source);
    actor.send({ type: 'ask-manifest' });
    const failed = await actor.until((said) => said.type === 'source-failed');
    expect(failed).toMatchObject({ error: { code: 'not-found' } });
    await actor.stop();
  });

  it('fails where it is refused', async () => {
    const { manifest, manifests } = await stageContent(file, []);
    const [banned, later] = await Promise.all([newIdentity(), newIdentity()]);
    const server = await startServer(manifests, [], [banned.peerId]);
    server.actor.send({ type: 'refuse', peers: [banned.peerId, later.peerId] });
    for (const identity of [banned, later]) {
      const { actor } = await startRequest(manifest, server, undefined, identity);
      const failed = await actor.until((said) => said.type === 'source-failed');
      expect(failed).toMatchObject({ error: { code: 'refused' } });
    }
  });

  it('ends when its peer is refused later', async () => {
    const source = await startSource(file);
    const [taking, other] = await Promise.all([
      startRequest(source.manifest, source),
      startRequest(source.manifest, source),
    ]);
    for (const { actor } of [taking, other]) await actor.until((said) => said.type === 'connected');
    source.actor.send({ type: 'refuse', peers: [taking.identity.peerId] });
    await taking.actor.until((said) => said.type === 'source-failed');
    other.actor.send({ type: 'ask-manifest' });
    await other.actor.until((said) => said.type === 'manifest-stored');
  });

  it('fails where nobody listens, or somebody else does', async () => {
    const { manifest, manifests } = await stageContent(file, []);
    const server = await startServer(manifests, []);
    const other = await startServer(manifests, []);
    const wrong = await startRequest(manifest, { ...server, identity: other.identity });
    const failed = await wrong.actor.until((said) => said.type === 'source-failed');
    expect(failed).toMatchObject({ error: { code: 'identity' } });
    await server.actor.stop();
    const late = await startRequest(manifest, server);
    const unreachable = await late.actor.until((said) => said.type === 'source-failed');
    expect(unreachable).toMatchObject({ error: { code: 'unreachable' } });
  });

  it('says that a source stopped', async () => {
    const source = await startSource(file);
    const { actor } = await startRequest(source.manifest, source);
    await actor.until((said) => said.type === 'connected');
    await source.actor.stop();
    await actor.until((said) => said.type === 'source-failed');
  });

  it('fails when its own disk refuses, and says what it said', async () => {
    const source = await startSource(file);
    const before = await stageContent(file, []);
    const taking = await startRequest(source.manifest, source, {
      ...before,
      staging: join(before.staging, 'journal', 'no folder'),
    });
    await writeFile(join(before.staging, 'journal'), '');
    taking.actor.send({ type: 'ask-have', holds: [] });
    taking.actor.send({ type: 'ask-chunks', chunks: all(2) });
    const failed = await taking.actor.until((said) => said.type === 'write-failed');
    expect(failed).toMatchObject({ error: { code: 'io' } });
  });

  it('serves what is marked changed under its old id to nobody', async () => {
    const { manifest, manifests } = await stageContent(file, []);
    const share = { kind: 'share', path: '/nowhere', fingerprints: '/nowhere' } as const;
    const server = await startServer(manifests, [{ id: manifest.id, source: share }]);
    const { actor } = await startRequest(manifest, server, await stageContent(file, []));
    actor.send({ type: 'ask-have', holds: [] });
    actor.send({ type: 'ask-chunks', chunks: all(1) });
    const refused = await actor.until((said) => said.type === 'chunk-refused');
    expect(refused).toMatchObject({ code: 'stale' });
    expect(await server.actor.until((said) => said.type === 'content-stale')).toEqual({
      type: 'content-stale',
      id: manifest.id,
    });
  });

  it('counts what it serves', async () => {
    const source = await startSource(file);
    const { actor } = await startRequest(source.manifest, source, await stageContent(file, []));
    actor.send({ type: 'ask-have', holds: [] });
    actor.send({ type: 'ask-chunks', chunks: all(1) });
    await actor.until((said) => said.type === 'chunk-stored');
    const served = await source.actor.until((said) => said.type === 'bytes-served');
    expect(served).toMatchObject({ type: 'bytes-served' });
    expect(served.type === 'bytes-served' && served.bytes).toBeGreaterThan(CHUNK);
  });
});

/** Answers as an honest source would, but for chunks. */
function scripted(
  chunk: (session: Session, request: number, index: number) => void,
): (session: Session, received: Received) => void {
  const manifest = manifestOf(file);
  const { root, pages } = pagesOf(manifest);
  return (session, { message, request }) => {
    if (message.type === 'get-root') session.send({ type: 'root', bytes: root }, request);
    if (message.type === 'get-page') {
      const bytes = pages[message.page] ?? new Uint8Array();
      session.send({ type: 'page', bytes }, request);
    }
    if (message.type === 'get-have') {
      session.send({ type: 'have', ranges: [0, manifest.layout.chunks] }, request);
    }
    if (message.type === 'get-chunk') chunk(session, request, message.index);
  };
}

function sendChunk(session: Session, request: number, bytes: Uint8Array): void {
  const memory = new Uint8Array(bytes.length + 9 * Math.ceil(bytes.length / CHUNK));
  const { gaps, slices } = frameChunk(memory, request, bytes.length);
  let at = 0;
  for (const gap of gaps) {
    gap.set(bytes.subarray(at, at + gap.length));
    at += gap.length;
  }
  for (const slice of slices) void session.write(slice);
}

/** Nobody is missed by himself. */
const NO_PULSE = { pingMs: 3_600_000, deadAfterMs: 7_200_000 };

describe('a request to a source that misbehaves', () => {
  const manifest = manifestOf(file);

  async function fetchFrom(chunk: Parameters<typeof scripted>[0], chunks: readonly number[]) {
    const source = await startScripted(scripted(chunk));
    const taking = await startRequest(manifest, source, await stageContent(file, []));
    taking.actor.send({ type: 'ask-have', holds: [] });
    await taking.actor.until((said) => said.type === 'source-has');
    taking.actor.send({ type: 'ask-chunks', chunks: chunks as ChunkIndex[] });
    return taking;
  }

  it('convicts it of wrong bytes, and writes none of them', async () => {
    const { actor, staging } = await fetchFrom(
      (session, request) => sendChunk(session, request, noise(CHUNK, 99)),
      [2],
    );
    expect(await actor.until((said) => said.type === 'chunk-wrong')).toMatchObject({ index: 2 });
    await actor.stop();
    expect((await prepareStaging(staging, manifest)).have.count).toBe(0);
  });

  it.each([
    ['leaves one that crawls for five seconds, where there is another way', true, 'crawling'],
    ['stays with one that crawls where there is no other way', false, undefined],
  ])('%s', async (_, mayMove, code) => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    onTestFinished(() => void vi.useRealTimers());
    let isAsked = () => {};
    const asked = new Promise<void>((resolve) => {
      isAsked = resolve;
    });
    const source = await startScripted(scripted(() => isAsked()));
    const way = { transport: 'tcp', mayMove, ...NO_PULSE } as const;
    const staged = await stageContent(file, []);
    const { actor } = await startRequest(manifest, source, staged, undefined, way);
    actor.send({ type: 'ask-have', holds: [] });
    await actor.until((said) => said.type === 'source-has');
    actor.send({ type: 'ask-chunks', chunks: [0] as ChunkIndex[] });
    await asked;
    const failures = () =>
      actor.heard.flatMap((said) => (said.type === 'source-failed' ? [said.error.code] : []));
    vi.advanceTimersByTime(4000);
    expect(failures()).toEqual([]);
    vi.advanceTimersByTime(2000);
    expect(failures()).toEqual(code === undefined ? [] : [code]);
  });

  it('ends with one that sends more than the chunk has', async () => {
    const { actor } = await fetchFrom(
      (session, request) => sendChunk(session, request, noise(1001)),
      [5],
    );
    const failed = await actor.until((said) => said.type === 'source-failed');
    expect(failed).toMatchObject({ error: { code: 'protocol' } });
  });

  it('ends with one that has chunks that there are not', async () => {
    const source = await startScripted((session, { request }) => {
      session.send({ type: 'have', ranges: [0, 7] }, request);
    });
    const { actor } = await startRequest(manifest, source, await stageContent(file, []));
    actor.send({ type: 'ask-have', holds: [] });
    const failed = await actor.until((said) => said.type === 'source-failed');
    expect(failed).toMatchObject({ error: { code: 'protocol' } });
  });

  it('convicts one whose root is another content’s', async () => {
    const other = pagesOf(manifestOf({ '': noise(10) })).root;
    const source = await startScripted((session, { request }) => {
      session.send({ type: 'root', bytes: other }, request);
    });
    const { actor } = await startRequest(manifest, source);
    actor.send({ type: 'ask-manifest' });
    const wrong = await actor.until((said) => said.type === 'manifest-wrong');
    expect(wrong).toMatchObject({ error: { code: 'protocol' } });
  });

  it('takes back what it no longer wants, and drops what still comes of it', async () => {
    const cancelled: number[] = [];
    const held: (() => void)[] = [];
    const honest = file[''];
    const answer = scripted((session, request, index) => {
      const bytes = honest.subarray(index * CHUNK, (index + 1) * CHUNK);
      if (index === 1) sendChunk(session, request, bytes);
      else held.push(() => sendChunk(session, request, bytes));
    });
    const source = await startScripted((session, received) => {
      if (received.message.type === 'cancel') {
        cancelled.push(received.request);
        for (const send of held.splice(0)) send();
      }
      answer(session, received);
    });
    const taking = await startRequest(manifest, source, await stageContent(file, []));
    const { actor } = taking;
    actor.send({ type: 'ask-have', holds: [] });
    await actor.until((said) => said.type === 'source-has');
    actor.send({ type: 'ask-chunks', chunks: [0] as ChunkIndex[] });
    actor.send({ type: 'cancel-chunks', chunks: [0] as ChunkIndex[] });
    actor.send({ type: 'ask-chunks', chunks: [1] as ChunkIndex[] });
    await actor.until((said) => said.type === 'chunk-stored');
    expect(cancelled).toHaveLength(1);
    expect(actor.heard.filter(({ type }) => type === 'chunk-stored')).toMatchObject([{ index: 1 }]);
  });
});
