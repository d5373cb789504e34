import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChunkSet } from '#src/domain/content/chunk-set.js';
import { Schedule } from '#src/domain/download/schedule.js';
import type { PeerId } from '#src/domain/ids.js';
import { LIMITS, MiB } from '#src/domain/limits.js';
import { randomFrom } from '#test/support/random.js';

const alice = 'alice' as PeerId;
const bob = 'bob' as PeerId;
const carol = 'carol' as PeerId;

function scheduleOf(chunks: number, chunkBytes = MiB, seed = 1): Schedule {
  return new Schedule(chunks, chunkBytes, new ChunkSet(chunks), randomFrom(seed));
}

function askedOf(schedule: Schedule, source: PeerId, now: number): readonly number[] {
  return schedule.next(now).find((one) => one.source === source)?.fetch ?? [];
}

describe('the schedule', () => {
  it('asks a source that has proven nothing for one chunk', () => {
    const schedule = scheduleOf(10);
    schedule.sourceUp(alice, 1, 0);
    schedule.sourceHas(alice, [0, 10]);
    const first = schedule.next(0);
    expect(first).toHaveLength(1);
    expect(first[0]?.fetch).toHaveLength(1);
    expect(schedule.next(5000)).toEqual([]);
  });

  it('asks a busy source for the same chunk again, but later', () => {
    const schedule = scheduleOf(1);
    schedule.sourceUp(alice, 1, 0);
    schedule.sourceHas(alice, [0, 1]);
    expect(askedOf(schedule, alice, 0)).toEqual([0]);
    schedule.busy(alice, 0, 10);
    expect(askedOf(schedule, alice, 500)).toEqual([]);
    expect(askedOf(schedule, alice, 1010)).toEqual([0]);
  });

  it('asks nobody for what nobody announced', () => {
    const schedule = scheduleOf(10);
    schedule.sourceUp(alice, 1, 0);
    expect(schedule.next(0)).toEqual([]);
  });

  it('asks for the rarest chunk first', () => {
    const schedule = scheduleOf(100);
    for (const peer of [bob, carol]) {
      schedule.sourceUp(peer, 1, 0);
      schedule.sourceHas(peer, [0, 42, 43, 57]);
    }
    schedule.sourceUp(alice, 1, 0);
    schedule.sourceHas(alice, [0, 100]);
    expect(askedOf(schedule, alice, 0)).toEqual([42]);
  });

  it('breaks ties at random, so that the sources of one newcomer do not all bring the same', () => {
    const firsts = Array.from({ length: 20 }, (_, seed) => {
      const schedule = scheduleOf(1000, MiB, seed);
      schedule.sourceUp(alice, 1, 0);
      schedule.sourceHas(alice, [0, 1000]);
      return askedOf(schedule, alice, 0)[0];
    });
    expect(new Set(firsts).size).toBeGreaterThan(10);
  });

  it('keeps a fast source as busy as its rate times its delay needs, and no busier than the limits', () => {
    const schedule = scheduleOf(1000);
    schedule.sourceUp(alice, 100, 0);
    schedule.sourceHas(alice, [0, 1000]);
    const [first = -1] = askedOf(schedule, alice, 0);
    schedule.stored(alice, first, MiB, 100);
    // 1 MiB in 100 ms, a delay of 100 ms and 50 ms of slack: one and a half, and the one that arrives.
    expect(askedOf(schedule, alice, 100)).toHaveLength(3);
    const second = scheduleOf(1000);
    second.sourceUp(alice, 100, 0);
    second.sourceHas(alice, [0, 1000]);
    second.stored(alice, askedOf(second, alice, 0)[0] ?? -1, MiB, 1);
    expect(askedOf(second, alice, 1)).toHaveLength(LIMITS.bytesInFlightPerPeer / MiB);
  });

  it('opens what a source owed to others when it goes down', () => {
    const schedule = scheduleOf(1);
    schedule.sourceUp(alice, 1, 0);
    schedule.sourceHas(alice, [0, 1]);
    expect(askedOf(schedule, alice, 0)).toEqual([0]);
    schedule.sourceDown(alice);
    schedule.sourceUp(bob, 1, 1);
    schedule.sourceHas(bob, [0, 1]);
    expect(askedOf(schedule, bob, 1)).toEqual([0]);
  });

  it('does not ask a source again for what it refused', () => {
    const schedule = scheduleOf(1);
    schedule.sourceUp(alice, 1, 0);
    schedule.sourceHas(alice, [0, 1]);
    expect(askedOf(schedule, alice, 0)).toEqual([0]);
    schedule.refused(alice, 0);
    expect(schedule.next(1)).toEqual([]);
    schedule.sourceHas(alice, [0, 1]);
    expect(askedOf(schedule, alice, 2)).toEqual([0]);
  });

  it('asks a third source where the two that were asked have both fallen silent', () => {
    const schedule = scheduleOf(1);
    for (const peer of [alice, bob, carol]) schedule.sourceUp(peer, 1, 0);
    schedule.sourceHas(alice, [0, 1]);
    expect(askedOf(schedule, alice, 0)).toEqual([0]);
    schedule.sourceHas(bob, [0, 1]);
    expect(askedOf(schedule, bob, 1000)).toEqual([0]);
    schedule.sourceHas(carol, [0, 1]);
    expect(askedOf(schedule, carol, 3000)).toEqual([0]);
    const { isNew, cancel } = schedule.stored(carol, 0, MiB, 3010);
    expect(isNew).toBe(true);
    expect(cancel.map(({ source }) => source)).toEqual([alice, bob]);
    expect(schedule.stored(bob, 0, MiB, 3020)).toEqual({ isNew: false, cancel: [] });
    expect(schedule.isDone).toBe(true);
  });

  it('does not take a source for slow that had nothing to do for long', () => {
    const schedule = scheduleOf(3);
    for (const peer of [alice, bob]) {
      schedule.sourceUp(peer, 1, 0);
    }
    schedule.sourceHas(alice, [0, 1]);
    schedule.sourceHas(bob, [1, 1]);
    schedule.next(0);
    schedule.stored(alice, 0, MiB, 10);
    schedule.stored(bob, 1, MiB, 10);
    schedule.sourceHas(alice, [2, 1]);
    schedule.sourceHas(bob, [2, 1]);
    expect(schedule.next(60_000)).toHaveLength(1);
    expect(schedule.next(60_001)).toEqual([]);
  });

  it('stays quick with four million chunks and a source that has few of them', () => {
    const { chunks } = LIMITS;
    const schedule = scheduleOf(chunks, 4 * MiB);
    schedule.sourceUp(alice, 1, 0);
    schedule.sourceHas(alice, [5, 1]);
    schedule.sourceUp(bob, 1, 0);
    schedule.sourceHas(bob, [0, chunks]);
    schedule.next(0);
    // A thousand turns over everything would take ten seconds and more.
    const before = process.cpuUsage();
    for (let turn = 0; turn < 1000; turn += 1) schedule.next(turn);
    expect(process.cpuUsage(before).user / 1000).toBeLessThan(3000);
  });

  it('never asks for what is here, owed already by the same source, or not announced', () => {
    const peers = [alice, bob, carol];
    const step = fc.record({
      what: fc.constantFrom('has', 'store', 'refuse', 'down', 'up', 'wait'),
      peer: fc.constantFrom(...peers),
      index: fc.nat(19),
    });
    fc.assert(
      fc.property(fc.nat(), fc.array(step, { maxLength: 120 }), (seed, steps) => {
        const model = new Model(scheduleOf(20, 4 * MiB, seed), peers);
        for (const [at, { what, peer, index }] of steps.entries()) {
          model.take(what, peer, index, at * 40);
          model.ask(at * 40);
        }
      }),
    );
  });
});

