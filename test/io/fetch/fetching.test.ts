import { describe, expect, it, vi } from 'vitest';
import { segmentSizesFor } from '#src/domain/content/content-defined.js';
import { pagesOf } from '#src/domain/content/manifest.js';
import { SEGMENT_BYTES, writeRecord } from '#src/domain/content/segment-list.js';
import type { ChunkIndex, PeerId } from '#src/domain/ids.js';
import { KiB, LIMITS } from '#src/domain/limits.js';
import { HEARS_PRIORITY, type Priority } from '#src/domain/send/transfer.js';
import { type Fetched, Fetching } from '#src/io/fetch/fetching.js';
import type { StagedWriter } from '#src/io/fetch/staged-writer.js';
import { Allowance } from '#src/io/net/allowance.js';
import { RateCells } from '#src/io/net/rate-cells.js';
import type { Session } from '#src/io/net/session.js';
import type { Message } from '#src/wire/message.js';
import { manifestOf, noise } from '#test/support/contents.js';

const CHUNK = 256 * KiB;
const bytes = noise(20 * CHUNK);
const manifest = manifestOf({ '': bytes });

type Write = { readonly index: number; readonly done: () => void; readonly fail: () => void };

/** A fetching with a session and a disk by hand. */
function fetching(memory?: SharedArrayBuffer, features: readonly string[] = []) {
  const said: Fetched[] = [];
  const sent: { readonly message: Message; readonly request: number }[] = [];
  const writes: Write[] = [];
  let isPaused = false;
  const session = {
    peer: { features },
    send: (message: Message, request = 0) => sent.push({ message, request }),
    pause: () => {
      isPaused = true;
    },
    resume: () => {
      isPaused = false;
    },
  } as unknown as Session;
  const writer = {
    write: (index: number) =>
      new Promise<void>((done, reject) => {
        writes.push({ index, done, fail: () => reject(new Error('no space')) });
      }),
  } as unknown as StagedWriter;
  const drawer = new Allowance(memory, { direction: 'down' }).drawer('source' as PeerId);
  const one = new Fetching(manifest.id, drawer, (fetched) => said.push(fetched));
  one.attach(session);
  const requestOf = (index: number) =>
    sent.findLast(({ message }) => message.type === 'get-chunk' && message.index === index)
      ?.request ?? -1;
  return {
    one,
    said,
    sent,
    writes,
    begin: (holds: readonly number[] = []) => one.begin(manifest, writer, holds),
    isPaused: () => isPaused,
    ask: (...chunks: number[]) => one.askChunks(chunks as ChunkIndex[], 0),
    bring: (index: number, from = 0, to = CHUNK) =>
      one.takeBytes(requestOf(index), chunkOf(index).subarray(from, to), 1),
  };
}

function chunkOf(index: number): Uint8Array {
  return bytes.subarray(index * CHUNK, (index + 1) * CHUNK);
}

async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

