/**
 * A download and its sources in virtual time: sources deliver one chunk after another at a rate of their own, and
 * stall, lie, leave, slow down or gain chunks as they were told. It checks on the way what must hold at any time.
 */
import { expect } from 'vitest';
import type { Ranges } from '#src/domain/content/chunk-set.js';
import { ChunkSet } from '#src/domain/content/chunk-set.js';
import { DownloadMachine } from '#src/domain/download/download.js';
import type { DownloadOut, SourceEvent } from '#src/domain/download/download-events.js';
import type { ChunkIndex, PeerId } from '#src/domain/ids.js';
import { LIMITS } from '#src/domain/limits.js';

export type SourcePlan = {
  readonly has: Ranges;
  /** Bytes per ms. */
  readonly rate: number;
  readonly delayMs: number;
  /** From then on it delivers nothing, says nothing. */
  readonly stallsAt?: number;
  /** From then on it delivers at this rate. */
  readonly slows?: { readonly at: number; readonly rate: number };
  /** From then on its chunks are wrong. */
  readonly liesFrom?: number;
  /** It goes away, for good. */
  readonly leavesAt?: number;
  /** Chunks it announces and then refuses. */
  readonly refuses?: Ranges;
  readonly gains?: { readonly at: number; readonly ranges: Ranges };
};

export type Plan = {
  readonly chunks: number;
  readonly chunkBytes: number;
  readonly slots: number;
  readonly sources: readonly SourcePlan[];
  readonly random: () => number;
  readonly timeoutMs?: number;
};

export type Outcome = {
  readonly end: 'finish' | DownloadOut;
  readonly ms: number;
  readonly cancelled: number;
  /** Chunks that were delivered though another had been faster. */
  readonly wasted: number;
};

const TICK_MS = 250;
/** As long as a request actor waits for a chunk it is owed. */
const DEADLINE_MS = 20_000;
const LONGEST_MS = 3_600_000;

type Event = { readonly at: number; readonly order: number; readonly run: () => void };

type Live = {
  readonly peer: PeerId;
  readonly plan: SourcePlan;
  readonly announced: ChunkSet;
  isOn: boolean;
  /** Grows with each connection, so that what belonged to an earlier one is dropped. */
  life: number;
  readonly owed: number[];
  delivered: number;
  isWorking: boolean;
  lastAt: number;
};

export function runDownload(plan: Plan): Outcome {
  return new Network(plan).run();
}

class Network {
  readonly #plan: Plan;
  readonly #machine: DownloadMachine;
  readonly #sources: ReadonlyMap<PeerId, Live>;
  readonly #have: ChunkSet;
  readonly #events: Event[] = [];
  #order = 0;
  #now = 0;
  #end: Outcome['end'] | undefined;
  #cancelled = 0;
  #wasted = 0;

