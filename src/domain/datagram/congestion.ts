/**
 * How much may leave, and how fast: by the rate at which the other end receives, not by loss, which on a radio link says
 * nothing about how full the way is. After BBR (draft-cardwell-iccrg-bbr-congestion-control, version 1), with three
 * changes: what is lost whatever we send is made up for, little may wait in queues, and on a way shorter than a timer
 * the phases last as long as timers can tell. Pure; time in microseconds, rates in bytes a microsecond.
 *
 *     startup --(the rate grows no more)--> drain --(queue empty)--> probe-rate <--> probe-delay
 */

import { unreachable } from '#src/domain/unreachable.js';
import type { RateSample } from './delivery-rate.js';

/** 2/ln 2: the least that doubles the rate each round. */
const STARTUP_GAIN = 2.885;

/** A rate that did not grow by a quarter in three rounds is all there is. */
const GROWTH = 1.25;
const ROUNDS_WITHOUT_GROWTH = 3;

/** A quarter more to see whether there is more; then a quarter less, so that what waits since then drains. */
const CYCLE = [1.25, 0.75, 1, 1, 1, 1, 1, 1] as const;
const DRAINING = 1;

/** Shorter phases than some ticks of a timer would not differ. */
const SHORTEST_PHASE_US = 10_000;

/** What startup left in the queue is gone by then; what still waits is somebody else's. */
const DRAIN_ROUNDS = 4;

/** No round is taken to be shorter: what is in flight waits for a timer at either end. */
const SHORTEST_ROUND_US = 2000;

/** The best rate of so many rounds counts, and of so long a time where rounds are short. */
const RATE_ROUNDS = 10;
const RATE_US = 250_000;

/**
 * The delay without any queue: the least of this time; then so little is sent for a moment that it shows again. Sooner
 * where more waits than what leaves ahead of time could make wait: the way itself has become longer.
 */
const LEAST_DELAY_US = 5_000_000;
const LONGER_WAY_US = 500_000;
const PROBE_DELAY_US = 30_000;
const PROBE_DELAY_ROUNDS = 2;
/** While it is probed; and as good as the least, where timers and threads jitter. */
const PROBE_DELAY_SHARE = 0.5;
const SAME_DELAY_SHARE = 1.05;
const SAME_DELAY_US = 250;

/**
 * What may leave ahead of what the way itself holds: a quarter, to probe, and so much time's worth at 100 Mbit/s, which
 * covers late timers. Time falls with the root of the rate, and whoever finds half of it waiting for a whole round drains
 * at once: of two who share a way that is the one who has more, and so they draw level.
 */
const AHEAD_SHARE = 0.25;
const AHEAD_US = 8000;
const AHEAD_AT_RATE = 12.5;
const WAITING_SHARE = 0.5;
const SHORTEST_AHEAD_US = 4000;
const LONGEST_AHEAD_US = 16_000;
/** Two of ours at once: more than that is not made by us. */
const MOST_OWN_US = 2 * LONGEST_AHEAD_US;

/** RFC 9002, section 7.2: ten packets to begin with, never less than four: two acknowledgements keep it going. */
const FIRST_PACKETS = 10;
const FEWEST_PACKETS = 4;

/** A little slower than measured, so that queues do not grow by the error of it. */
const MARGIN = 0.99;

/** What is lost while the queue drains is lost anyway. Beyond half, sending more is no answer. */
const MOST_LOSS = 0.5;
/** Older counts weigh less by so much a cycle: after some 500 packets an estimate is within 2 %. */
const LOSS_MEMORY = 0.9;
/** One loss among fewer says nothing. */
const FEWEST_COUNTED = 50;

type State =
  | { readonly name: 'startup' }
  | { readonly name: 'drain'; readonly until: number }
  | { readonly name: 'probe-rate'; readonly phase: number; readonly since: number }
  | { readonly name: 'probe-delay'; readonly until: number; readonly leastUs: number };

type TimedRate = { readonly rate: number; readonly round: number; readonly at: number };

/** What an acknowledgement told. */
export type Progress = {
  readonly sample: Readonly<RateSample>;
  /** Of the newest packet; undefined where that was acknowledged before. */
  readonly rttUs: number | undefined;
  /** Bytes that are still on their way. */
  readonly inFlight: number;
  /** Bytes that were acknowledged in all. */
  readonly delivered: number;
};

