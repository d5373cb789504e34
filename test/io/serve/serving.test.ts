import { join } from 'node:path';
import { Subject } from 'rxjs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ChunkSet } from '#src/domain/content/chunk-set.js';
import { pagesOf } from '#src/domain/content/manifest.js';
import type { ContentId, PeerId } from '#src/domain/ids.js';
import { KiB, LIMITS, MiB } from '#src/domain/limits.js';
import { Preferences } from '#src/domain/send/preferred.js';
import type { ReadAnswer } from '#src/io/content/chunk-reader.js';
import { writeSegments } from '#src/io/content/segment-store.js';
import { FairMemory } from '#src/io/memory/fair-memory.js';
import { MemoryPool } from '#src/io/memory/memory-pool.js';
import { Allowance } from '#src/io/net/allowance.js';
import type { Received } from '#src/io/net/delivery.js';
import { RateCells } from '#src/io/net/rate-cells.js';
import type { Session } from '#src/io/net/session.js';
import { FRAMED_CHUNK_BYTES } from '#src/io/serve/chunk-frames.js';
import { SegmentShelf } from '#src/io/serve/segment-shelf.js';
import { type Served, serve } from '#src/io/serve/serving.js';
import type { Book, Gain, Shelf } from '#src/io/serve/shelf.js';
import { Showing } from '#src/io/serve/showing.js';
import type { Message } from '#src/wire/message.js';
import { manifestOf, noise } from '#test/support/contents.js';
import { newFolder } from '#test/support/folders.js';

const CHUNK = 256 * KiB;
const manifest = manifestOf({ '': noise(100 * CHUNK) });
const POOL = 3;

type Reading = { readonly index: number; readonly end: (answer: ReadAnswer | Error) => void };

/** A session that is served, with its disk and its socket by hand. */
type ServedOptions = {
  readonly showing?: Showing;
  readonly folder?: string | null;
  readonly features?: readonly string[];
  readonly cells?: RateCells;
};