describe('fetching from one source', () => {
  it('tells a chunk only once it is written', async () => {
    const { begin, ask, bring, said, writes } = fetching();
    begin();
    ask(3);
    bring(3, 0, 100);
    bring(3, 100, CHUNK);
    await settle();
    expect(said).toEqual([]);
    writes[0]?.done();
    await settle();
    expect(said).toEqual([{ type: 'chunk', index: 3, bytes: CHUNK, ms: 1 }]);
  });

  it('stops reading while the disk has three chunks in hand, and goes on when one is written', async () => {
    const { begin, ask, bring, writes, isPaused } = fetching();
    begin();
    ask(0, 1, 2, 3, 4);
    for (const index of [0, 1]) bring(index);
    expect(isPaused()).toBe(false);
    bring(2);
    expect(isPaused()).toBe(true);
    writes[0]?.done();
    await settle();
    expect(isPaused()).toBe(false);
  });

  it.each([
    ['cannot be written', (write: Write | undefined) => write?.fail()],
    ['is written', (write: Write | undefined) => write?.done()],
  ])('gives the memory of a chunk back once when it %s', async (_, end) => {
    const { begin, ask, bring, writes, isPaused } = fetching();
    begin();
    ask(...Array.from({ length: 12 }, (_, index) => index));
    for (let round = 0; round < 3; round += 1) {
      for (let index = round * 4; index < round * 4 + 4; index += 1) bring(index);
      expect(isPaused()).toBe(true);
      for (const write of writes.splice(0)) end(write);
      await settle();
      expect(isPaused()).toBe(false);
    }
  });

  it('gives the memory of wrong, cancelled and refused chunks back', () => {
    const { one, begin, ask, bring, sent, isPaused } = fetching();
    begin();
    for (let round = 0; round < 9; round += 1) {
      ask(0, 1, 2);
      bring(0, 0, 10);
      bring(1, 0, 10);
      const request = sent.at(-2)?.request ?? -1;
      one.takeBytes(sent.at(-1)?.request ?? -1, new Uint8Array(CHUNK), 1);
      one.cancelChunks([0] as ChunkIndex[]);
      one.take({ message: { type: 'refused', reason: 'absent' }, request });
      expect(isPaused()).toBe(false);
    }
  });

  it('says which chunk was wrong and writes nothing of it', () => {
    const { one, begin, ask, said, sent, writes } = fetching();
    begin();
    ask(0);
    one.takeBytes(sent.at(-1)?.request ?? -1, new Uint8Array(CHUNK), 1);
    expect(said).toEqual([{ type: 'wrong', index: 0 }]);
    expect(writes).toEqual([]);
  });

  it('waits twenty seconds for a chunk, counted in ticks', () => {
    const { one, begin, ask } = fetching();
    begin();
    one.tick(60_000);
    ask(0);
    for (let second = 0; second < 20; second += 1) one.tick(1000);
    expect(() => one.tick(1000)).toThrow(expect.objectContaining({ code: 'timed-out' }));
  });

  it('waits sixteen times as long where the source says that its own limit holds it back, and no longer', () => {
    const { one, begin, ask } = fetching();
    begin();
    ask(0);
    for (let second = 0; second < 320; second += 1) one.tick(1000, true);
    expect(() => one.tick(1000, true)).toThrow(expect.objectContaining({ code: 'timed-out' }));
  });

  it('says how much it matters once and where that changes, to who understands it', () => {
    const told = (features: readonly string[]) => {
      const { one, sent } = fetching(undefined, features);
      for (const priority of ['normal', 'high', 'high', 'low', 'normal'] as const) {
        one.weigh({ weight: 1, priority });
      }
      return sent.map(({ message, request }) => [message, request]);
    };
    const prefer = (priority: Priority) => [{ type: 'prefer', priority }, 0];
    expect(told([HEARS_PRIORITY])).toEqual([prefer('high'), prefer('low'), prefer('normal')]);
    expect(told([])).toEqual([]);
  });

  it('begins to wait anew with every chunk that comes', () => {
    const { one, begin, ask, bring } = fetching();
    begin();
    ask(0, 1, 2);
    one.tick(19_000);
    bring(0);
    one.tick(19_000);
    bring(1);
    one.tick(19_000);
    expect(() => one.tick(2000)).toThrow(expect.objectContaining({ code: 'timed-out' }));
  });

  it('begins to wait anew with every part of a chunk on a slow line, and tells it', () => {
    const { one, begin, ask, bring, said } = fetching();
    begin();
    ask(0);
    for (const part of [0, 1, 2]) {
      one.tick(19_000);
      bring(0, part * 64 * KiB, (part + 1) * 64 * KiB);
    }
    one.tick(19_000);
    const part = { type: 'arriving', bytes: 64 * KiB };
    expect(said).toEqual([part, part, part]);
    expect(() => one.tick(2000)).toThrow(expect.objectContaining({ code: 'timed-out' }));
  });

  it('gives up a source that refuses again and again what it says it has', () => {
    const { one, begin, ask, sent } = fetching();
    begin();
    const refused = () => {
      ask(0);
      const request = sent.at(-1)?.request ?? -1;
      one.take({ message: { type: 'refused', reason: 'absent' }, request });
    };
    for (let round = 1; round < 64; round += 1) refused();
    expect(refused).toThrow(expect.objectContaining({ code: 'not-found' }));
  });

  it('gives up a source that brings less than that', () => {
    const { one, begin, ask, bring } = fetching();
    begin();
    ask(0);
    for (let second = 0; second < 20; second += 1) {
      bring(0, second * KiB, (second + 1) * KiB);
      one.tick(1000);
    }
    expect(() => one.tick(1000)).toThrow(expect.objectContaining({ code: 'timed-out' }));
  });

  it('does not blame the source while its own disk is busy', () => {
    const { one, begin, ask, bring } = fetching();
    begin();
    ask(0, 1, 2, 3, 4, 5);
    for (const index of [0, 1, 2]) bring(index);
    for (let second = 0; second < 100; second += 1) one.tick(1000);
  });

  it('is owed nothing while its own disk is what is waited for', async () => {
    const { one, begin, ask, bring, writes } = fetching();
    expect(one.isOwed).toBe(false);
    begin();
    ask(0, 1, 2, 3);
    expect(one.isOwed).toBe(true);
    for (const index of [0, 1, 2]) bring(index);
    expect(one.isOwed).toBe(false);
    writes[0]?.done();
    await settle();
    expect(one.isOwed).toBe(true);
    expect([one.countArrived(), one.countArrived()]).toEqual([3 * CHUNK, 0]);
  });

  it('does not begin a manifest anew that is on its way', () => {
    const { one, said, sent } = fetching();
    const { root, pages } = pagesOf(manifest);
    one.askManifest();
    one.take({ message: { type: 'root', bytes: root }, request: 1 });
    one.askManifest();
    expect(sent.filter(({ message }) => message.type === 'get-root')).toHaveLength(1);
    for (const page of pages) one.take({ message: { type: 'page', bytes: page }, request: 2 });
    expect(said).toMatchObject([{ type: 'manifest', manifest: { id: manifest.id } }]);
  });

  it.each([
    [
      'protocol',
      'the root of another content',
      [pagesOf(manifestOf({ '': noise(10) })).root, new Uint8Array()],
    ],
    ['protocol', 'a page that its root denies', [pagesOf(manifest).root, noise(100)]],
    ['protocol', 'more pages than there are', [pagesOf(manifest).root, pagesOf(manifest).root]],
  ])('tells of a manifest that is wrong (%s): %s', (code, _, [root, page]) => {
    const { one, said, sent } = fetching();
    const take = (type: 'root' | 'page', bytes: Uint8Array | undefined) =>
      one.take({ message: { type, bytes: bytes ?? new Uint8Array() }, request: 1 });
    one.askManifest();
    take('root', root);
    take('page', page);
    expect(said).toMatchObject([{ type: 'wrong-manifest', error: { code } }]);
    const before = sent.length;
    take('page', page);
    expect(said).toHaveLength(1);
    expect(sent).toHaveLength(before);
  });

  it('asks again what a source has that had too much to do to say so', () => {
    const { one, begin, sent } = fetching();
    const asked = () => sent.filter(({ message }) => message.type === 'get-have');
    const refuse = (request = -1) =>
      one.take({ message: { type: 'refused', reason: 'busy' }, request });
    begin();
    one.tick(1000);
    expect(asked()).toHaveLength(1);
    for (const count of [2, 3]) {
      refuse(asked().at(-1)?.request);
      expect(asked()).toHaveLength(count - 1);
      one.tick(1000);
      expect(asked()).toHaveLength(count);
    }
    refuse(sent[0]?.request);
    one.tick(1000);
    expect(asked()).toHaveLength(3);
  });

  it('says what is here to begin with, and later what came, in frames of some runs', () => {
    const { one, begin, sent, said } = fetching();
    begin([0, 4]);
    expect(sent[0]?.message).toMatchObject({ type: 'get-have', holds: [0, 4] });
    const request = sent[0]?.request ?? -1;
    one.take({ message: { type: 'have', ranges: [5, 1], partly: true }, request });
    expect(said).toEqual([{ type: 'has', ranges: [5, 1], partly: true }]);
    const runs = Array.from({ length: 600 }, (_, at) => [2 * at, 1]).flat();
    one.tellHeld(runs);
    const holds = sent.slice(1);
    expect(holds.map((each) => each.request)).toEqual([request, request]);
    const ranges = holds.map(({ message }) => (message.type === 'hold' ? message.ranges : []));
    expect(ranges.flat()).toEqual(runs);
    expect(ranges[0]).toHaveLength(LIMITS.elements);
  });

  it.each([
    ['more bytes than a chunk has', { type: 'pong' }],
    ['a goodbye', { type: 'put-chunk', index: 1 }],
  ] as const)('ends with a source that says what was not asked for: %s', (_, message) => {
    const { one } = fetching();
    expect(() => one.take({ message, request: 1 })).toThrow(/not asked for/);
  });

  it('ignores bytes that nobody asked for or that come late', () => {
    const { one, begin, said } = fetching();
    begin();
    one.takeBytes(77, new Uint8Array(100), 1);
    expect(said).toEqual([]);
  });

  it('tells what a source has once, however often that is repeated, and again what it had refused', () => {
    const { one, begin, ask, said, sent } = fetching();
    begin();
    const have = (...ranges: number[]) =>
      one.take({ message: { type: 'have', id: manifest.id, ranges } as Message, request: 1 });
    have();
    have(0, 4);
    for (let at = 0; at < 10; at += 1) have(0, 4);
    have(2, 5, 9, 1);
    have(0, 20);
    have(0, 20);
    const told = () => said.flatMap((each) => (each.type === 'has' ? [each.ranges] : []));
    expect(told()).toEqual([[], [0, 4], [4, 3, 9, 1], [7, 2, 10, 10]]);
    ask(3);
    const request = sent.at(-1)?.request ?? 0;
    one.take({ message: { type: 'refused', reason: 'absent' }, request });
    have(0, 20);
    expect(told().at(-1)).toEqual([3, 1]);
  });
});