/** What a schedule may know, kept the plain way. */
class Model {
  readonly #schedule: Schedule;
  readonly #sources = new Map<PeerId, { announced: Set<number>; owed: Set<number> }>();
  readonly #have = new Set<number>();

  constructor(schedule: Schedule, peers: readonly PeerId[]) {
    this.#schedule = schedule;
    for (const peer of peers) this.#up(peer, 0);
  }

  take(what: string, peer: PeerId, index: number, now: number): void {
    const source = this.#sources.get(peer);
    if (what === 'up') this.#up(peer, now);
    if (source === undefined) return;
    if (what === 'has') {
      source.announced.add(index);
      this.#schedule.sourceHas(peer, [index, 1]);
    }
    if (what === 'down') {
      this.#sources.delete(peer);
      this.#schedule.sourceDown(peer);
    }
    const [owed] = source.owed;
    if (owed === undefined) return;
    if (what === 'refuse') {
      source.owed.delete(owed);
      source.announced.delete(owed);
      this.#schedule.refused(peer, owed);
    }
    if (what === 'store') this.#store(peer, owed, now);
  }

  ask(now: number): void {
    for (const { source: peer, fetch } of this.#schedule.next(now)) {
      const source = this.#sources.get(peer);
      if (source === undefined) throw new Error('asked somebody who is not there');
      for (const index of fetch) {
        expect(source.announced.has(index)).toBe(true);
        expect(source.owed.has(index)).toBe(false);
        expect(this.#have.has(index)).toBe(false);
        source.owed.add(index);
      }
      expect(source.owed.size * 4 * MiB).toBeLessThanOrEqual(LIMITS.bytesInFlightPerPeer);
    }
    this.#checkNothingLies();
  }

  #store(peer: PeerId, index: number, now: number): void {
    const { isNew, cancel } = this.#schedule.stored(peer, index, 4 * MiB, now);
    expect(isNew).toBe(!this.#have.has(index));
    this.#sources.get(peer)?.owed.delete(index);
    for (const { source, chunks } of cancel) {
      for (const one of chunks) expect(this.#sources.get(source)?.owed.delete(one)).toBe(true);
    }
    this.#have.add(index);
    expect(this.#schedule.isDone).toBe(this.#have.size === 20);
  }

  /** A chunk that an idle source has is here or asked of somebody. */
  #checkNothingLies(): void {
    const asked = new Set([...this.#sources.values()].flatMap(({ owed }) => [...owed]));
    for (const { announced, owed } of this.#sources.values()) {
      if (owed.size > 0) continue;
      for (const index of announced) {
        expect(this.#have.has(index) || asked.has(index), `chunk ${index} lies`).toBe(true);
      }
    }
  }

  #up(peer: PeerId, now: number): void {
    if (this.#sources.has(peer)) return;
    this.#sources.set(peer, { announced: new Set(), owed: new Set() });
    this.#schedule.sourceUp(peer, 1, now);
  }
}