  constructor(plan: Plan) {
    const { timeoutMs = 60_000, random } = plan;
    this.#plan = plan;
    this.#have = new ChunkSet(plan.chunks);
    this.#machine = new DownloadMachine({ timeoutMs, random, manifestHere: true }, 0);
    this.#sources = new Map(
      plan.sources.map((source, at) => [nameOf(at), liveOf(source, at, plan)]),
    );
  }

  run(): Outcome {
    const { chunks, chunkBytes, slots } = this.#plan;
    this.#step({ type: 'slots', count: slots });
    const bytes = chunks * chunkBytes;
    this.#step({ type: 'staged', chunks, chunkBytes, bytes, have: [], haveBytes: 0 });
    for (const source of this.#sources.values()) this.#prepare(source);
    this.#after(TICK_MS, () => this.#tick());
    while (this.#end === undefined && this.#now < LONGEST_MS) this.#turn();
    return {
      end: this.#end ?? { type: 'fail', code: 'never', message: 'it went on for ever' },
      ms: this.#now,
      cancelled: this.#cancelled,
      wasted: this.#wasted,
    };
  }

  #turn(): void {
    let next = 0;
    for (const [at, event] of this.#events.entries()) {
      const first = this.#events[next];
      if (first && (event.at - first.at || event.order - first.order) < 0) next = at;
    }
    const [event] = this.#events.splice(next, 1);
    this.#now = event?.at ?? LONGEST_MS;
    event?.run();
  }

  #prepare(source: Live): void {
    const { leavesAt, gains } = source.plan;
    this.#step({ type: 'peer-known', peer: source.peer });
    if (leavesAt !== undefined) this.#after(leavesAt, () => this.#leave(source));
    if (gains !== undefined) this.#after(gains.at, () => this.#announce(source, gains.ranges));
  }

  #tick(): void {
    this.#step({ type: 'tick' });
    for (const source of this.#sources.values()) {
      const isLate = source.owed.length > 0 && this.#now - source.lastAt > DEADLINE_MS;
      if (source.isOn && isLate) this.#drop(source, 'timed-out');
    }
    this.#after(TICK_MS, () => this.#tick());
  }

  #step(event: Parameters<DownloadMachine['step']>[0]): void {
    for (const order of this.#machine.step(event, this.#now)) this.#obey(order);
    this.#checkLimits();
  }

  #hear(source: Live, event: SourceEvent): void {
    this.#step({ type: 'heard', peer: source.peer, event });
  }

  #obey(order: DownloadOut): void {
    if (order.type === 'finish') this.#end = 'finish';
    if (order.type === 'fail') this.#end = order;
    if (!('peer' in order)) return;
    const source = this.#sources.get(order.peer);
    if (source === undefined) throw new Error('nobody of that name');
    if (order.type === 'start-request') this.#connect(source);
    if (order.type === 'stop-request') this.#later(source, 1, () => this.#hangUp(source));
    if (order.type === 'ask-have') {
      this.#later(source, source.plan.delayMs, () => this.#announce(source, source.plan.has));
    }
    if (order.type === 'ask-chunks') this.#ask(source, order.chunks);
    if (order.type === 'cancel-chunks') this.#cancel(source, order.chunks);
  }

  #connect(source: Live): void {
    const isGone = this.#now >= (source.plan.leavesAt ?? LONGEST_MS);
    source.isOn = true;
    source.life += 1;
    source.delivered = 0;
    this.#later(source, source.plan.delayMs, () => {
      if (isGone) this.#drop(source, 'unreachable');
      else this.#hear(source, { type: 'connected', rttMs: source.plan.delayMs });
    });
  }

  #announce(source: Live, ranges: Ranges): void {
    if (!source.isOn) return;
    source.announced.addRanges(ranges);
    this.#hear(source, { type: 'source-has', ranges });
  }

  #ask(source: Live, chunks: readonly ChunkIndex[]): void {
    for (const index of chunks) {
      expect(source.announced.has(index), 'asked for what it has not announced').toBe(true);
      expect(source.owed, 'asked twice for one chunk').not.toContain(index);
      expect(this.#have.has(index), 'asked for what is here').toBe(false);
      if (source.owed.length === 0) source.lastAt = this.#now;
      source.owed.push(index);
      if (source.delivered === 0) expect(source.owed, 'an unproven source').toHaveLength(1);
    }
    this.#work(source);
  }

  #cancel(source: Live, chunks: readonly ChunkIndex[]): void {
    for (const index of chunks) {
      const at = source.owed.indexOf(index);
      if (at >= 0) source.owed.splice(at, 1);
      this.#cancelled += 1;
    }
  }

  /** One chunk after another; a cancelled one is dropped when its turn is over. */
  #work(source: Live): void {
    const [index] = source.owed;
    if (source.isWorking || index === undefined) return;
    const { plan } = source;
    if (this.#now >= (plan.stallsAt ?? LONGEST_MS)) return;
    const isSlow = this.#now >= (plan.slows?.at ?? LONGEST_MS);
    const rate = isSlow ? (plan.slows?.rate ?? plan.rate) : plan.rate;
    source.isWorking = true;
    const delay = source.delivered === 0 ? plan.delayMs : 0;
    this.#later(source, delay + this.#plan.chunkBytes / rate, () => {
      source.isWorking = false;
      this.#deliver(source, index);
      this.#work(source);
    });
  }

  #deliver(source: Live, index: number): void {
    if (this.#now >= (source.plan.stallsAt ?? LONGEST_MS)) return;
    const at = source.owed.indexOf(index);
    if (at < 0) return;
    source.owed.splice(at, 1);
    source.lastAt = this.#now;
    const chunk = index as ChunkIndex;
    const refused = ChunkSet.from(this.#plan.chunks, source.plan.refuses ?? []);
    if (refused.has(index)) {
      source.announced.delete(index);
      this.#hear(source, { type: 'chunk-refused', index: chunk, code: 'absent' });
    } else if (this.#now >= (source.plan.liesFrom ?? LONGEST_MS)) {
      this.#hear(source, { type: 'chunk-wrong', index: chunk });
    } else {
      source.delivered += 1;
      if (!this.#have.add(index)) this.#wasted += 1;
      const bytes = this.#plan.chunkBytes;
      this.#hear(source, { type: 'chunk-stored', index: chunk, bytes, ms: 1 });
    }
  }

  #drop(source: Live, code: string): void {
    this.#hear(source, { type: 'source-failed', error: { code, message: code } });
    this.#hangUp(source);
  }

  #hangUp(source: Live): void {
    if (!source.isOn) return;
    source.isOn = false;
    source.life += 1;
    source.isWorking = false;
    source.owed.length = 0;
    this.#step({ type: 'request-ended', peer: source.peer, crashed: false });
  }

  #leave(source: Live): void {
    if (source.isOn) this.#drop(source, 'closed');
    this.#step({ type: 'peer-gone', peer: source.peer });
  }

  #checkLimits(): void {
    let chunks = 0;
    for (const { owed } of this.#sources.values()) {
      expect(owed.length).toBeLessThanOrEqual(LIMITS.chunksInFlight);
      expect(owed.length * this.#plan.chunkBytes).toBeLessThanOrEqual(LIMITS.bytesInFlightPerPeer);
      chunks += owed.length;
    }
    expect(chunks * this.#plan.chunkBytes).toBeLessThanOrEqual(LIMITS.bytesInFlight);
    const on = [...this.#sources.values()].filter(({ isOn }) => isOn).length;
    expect(on).toBeLessThanOrEqual(this.#plan.slots + 1);
  }

  #after(ms: number, run: () => void): void {
    this.#order += 1;
    this.#events.push({ at: this.#now + ms, order: this.#order, run });
  }

  /** Something of this connection, which nobody hears once it is over. */
  #later(source: Live, ms: number, run: () => void): void {
    const { life } = source;
    this.#after(ms, () => {
      if (source.life === life) run();
    });
  }
}

function nameOf(at: number): PeerId {
  return `peer-${at}` as PeerId;
}

function liveOf(plan: SourcePlan, at: number, { chunks }: Plan): Live {
  return {
    peer: nameOf(at),
    plan,
    announced: new ChunkSet(chunks),
    isOn: false,
    life: 0,
    owed: [],
    delivered: 0,
    isWorking: false,
    lastAt: 0,
  };
}