function served(
  have: readonly number[] = [0, 100],
  { showing = new Showing(), folder = null, features = [], cells }: ServedOptions = {},
) {
  const memory = new MemoryPool(FRAMED_CHUNK_BYTES, POOL);
  const received = new Subject<Received>();
  const gains = new Subject<Gain>();
  const renewed = new Subject<ContentId>();
  const ticks = new Subject<number>();
  const sent: { readonly message: Message; readonly request: number }[] = [];
  const readings: Reading[] = [];
  const writing: { readonly flushed: () => void; readonly resolve: () => void }[] = [];
  const said: Served[] = [];
  let destroyed: unknown;
  const session = {
    peerId: 'peer' as PeerId,
    peer: { features },
    received,
    send: (message: Message, request = 0) => void sent.push({ message, request }),
    write: (_: Uint8Array, flushed: () => void) =>
      new Promise<void>((resolve) => writing.push({ flushed, resolve })),
    close: () => undefined,
    destroy: (why: unknown) => {
      destroyed = why;
      received.error(why);
    },
  } as unknown as Session;
  const reader = {
    readChunk: (index: number) =>
      new Promise<ReadAnswer>((resolve, reject) => {
        const end = (answer: ReadAnswer | Error) =>
          answer instanceof Error ? reject(answer) : resolve(answer);
        readings.push({ index, end });
      }),
  };
  const cut = pagesOf(manifest);
  const book: Book = { manifest, cut, runs: undefined, have: ChunkSet.from(100, have), reader };
  const shelved = { book };
  const shelf = {
    gains,
    renewed,
    bookFor: async (_: PeerId, id: string) => (id === manifest.id ? shelved.book : undefined),
  } as unknown as Shelf;
  const fair = new FairMemory(memory, { each: 2, slow: 1 });
  const drawer = new Allowance(cells?.memory, { direction: 'up' }).drawer(session.peerId);
  const wanted: string[] = [];
  const segments = new SegmentShelf(folder, (id) => wanted.push(id));
  const shelves = { shelf, segments, preferences: new Preferences() };
  const life = serve(session, shelves, fair, showing, drawer, ticks).subscribe((one) =>
    said.push(one),
  );
  const hear = async (message: Message, request: number) => {
    received.next({ message, request });
    await settle();
  };
  return {
    memory,
    received,
    gains,
    renewed,
    shelved,
    ticks,
    sent,
    readings,
    writing,
    said,
    wanted,
    segments,
    life,
    hear,
    ask: (index: number, request: number) =>
      hear({ type: 'get-chunk', id: manifest.id, index }, request),
    destroyed: () => destroyed,
    flush: async () => {
      for (const { flushed, resolve } of writing.splice(0)) {
        flushed();
        resolve();
      }
      await settle();
    },
  };
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** The chunks that it was told of. */
function rangesIn(sent: readonly { readonly message: Message }[]): readonly number[] {
  return sent.flatMap(({ message }) =>
    message.type === 'have' ? [...ChunkSet.from(100, message.ranges).values()] : [],
  );
}

describe('serving one peer', () => {
  it('sends chunks in the order they were asked for and reads one ahead', async () => {
    const { ask, readings, writing, memory, flush, said } = served();
    for (const index of [5, 6, 7]) await ask(index, index);
    expect(readings.map(({ index }) => index)).toEqual([5]);
    readings[0]?.end('ok');
    await settle();
    expect(writing).toHaveLength(1);
    expect(readings.map(({ index }) => index)).toEqual([5, 6]);
    readings[1]?.end('ok');
    await flush();
    await flush();
    readings[2]?.end('ok');
    await settle();
    await flush();
    expect(said.map(({ type }) => type)).toEqual(['served', 'served', 'served']);
    expect(memory.available).toBe(POOL);
  });

  it.each(['absent', 'stale'] as const)('says that a chunk is %s and goes on', async (answer) => {
    const { ask, readings, sent, memory, said, flush } = served();
    await ask(1, 11);
    await ask(2, 12);
    readings[0]?.end(answer);
    await settle();
    expect(sent).toEqual([{ message: { type: 'refused', reason: answer }, request: 11 }]);
    expect(said).toEqual(answer === 'stale' ? [{ type: 'stale', id: manifest.id }] : []);
    readings[1]?.end('ok');
    await settle();
    await flush();
    expect(memory.available).toBe(POOL);
  });

  it('ends the session when the disk fails, and has its memory back', async () => {
    const { ask, readings, memory, destroyed } = served();
    await ask(1, 1);
    readings[0]?.end(new Error('EIO'));
    await settle();
    expect(destroyed()).toMatchObject({ message: 'EIO' });
    expect(memory.available).toBe(POOL);
  });

  it('has its memory back when the session ends while it reads', async () => {
    const { ask, readings, received, memory } = served();
    await ask(1, 1);
    await ask(2, 2);
    received.complete();
    readings[0]?.end('ok');
    await settle();
    expect(readings).toHaveLength(1);
    expect(memory.available).toBe(POOL);
  });

  it('has its memory back when the session dies while a chunk leaves', async () => {
    const { ask, readings, received, memory, flush } = served();
    await ask(1, 1);
    await ask(2, 2);
    readings[0]?.end('ok');
    await settle();
    received.error(new Error('reset'));
    readings[1]?.end('ok');
    await flush();
    await settle();
    expect(memory.available).toBe(POOL);
  });

  it('has its memory back when it is let go while it waits for some', async () => {
    const { ask, readings, life, memory } = served();
    const taken = await Promise.all(Array.from({ length: POOL }, () => memory.take()));
    await ask(1, 1);
    life.unsubscribe();
    for (const piece of taken) memory.giveBack(piece);
    await settle();
    expect(readings).toEqual([]);
    expect(memory.available).toBe(POOL);
  });

  it('forgets a cancelled chunk wherever it is: queued, being read, leaving', async () => {
    const { ask, hear, readings, writing, memory, flush, said } = served();
    for (const index of [1, 2, 3]) await ask(index, index);
    await hear({ type: 'cancel' }, 3);
    readings[0]?.end('ok');
    await settle();
    await hear({ type: 'cancel' }, 2);
    readings[1]?.end('ok');
    await flush();
    await settle();
    expect(writing).toEqual([]);
    expect(readings).toHaveLength(2);
    expect(said).toHaveLength(1);
    expect(memory.available).toBe(POOL);
  });

  it('ends a session that lets a chunk lie for too long', async () => {
    const { ask, readings, ticks, destroyed } = served();
    await ask(1, 1);
    for (let second = 0; second < 60; second += 1) ticks.next(1000);
    readings[0]?.end('ok');
    await settle();
    for (let second = 0; second < 20; second += 1) ticks.next(1000);
    expect(destroyed()).toBeUndefined();
    ticks.next(1000);
    expect(destroyed()).toMatchObject({ code: 'timed-out' });
  });

  it('gives a slow one four times what its last chunk took', async () => {
    const { ask, readings, ticks, flush, destroyed } = served();
    await ask(1, 1);
    readings[0]?.end('ok');
    await settle();
    ticks.next(15_000);
    await flush();
    await ask(2, 2);
    readings[1]?.end('ok');
    await settle();
    ticks.next(59_000);
    expect(destroyed()).toBeUndefined();
    ticks.next(2000);
    expect(destroyed()).toMatchObject({ code: 'timed-out' });
  });

  it('refuses to queue more than may be in flight', async () => {
    const { ask, sent } = served();
    for (let request = 0; request < LIMITS.chunksInFlight + 2; request += 1) await ask(1, request);
    const last = { message: { type: 'refused', reason: 'busy' }, request: 65 };
    expect(sent).toEqual([last]);
  });

  it('tells what it has in frames of some runs, and what comes later', async () => {
    const { hear, gains, sent } = served([0, 1, 5, 2]);
    await hear({ type: 'get-have', id: manifest.id }, 9);
    gains.next({ id: manifest.id, ranges: [8, 1] });
    await hear({ type: 'cancel' }, 9);
    gains.next({ id: manifest.id, ranges: [9, 1] });
    expect(sent).toEqual([
      { message: { type: 'have', ranges: [0, 1, 5, 2] }, request: 9 },
      { message: { type: 'have', ranges: [8, 1] }, request: 9 },
    ]);
  });

  it('tells all it has once more when the content is put anew, to who follows it', async () => {
    const { hear, renewed, sent } = served([0, 2]);
    await hear({ type: 'get-have', id: manifest.id }, 9);
    renewed.next('00'.repeat(32) as ContentId);
    renewed.next(manifest.id);
    await settle();
    const have = { message: { type: 'have', ranges: [0, 2] }, request: 9 };
    expect(sent).toEqual([have, have]);
  });

  it('shows what is whole here by and by to one who says what it holds, and gives no more than that', async () => {
    const { hear, sent, readings } = served();
    await hear({ type: 'get-have', id: manifest.id, holds: [0, 90] }, 9);
    const ahead = rangesIn(sent);
    const [first, second] = ahead;
    expect(first).toBeGreaterThanOrEqual(90);
    expect(ahead.length).toBeLessThan(10);
    expect(sent).toHaveLength(1);
    expect(sent[0]?.message).toMatchObject({ type: 'have', partly: true });
    await hear({ type: 'get-chunk', id: manifest.id, index: 0 }, 10);
    expect(sent.at(-1)).toEqual({ message: { type: 'refused', reason: 'absent' }, request: 10 });
    await hear({ type: 'get-chunk', id: manifest.id, index: first ?? -1 }, 11);
    expect(readings.map(({ index }) => index)).toEqual([first]);
    await hear({ type: 'hold', ranges: [second ?? -1, 1] }, 9);
    // One that was asked for, and one that it has from elsewhere, make room for two.
    expect(new Set(rangesIn(sent)).size).toBe(ahead.length + 2);
  });

  it('shows two followers others, and the second all that the first leaves behind', async () => {
    const showing = new Showing(() => 0);
    const [one, other] = [served([0, 100], { showing }), served([0, 100], { showing })];
    await one.hear({ type: 'get-have', id: manifest.id, holds: [0, 97] }, 1);
    await other.hear({ type: 'get-have', id: manifest.id, holds: [0, 97] }, 1);
    const before = [...rangesIn(one.sent), ...rangesIn(other.sent)];
    expect(before.toSorted((left, right) => left - right)).toEqual([97, 98, 99]);
    one.life.unsubscribe();
    showing.tick();
    for (const index of rangesIn(other.sent)) {
      await other.hear({ type: 'get-chunk', id: manifest.id, index }, index);
    }
    expect(new Set(rangesIn(other.sent))).toEqual(new Set([97, 98, 99]));
  });

  it('shows all to one who does not say what it holds, and where some is missing here', async () => {
    const whole = served();
    await whole.hear({ type: 'get-have', id: manifest.id }, 1);
    const part = served([0, 99]);
    await part.hear({ type: 'get-have', id: manifest.id, holds: [] }, 1);
    expect(whole.sent[0]?.message).toEqual({ type: 'have', ranges: [0, 100] });
    expect(part.sent[0]?.message).toEqual({ type: 'have', ranges: [0, 99] });
    await part.hear({ type: 'hold', ranges: [0, 1] }, 1);
    expect(part.sent).toHaveLength(1);
  });

  it('shows all, and gives it, once the content is put anew', async () => {
    const { hear, renewed, sent, readings } = served();
    await hear({ type: 'get-have', id: manifest.id, holds: [] }, 9);
    renewed.next(manifest.id);
    await settle();
    expect(sent.at(-1)?.message).toEqual({ type: 'have', ranges: [0, 100] });
    const unseen = [0, 1, 2].find((index) => !rangesIn(sent.slice(0, 1)).includes(index)) ?? -1;
    await hear({ type: 'get-chunk', id: manifest.id, index: unseen }, 10);
    expect(readings.map(({ index }) => index)).toEqual([unseen]);
  });

  it.each([
    ['what there is not', [100, 1]],
    ['the same twice', [0, 20]],
  ])('ends with one that says it holds %s', async (_, ranges) => {
    const { hear, destroyed } = served();
    await hear({ type: 'get-have', id: manifest.id, holds: [0, 90] }, 9);
    await hear({ type: 'hold', ranges }, 9);
    expect(destroyed()).toMatchObject({ code: 'protocol' });
  });

  it('ends with one whose first word of what it holds is a lie', async () => {
    const { hear, destroyed } = served();
    await hear({ type: 'get-have', id: manifest.id, holds: [0, 101] }, 9);
    expect(destroyed()).toMatchObject({ code: 'protocol' });
  });

  it('reads a chunk once more where the content was put anew while it was read', async () => {
    const { ask, readings, shelved, sent, said, flush, memory } = served();
    await ask(1, 1);
    shelved.book = { ...shelved.book };
    readings[0]?.end('stale');
    await settle();
    readings[1]?.end('ok');
    await settle();
    await flush();
    expect(sent).toEqual([]);
    expect(said.map(({ type }) => type)).toEqual(['served']);
    expect(memory.available).toBe(POOL);
  });

  it('gives a list of segments once it is made, and waits for one at a time', async () => {
    const folder = newFolder();
    const { hear, sent, wanted, segments } = served([0, 100], { folder });
    await hear({ type: 'get-segments', id: manifest.id, page: 0 }, 1);
    await vi.waitFor(() => expect(wanted).toEqual([manifest.id]));
    await hear({ type: 'get-segments', id: manifest.id, page: 0 }, 2);
    const refused = { message: { type: 'refused', reason: 'busy' }, request: 2 };
    expect(sent).toEqual([refused]);
    const bytes = noise(100);
    await writeSegments(join(folder, manifest.id), [bytes]);
    segments.settled(manifest.id);
    await vi.waitFor(() => expect(sent).toHaveLength(2));
    expect(sent[1]).toEqual({ message: { type: 'segments', bytes }, request: 1 });
    await hear({ type: 'get-segments', id: manifest.id, page: 1 }, 3);
    await vi.waitFor(() => expect(sent).toHaveLength(3));
    expect(sent[2]).toEqual({ message: { type: 'refused', reason: 'absent' }, request: 3 });
    expect(wanted).toHaveLength(1);
  });

  it.each([
    ['is not whole here', [0, 99], newFolder],
    ['is not to be told of', [0, 100], (): null => null],
  ] as const)('gives no list of a content that %s', async (_, have, folder) => {
    const { hear, sent, wanted } = served(have, { folder: folder() });
    await hear({ type: 'get-segments', id: manifest.id, page: 0 }, 1);
    expect(sent).toEqual([{ message: { type: 'refused', reason: 'absent' }, request: 1 }]);
    expect(wanted).toEqual([]);
  });

  it('gives no list where none could be made', async () => {
    const { hear, sent, segments, wanted } = served([0, 100], { folder: newFolder() });
    await hear({ type: 'get-segments', id: manifest.id, page: 0 }, 1);
    await vi.waitFor(() => expect(wanted).toHaveLength(1));
    segments.settled(manifest.id);
    await vi.waitFor(() => expect(sent).toHaveLength(1));
    expect(sent[0]?.message).toEqual({ type: 'refused', reason: 'absent' });
  });

  it('refuses what it does not know', async () => {
    const { hear, sent } = served();
    const id = '00'.repeat(32) as typeof manifest.id;
    await hear({ type: 'get-root', id }, 1);
    await hear({ type: 'get-page', id: manifest.id, page: 99 }, 2);
    await hear({ type: 'get-have', id }, 3);
    await hear({ type: 'get-chunk', id, index: 0 }, 4);
    await hear({ type: 'kept', index: 0 }, 5);
    expect(sent.map(({ message }) => 'reason' in message && message.reason)).toEqual([
      'unknown',
      'absent',
      'unknown',
      'unknown',
      'unknown',
    ]);
  });
});

describe('a peer that waits for what our own limit holds back', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it.each([
    ['hears so each second', 64 * KiB, ['held-back'], 3],
    ['hears nothing it has not said to understand', 64 * KiB, [], 0],
    ['hears nothing where there is no limit', null, ['held-back'], 0],
    [
      'hears nothing where the limit is wide, and itself is what is waited for',
      64 * MiB,
      ['held-back'],
      0,
    ],
  ])('%s', async (_, upload, features, said) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'hrtime'] });
    const cells = new RateCells();
    cells.set({ upload, download: null, peer: null, background: null });
    const { ask, readings, ticks, sent, flush } = served([0, 100], { cells, features });
    await ask(1, 1);
    await ask(2, 2);
    readings[0]?.end('ok');
    for (let second = 0; second < 3; second += 1) {
      for (let part = 0; part < 20; part += 1) {
        await vi.advanceTimersByTimeAsync(50);
        if (upload === 64 * KiB) await flush();
      }
      ticks.next(1000);
    }
    expect(sent.filter(({ message }) => message.type === 'held-back')).toHaveLength(said);
  });
});
