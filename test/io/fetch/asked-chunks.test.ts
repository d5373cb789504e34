import { expect, it } from 'vitest';
import type { ChunkIndex } from '#src/domain/ids.js';
import { AskedChunks } from '#src/io/fetch/asked-chunks.js';

const LENGTH = 10;

/** Asked for chunks 0 to 4 by requests 100 to 104. */
function asked() {
  const wanted: boolean[] = [];
  const chunks = new AskedChunks(LENGTH, (isMoreWanted) => wanted.push(isMoreWanted));
  for (const index of [0, 1, 2, 3, 4] as ChunkIndex[]) chunks.ask(100 + index, index, LENGTH, 7);
  const bring = (request: number, ...bytes: number[]) =>
    chunks.take(request, Uint8Array.from(bytes));
  const bringAll = (request: number) => chunks.take(request, new Uint8Array(LENGTH));
  return { chunks, wanted, bring, bringAll };
}

it('puts chunks together whose parts come in turns', () => {
  const { chunks, bring } = asked();
  expect(bring(101, 1, 1, 1, 1)).toBeUndefined();
  expect(bring(102, 2, 2, 2, 2)).toBeUndefined();
  const whole = bring(101, 3, 3, 3, 3, 3, 3);
  expect(whole).toMatchObject({ index: 1, askedAt: 7 });
  expect([...(whole?.bytes ?? [])]).toEqual([1, 1, 1, 1, 3, 3, 3, 3, 3, 3]);
  expect(chunks.count).toBe(4);
  expect(chunks.arrivedBytes).toBe(14);
});

it('takes no more bytes than a chunk has', () => {
  const { bring } = asked();
  bring(100, 1, 2, 3);
  expect(() => bring(100, 1, 2, 3, 4, 5, 6, 7, 8)).toThrow(
    expect.objectContaining({ code: 'protocol' }),
  );
});

it('neither takes nor counts what comes of a chunk that is not expected', () => {
  const { chunks, bring, bringAll } = asked();
  expect(chunks.forget(103)).toBe(3);
  expect(chunks.forget(103)).toBeUndefined();
  for (const request of [103, 999]) expect(bringAll(request)).toBeUndefined();
  expect(bring(103, 1)).toBeUndefined();
  expect(chunks.arrivedBytes).toBe(0);
});

it('wants no more while its memory is taken, whole chunks that are not written included', () => {
  const { chunks, wanted, bring, bringAll } = asked();
  const whole = bringAll(100);
  bring(101, 1);
  expect(wanted).toEqual([]);
  bring(102, 1);
  expect(wanted).toEqual([false]);
  expect(chunks.isMemoryLeft).toBe(false);
  whole?.giveBack();
  expect(wanted).toEqual([false, true]);
  expect(chunks.isMemoryLeft).toBe(true);
});

it('gives the memory of a chunk back that is forgotten half-way', () => {
  const { chunks, bring } = asked();
  for (const request of [100, 101, 102]) bring(request, 1);
  expect(chunks.isMemoryLeft).toBe(false);
  chunks.forget(101);
  expect(chunks.isMemoryLeft).toBe(true);
});

it('knows by which requests chunks were asked for, one asked for twice too', () => {
  const { chunks } = asked();
  chunks.ask(200, 2 as ChunkIndex, LENGTH, 8);
  expect(chunks.requestsOf([2, 4, 9] as ChunkIndex[])).toEqual([102, 104, 200]);
});