describe('fetching at a limit of our own', () => {
  it('reads no further, and blames no source for that', async () => {
    const cells = new RateCells();
    cells.set({ upload: null, download: 8 * KiB, peer: null, background: null });
    const { one, begin, ask, bring, isPaused } = fetching(cells.memory);
    begin();
    ask(3);
    bring(3, 0, 64 * KiB);
    expect(isPaused()).toBe(true);
    // What passes while it is held back is not the source's: a tick of it counts only for what is left of it.
    for (let tick = 0; tick < 5; tick += 1) {
      const before = performance.now();
      await vi.waitUntil(() => performance.now() - before >= 50);
      one.tick(50);
      expect(one.isSourceAlone).toBe(false);
    }
    cells.set({ upload: null, download: null, peer: null, background: null });
    await vi.waitUntil(() => !isPaused(), { timeout: 10_000 });
    one.tick(20_000);
    one.tick(0);
    expect(one.isSourceAlone).toBe(true);
    expect(() => one.tick(20_000)).toThrow('in time');
  });
});

describe('asking how a content is cut by its bytes', () => {
  const sizes = segmentSizesFor(manifest.bytes);
  const records = new Uint8Array((manifest.bytes / sizes.average) * SEGMENT_BYTES);
  for (let at = 0; at < records.length; at += SEGMENT_BYTES) {
    writeRecord(records, at, sizes.average, noise(32, at + 1));
  }

  function asked(features = ['segments']) {
    const all = fetching(undefined, features);
    all.one.askSegments(manifest);
    const take = (page: Uint8Array, request = 1) =>
      all.one.take({ message: { type: 'segments', bytes: page }, request });
    return { ...all, take };
  }

  it('tells the list once it is whole', () => {
    const { sent, said, take } = asked();
    expect(sent).toEqual([
      { message: { type: 'get-segments', id: manifest.id, page: 0 }, request: 1 },
    ]);
    take(records);
    expect(said).toEqual([{ type: 'segments', pages: [records] }]);
  });

  it('does not ask a source that would not understand', () => {
    const { sent, said } = asked(['udp']);
    expect(sent).toEqual([]);
    expect(said).toEqual([{ type: 'no-segments' }]);
  });

  it.each(['absent', 'busy', 'unknown'] as const)(
    'does without where it is refused as %s',
    (reason) => {
      const { one, said } = asked();
      one.take({ message: { type: 'refused', reason }, request: 1 });
      expect(said).toEqual([{ type: 'no-segments' }]);
    },
  );

  it('does without where a page is short and not the last', () => {
    const { sent, said, take } = asked();
    take(records.subarray(0, 5 * SEGMENT_BYTES));
    expect(said).toEqual([{ type: 'no-segments' }]);
    expect(sent).toHaveLength(1);
  });

  it('refuses what is no list of this content', () => {
    const { take } = asked();
    const longer = Buffer.concat([records, records.subarray(0, SEGMENT_BYTES)]);
    expect(() => take(longer)).toThrow(expect.objectContaining({ code: 'protocol' }));
  });

  it('passes over what nobody asked for', () => {
    const { said, take } = asked();
    take(noise(99), 7);
    take(records);
    take(records);
    expect(said).toEqual([{ type: 'segments', pages: [records] }]);
  });
});