export class Congestion {
  #state: State = { name: 'startup' };
  #packetBytes: number;
  #window: number;
  /** Each lower than the one before: the first is the best, the others will be when it is too old. */
  readonly #rates: TimedRate[] = [];
  #leastUs: number;
  #leastAt: number;
  #round = 0;
  /** The round ends when what left after so many delivered bytes is acknowledged. */
  #roundEndsAt = 0;
  #roundLeastUs = Number.POSITIVE_INFINITY;
  /** How long even the luckiest packet of the last round waited. */
  #waitingUs = 0;
  #startupRate = 0;
  #roundsWithoutGrowth = 0;
  #drained = 0;
  #drainedAndLost = 0;

  /** @param rttUs as the handshake took. */
  constructor(packetBytes: number, rttUs: number, now: number) {
    this.#packetBytes = packetBytes;
    this.#leastUs = rttUs;
    this.#leastAt = now;
    this.#window = FIRST_PACKETS * packetBytes;
  }

  get state(): State['name'] {
    return this.#state.name;
  }

  /** Bytes that may be on their way. */
  get window(): number {
    if (this.#state.name !== 'probe-delay') return this.#window;
    return Math.max(FEWEST_PACKETS * this.#packetBytes, PROBE_DELAY_SHARE * this.carried);
  }

  /** How fast to send. */
  get rate(): number {
    const measured = this.#gain * this.#sendRate * MARGIN;
    const inStartup = this.#state.name === 'startup';
    const packets = inStartup ? STARTUP_GAIN * FIRST_PACKETS : FEWEST_PACKETS;
    // However little was measured: a few lost packets must not end the search for more.
    const least = (packets * this.#packetBytes) / Math.max(this.#leastUs, SHORTEST_ROUND_US);
    return Math.max(measured, least);
  }

  /** What arrives at best; 0 before anything was measured. */
  get deliveryRate(): number {
    return this.#rates[0]?.rate ?? 0;
  }

  /** Without any queue. */
  get leastRttUs(): number {
    return this.#leastUs;
  }

  /** The share that is lost whatever is sent. */
  get randomLoss(): number {
    if (this.#drained < FEWEST_COUNTED) return 0;
    return Math.min(MOST_LOSS, this.#drainedAndLost / this.#drained);
  }

  /** Whether what leaves now leaves while the queue drains. */
  get isDraining(): boolean {
    return this.#state.name === 'probe-rate' && this.#state.phase === DRAINING;
  }

  /** The fate of a packet that left while the queue drained. */
  drained(isLost: boolean): void {
    this.#drained += 1;
    if (isLost) this.#drainedAndLost += 1;
  }

  resize(packetBytes: number): void {
    this.#packetBytes = packetBytes;
  }

  acknowledged(progress: Progress, now: number): void {
    const { sample, rttUs, delivered } = progress;
    const isNewRound = sample.priorDelivered >= this.#roundEndsAt;
    if (isNewRound) this.#round += 1;
    this.#learnRate(sample, now);
    if (rttUs !== undefined) this.#learnDelay(rttUs, now);
    if (isNewRound) {
      this.#roundEndsAt = delivered;
      this.#endRound(sample.isAppLimited);
    }
    this.#state = this.#next(progress.inFlight, now);
    this.#grow(sample.bytes);
  }

  /** Nothing came back for so long that what was known may be wrong. */
  restart(): void {
    this.#window = FIRST_PACKETS * this.#packetBytes;
    this.#rates.length = 0;
    this.#startupRate = 0;
    this.#roundsWithoutGrowth = 0;
    this.#state = { name: 'startup' };
  }

  #learnRate({ rate, isAppLimited }: Readonly<RateSample>, now: number): void {
    if (rate === 0 || (isAppLimited && rate < this.deliveryRate)) return;
    while ((this.#rates.at(-1)?.rate ?? Number.POSITIVE_INFINITY) <= rate) this.#rates.pop();
    this.#rates.push({ rate, round: this.#round, at: now });
    for (let best = this.#rates[0]; best !== undefined; best = this.#rates[0]) {
      const isOld = this.#round - best.round > RATE_ROUNDS && now - best.at > RATE_US;
      if (!isOld || this.#rates.length === 1) return;
      this.#rates.shift();
    }
  }

  #learnDelay(rttUs: number, now: number): void {
    this.#roundLeastUs = Math.min(this.#roundLeastUs, rttUs);
    if (this.#state.name === 'probe-delay') {
      this.#state = { ...this.#state, leastUs: Math.min(this.#state.leastUs, rttUs) };
    }
    if (rttUs <= this.#leastUs * SAME_DELAY_SHARE + SAME_DELAY_US) this.#leastAt = now;
    this.#leastUs = Math.min(this.#leastUs, rttUs);
  }

  #endRound(isAppLimited: boolean): void {
    if (this.#roundLeastUs < Number.POSITIVE_INFINITY) {
      this.#waitingUs = this.#roundLeastUs - this.#leastUs;
    }
    this.#roundLeastUs = Number.POSITIVE_INFINITY;
    if (this.#state.name !== 'startup' || isAppLimited) return;
    if (this.deliveryRate >= this.#startupRate * GROWTH) {
      this.#startupRate = this.deliveryRate;
      this.#roundsWithoutGrowth = 0;
    } else this.#roundsWithoutGrowth += 1;
  }

  #next(inFlight: number, now: number): State {
    const state = this.#state;
    switch (state.name) {
      case 'startup':
        return this.#roundsWithoutGrowth >= ROUNDS_WITHOUT_GROWTH ? this.#drain(now) : state;
      case 'drain':
        return inFlight <= this.carried || now >= state.until ? this.#cruise(now) : state;
      case 'probe-rate':
        if (this.#isDelayOld(now)) return this.#probeDelay(now);
        return this.#nextPhase(state, now);
      case 'probe-delay':
        return now < state.until ? state : this.#afterProbe(state.leastUs, now);
      default:
        return unreachable(state);
    }
  }

  #nextPhase(state: Extract<State, { name: 'probe-rate' }>, now: number): State {
    const { phase, since } = state;
    const isOver = now - since >= Math.max(this.#leastUs, SHORTEST_PHASE_US);
    const isTooMuch = phase > DRAINING && this.#waitingUs > WAITING_SHARE * aheadUs(this.#sendRate);
    if (!isOver && !isTooMuch) return state;
    const next = isTooMuch ? DRAINING : (phase + 1) % CYCLE.length;
    if (next === DRAINING) {
      this.#waitingUs = 0;
      this.#drained *= LOSS_MEMORY;
      this.#drainedAndLost *= LOSS_MEMORY;
    }
    return { name: 'probe-rate', phase: next, since: now };
  }

  #drain(now: number): State {
    return {
      name: 'drain',
      until: now + Math.max(DRAIN_ROUNDS * this.#leastUs, SHORTEST_PHASE_US),
    };
  }

  #cruise(now: number): State {
    return { name: 'probe-rate', phase: DRAINING + 1, since: now };
  }

  #probeDelay(now: number): State {
    const until = now + Math.max(PROBE_DELAY_US, PROBE_DELAY_ROUNDS * this.#leastUs);
    return { name: 'probe-delay', until, leastUs: Number.POSITIVE_INFINITY };
  }

  #isDelayOld(now: number): boolean {
    const age = now - this.#leastAt;
    return age > LEAST_DELAY_US || (age > LONGER_WAY_US && this.#waitingUs > MOST_OWN_US);
  }

  #afterProbe(leastUs: number, now: number): State {
    this.#leastAt = now;
    if (leastUs === Number.POSITIVE_INFINITY) return this.#cruise(now);
    const isLonger = leastUs - this.#leastUs > MOST_OWN_US;
    this.#leastUs = leastUs;
    if (!isLonger) return this.#cruise(now);
    // What was measured with far too little on a longer way is too little.
    this.#startupRate = 0;
    this.#roundsWithoutGrowth = 0;
    return { name: 'startup' };
  }

  #grow(bytes: number): void {
    const target = this.#target;
    if (this.#state.name === 'startup') {
      if (this.#window < target) this.#window += bytes;
    } else this.#window = Math.min(this.#window + bytes, target);
    this.#window = Math.max(this.#window, FEWEST_PACKETS * this.#packetBytes);
  }

  /** What keeps the way full and the queue short. */
  get #target(): number {
    const share = this.#state.name === 'startup' ? STARTUP_GAIN : 1 + AHEAD_SHARE;
    const us = this.#leastUs * share + aheadUs(this.#sendRate);
    return this.#sendRate * us + FEWEST_PACKETS * this.#packetBytes;
  }

  /** What the way itself holds: the product of rate and delay. */
  get carried(): number {
    return this.#sendRate * this.#leastUs;
  }

  /** What has to leave for that to arrive. */
  get #sendRate(): number {
    return this.deliveryRate / (1 - this.randomLoss);
  }

  get #gain(): number {
    const state = this.#state;
    if (state.name === 'startup') return STARTUP_GAIN;
    if (state.name === 'drain') return 1 / STARTUP_GAIN;
    return state.name === 'probe-rate' ? (CYCLE[state.phase] ?? 1) : 1;
  }
}

function aheadUs(rate: number): number {
  const us = rate === 0 ? LONGEST_AHEAD_US : AHEAD_US * Math.sqrt(AHEAD_AT_RATE / rate);
  return Math.min(LONGEST_AHEAD_US, Math.max(SHORTEST_AHEAD_US, us));
}
