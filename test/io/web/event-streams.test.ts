import { Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { EventStreams, MOST_STREAMS } from '#src/io/web/event-streams.js';

const EVENT = { type: 'message', text: 'x'.repeat(1000) };
const MOST_BYTES = 1 << 20;
const BEAT_MS = 15_000;

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

/** What waits for a reader before it is behind; Node's own choice grew from 16 to 64 KiB with its versions. */
const HIGH_WATER_BYTES = 16_384;

/** A listener that reads when it is told to. */
function reader() {
  let held: (() => void)[] = [];
  let reads = true;
  let text = '';
  const to = new Writable({
    highWaterMark: HIGH_WATER_BYTES,
    write(part, _, done) {
      text += String(part);
      if (reads) done();
      else held.push(done);
    },
  });
  return {
    to,
    lines: () =>
      text
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as { readonly type: string; readonly count?: number }),
    stall: () => {
      reads = false;
    },
    read: () => {
      reads = true;
      for (const done of held.splice(0)) done();
      held = [];
    },
  };
}

function scene() {
  const wanted: boolean[] = [];
  const streams = new EventStreams(
    (are) => wanted.push(are),
    () => Date.now(),
  );
  return { streams, wanted };
}

describe('those who hear what happens', () => {
  it('hear it as one JSON object a line, each of them, from when they came', () => {
    const { streams } = scene();
    const [early, late] = [reader(), reader()];
    streams.add(early.to);
    streams.tell([{ type: 'one' }, { type: 'two' }]);
    streams.add(late.to);
    streams.tell([{ type: 'three\nlines' }]);
    expect(early.lines().map(({ type }) => type)).toEqual(['one', 'two', 'three\nlines']);
    expect(late.lines().map(({ type }) => type)).toEqual(['three\nlines']);
  });

  it('are wanted from the first who comes to the last who goes', async () => {
    const { streams, wanted } = scene();
    const [one, other] = [reader(), reader()];
    streams.add(one.to);
    streams.add(other.to);
    one.to.destroy();
    await vi.waitFor(() => expect(one.to.closed).toBe(true));
    expect(wanted).toEqual([true]);
    other.to.destroy(new Error('hung up'));
    await vi.waitFor(() => expect(wanted).toEqual([true, false]));
    expect(vi.getTimerCount()).toBe(0);
  });

  it('are told how much they missed, where they did not read, and cost a bounded buffer', async () => {
    const { streams } = scene();
    const [slow, quick] = [reader(), reader()];
    streams.add(slow.to);
    streams.add(quick.to);
    slow.stall();
    for (let time = 0; time < 5000; time += 1) streams.tell([EVENT]);
    expect(slow.to.writableLength).toBeLessThan(MOST_BYTES + 2 * EVENT.text.length);
    expect(quick.lines()).toHaveLength(5000);
    slow.read();
    await vi.waitFor(() => expect(slow.lines().at(-1)?.type).toBe('missed'));
    const heard = slow.lines();
    expect(heard.length - 1 + (heard.at(-1)?.count ?? 0)).toBe(5000);
    streams.tell([{ type: 'next' }]);
    expect(slow.lines().at(-1)).toEqual({ type: 'next' });
  });

  it.each([false, true])(
    'miss no mark: it comes between what they missed before it and after it, in brief: %s',
    async (isBrief) => {
      const { streams } = scene();
      const slow = reader();
      streams.add(slow.to, isBrief);
      slow.stall();
      for (let time = 0; time < 5000; time += 1) streams.tell([EVENT]);
      streams.tell([EVENT, { type: 'mark', ref: 'a' }, EVENT]);
      streams.tell([{ type: 'mark', ref: 'b' }]);
      vi.advanceTimersByTime(100);
      slow.read();
      await vi.waitFor(() => expect(slow.lines().at(-1)).toEqual({ type: 'mark', ref: 'b' }));
      const heard = slow.lines();
      const told = heard.slice(-4);
      expect(told.map(({ type }) => type)).toEqual(['missed', 'mark', 'missed', 'mark']);
      expect([heard.length - 4 + (told[0]?.count ?? 0), told[2]?.count]).toEqual([5001, 1]);
    },
  );

  it('get what is for one alone whatever else waits, and none but that one gets it', () => {
    const { streams } = scene();
    const slow = reader();
    const other = reader();
    const seat = streams.add(slow.to, true);
    streams.add(other.to);
    slow.stall();
    for (let time = 0; time < 5000; time += 1) streams.tell([EVENT]);
    seat.tell({ type: 'overview' });
    slow.read();
    expect(slow.lines().filter(({ type }) => type === 'overview')).toHaveLength(1);
    expect(other.lines().filter(({ type }) => type === 'overview')).toEqual([]);
    slow.to.destroy();
    expect(() => seat.tell({ type: 'overview' })).not.toThrow();
  });

  it('are told of what was missed before it came here, each as much as it would have heard', async () => {
    const { streams } = scene();
    const [tab, script, slow] = [reader(), reader(), reader()];
    streams.add(tab.to, true);
    streams.add(script.to);
    streams.add(slow.to);
    slow.stall();
    for (let time = 0; time < 5000; time += 1) streams.tell([EVENT]);
    const heard = slow.to.writableLength;
    streams.tell([{ type: 'missed', count: 4, brief: 3 }]);
    streams.tell([{ type: 'missed', count: 2, brief: 0 }]);
    vi.advanceTimersByTime(100);
    const counts = ({ lines }: ReturnType<typeof reader>) =>
      lines().flatMap(({ type, count }) => (type === 'missed' ? [count] : []));
    expect([counts(tab), counts(script)]).toEqual([[3], [4, 2]]);
    expect(slow.to.writableLength).toBe(heard);
    slow.read();
    await vi.waitFor(() => expect(counts(slow)).toHaveLength(1));
    expect(slow.lines().length - 1 + (counts(slow)[0] ?? 0)).toBe(5006);
  });

  it('are sent away where more than a hundred marks wait for them', () => {
    const { streams, wanted } = scene();
    const tab = reader();
    streams.add(tab.to);
    tab.stall();
    for (let time = 0; time < 5000; time += 1) streams.tell([EVENT]);
    for (let time = 0; time < 100; time += 1) streams.tell([{ type: 'mark', ref: 'a' }]);
    expect(wanted).toEqual([true]);
    streams.tell([{ type: 'mark', ref: 'a' }]);
    expect(tab.to.destroyed).toBe(true);
    expect(wanted).toEqual([true, false]);
  });

  it('have gone where they are sent away and never say that they closed', () => {
    const { streams, wanted } = scene();
    const queued = new Writable({ emitClose: false, write: () => undefined });
    streams.add(queued);
    for (let time = 0; time < 100; time += 1) streams.tell([EVENT]);
    vi.advanceTimersByTime(60_000 + BEAT_MS);
    expect(wanted).toEqual([true, false]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each([1, 5000])(
    'are sent away where they read nothing for a minute, of %i events',
    async (n) => {
      const { streams, wanted } = scene();
      const tab = reader();
      streams.add(tab.to);
      tab.stall();
      for (let time = 0; time < n; time += 1)
        streams.tell([{ ...EVENT, text: 'x'.repeat(HIGH_WATER_BYTES) }]);
      vi.advanceTimersByTime(60_000 - BEAT_MS);
      expect(tab.to.destroyed).toBe(false);
      vi.advanceTimersByTime(2 * BEAT_MS);
      expect(tab.to.destroyed).toBe(true);
      await vi.waitFor(() => expect(wanted).toEqual([true, false]));
    },
  );

  it('get an empty line now and then, which nobody who reads is sent away for', () => {
    const { streams } = scene();
    const tab = reader();
    const written = vi.spyOn(tab.to, 'write');
    streams.add(tab.to);
    vi.advanceTimersByTime(10 * BEAT_MS);
    expect(written.mock.calls).toEqual(Array.from({ length: 10 }, () => ['\n']));
    expect(tab.to.destroyed).toBe(false);
  });

  it('hear in brief what happens, without the progress of each chunk, ten times a second', () => {
    const { streams } = scene();
    const [tab, script] = [reader(), reader()];
    streams.add(tab.to, true);
    streams.add(script.to);
    const written = vi.spyOn(tab.to, 'write');
    for (let time = 0; time < 50; time += 1) {
      streams.tell([{ type: 'download-progress' }, { type: 'transfer' }]);
    }
    streams.tell([{ type: 'download-progress' }]);
    expect(written).not.toHaveBeenCalled();
    vi.advanceTimersByTime(100);
    expect(written).toHaveBeenCalledTimes(1);
    expect(tab.lines().map(({ type }) => type)).toEqual(
      Array.from({ length: 50 }, () => 'transfer'),
    );
    expect(script.lines()).toHaveLength(101);
    expect(vi.getTimerCount()).toBe(1);
  });

  it('hear a flood in parts, and what was gathered before the end', async () => {
    const { streams } = scene();
    const tab = reader();
    streams.add(tab.to, true);
    for (let time = 0; time < 70; time += 1) streams.tell([EVENT]);
    expect(tab.lines().length).toBeGreaterThan(60);
    streams.end();
    await vi.waitFor(() => expect(tab.lines()).toHaveLength(70));
  });

  it('are 16 at most, and end with the peer', async () => {
    const { streams } = scene();
    const readers = Array.from({ length: MOST_STREAMS }, reader);
    for (const { to } of readers) {
      expect(streams.isFull).toBe(false);
      streams.add(to);
    }
    expect(streams.isFull).toBe(true);
    streams.end();
    await vi.waitFor(() => expect(readers.every(({ to }) => to.writableEnded)).toBe(true));
  });
});
