/**
 * How much may leave, and how fast: by the rate at which the other end receives, not by loss, which on a radio link says
 * nothing about how full the way is. After BBR (draft-cardwell-iccrg-bbr-congestion-control, version 1), with three
 * changes: what is lost whatever we send is made up for, little may wait in queues, and on a way shorter than a timer
 * the phases last as long as timers can tell. Pure; time in microseconds, rates in bytes a microsecond.
 *
 *     startup --(the rate grows no more)--> drain --(queue empty)--> probe-rate <--> probe-delay
 */

import { unreachable } from '#src/domain/unreachable.js';
import { BestRate } from './best-rate.js';
import type { RateSample } from './delivery-rate.js';
import { Growth } from './growth.js';
import { aheadUs, isTooMuchWaiting } from './headroom.js';
import { LeastDelay } from './least-delay.js';
import { RandomLoss } from './random-loss.js';

/** 2/ln 2: the least that doubles the rate each round. */
const STARTUP_GAIN = 2.885;

/** A quarter more to see whether there is more; then a quarter less, so that what waits since then drains. */
const CYCLE = [1.25, 0.75, 1, 1, 1, 1, 1, 1] as const;
const DRAINING = 1;

/** Shorter phases than some ticks of a timer would not differ. */
const SHORTEST_PHASE_US = 10_000;

/** What startup left in the queue is gone by then; what still waits is somebody else's. */
const DRAIN_ROUNDS = 4;

/** No round is taken to be shorter: what is in flight waits for a timer at either end. */
const SHORTEST_ROUND_US = 2000;

/** So long so little leaves that the delay without any queue shows again. */
const PROBE_DELAY_US = 30_000;
const PROBE_DELAY_ROUNDS = 2;
/** As in BBR's second version half of what the way itself holds, meanwhile: four packets alone would leave it empty. */
const PROBE_DELAY_SHARE = 0.5;

/** What is on its way beyond what the way itself holds, besides what covers late timers: a quarter, to probe. */
const AHEAD_SHARE = 0.25;

/** RFC 9002, section 7.2: ten packets to begin with, never less than four: two acknowledgements keep it going. */
const FIRST_PACKETS = 10;
const FEWEST_PACKETS = 4;

/** A little slower than measured, so that queues do not grow by the error of it. */
const MARGIN = 0.99;

type State =
  | { readonly name: 'startup' }
  | { readonly name: 'drain'; readonly until: number }
  | { readonly name: 'probe-rate'; readonly phase: number; readonly since: number }
  | { readonly name: 'probe-delay'; readonly until: number };

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
  readonly #rates = new BestRate();
  readonly #delay: LeastDelay;
  readonly #loss = new RandomLoss();
  readonly #growth = new Growth();
  #round = 0;
  /** The round ends when what left after so many delivered bytes is acknowledged. */
  #roundEndsAt = 0;

  /** @param rttUs as the handshake took. */
  constructor(packetBytes: number, rttUs: number, now: number) {
    this.#packetBytes = packetBytes;
    this.#delay = new LeastDelay(rttUs, now);
    this.#window = FIRST_PACKETS * packetBytes;
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
    const least = (packets * this.#packetBytes) / Math.max(this.#delay.us, SHORTEST_ROUND_US);
    return Math.max(measured, least);
  }

  /** Without any queue. */
  get leastRttUs(): number {
    return this.#delay.us;
  }

  /** Whether what leaves now leaves while the queue drains. */
  get isDraining(): boolean {
    return this.#state.name === 'probe-rate' && this.#state.phase === DRAINING;
  }

  /** The fate of a packet that left while the queue drained. */
  drained(isLost: boolean): void {
    this.#loss.count(isLost);
  }

  resize(packetBytes: number): void {
    this.#packetBytes = packetBytes;
  }

  acknowledged(progress: Progress, now: number): void {
    const { sample, rttUs, delivered } = progress;
    const isNewRound = sample.priorDelivered >= this.#roundEndsAt;
    if (isNewRound) this.#round += 1;
    this.#rates.learn(sample, this.#round, now);
    if (rttUs !== undefined) this.#delay.learn(rttUs, now);
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
    this.#rates.forget();
    this.#growth.startOver();
    this.#state = { name: 'startup' };
  }

  #endRound(isAppLimited: boolean): void {
    this.#delay.endRound();
    if (this.#state.name === 'startup' && !isAppLimited) this.#growth.endRound(this.#rates.rate);
  }

  #next(inFlight: number, now: number): State {
    const state = this.#state;
    switch (state.name) {
      case 'startup':
        return this.#growth.isOver ? this.#drain(now) : state;
      case 'drain':
        return inFlight <= this.carried || now >= state.until ? this.#cruise(now) : state;
      case 'probe-rate':
        if (this.#delay.isOld(now)) return this.#probeDelay(now);
        return this.#nextPhase(state, now);
      case 'probe-delay':
        return now < state.until ? state : this.#afterProbe(now);
      default:
        return unreachable(state);
    }
  }

  #nextPhase(state: Extract<State, { name: 'probe-rate' }>, now: number): State {
    const { phase, since } = state;
    const isOver = now - since >= Math.max(this.#delay.us, SHORTEST_PHASE_US);
    const isTooMuch = phase > DRAINING && isTooMuchWaiting(this.#delay.waitingUs, this.#sendRate);
    if (!isOver && !isTooMuch) return state;
    const next = isTooMuch ? DRAINING : (phase + 1) % CYCLE.length;
    if (next === DRAINING) {
      this.#delay.drains();
      this.#loss.fade();
    }
    return { name: 'probe-rate', phase: next, since: now };
  }

  #drain(now: number): State {
    return {
      name: 'drain',
      until: now + Math.max(DRAIN_ROUNDS * this.#delay.us, SHORTEST_PHASE_US),
    };
  }

  #cruise(now: number): State {
    return { name: 'probe-rate', phase: DRAINING + 1, since: now };
  }

  #probeDelay(now: number): State {
    const until = now + Math.max(PROBE_DELAY_US, PROBE_DELAY_ROUNDS * this.#delay.us);
    this.#delay.beginProbe();
    return { name: 'probe-delay', until };
  }

  #afterProbe(now: number): State {
    if (!this.#delay.endProbe(now)) return this.#cruise(now);
    // What was measured with far too little on a longer way is too little.
    this.#growth.startOver();
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
    const us = this.#delay.us * share + aheadUs(this.#sendRate);
    return this.#sendRate * us + FEWEST_PACKETS * this.#packetBytes;
  }

  /** What the way itself holds: the product of rate and delay. */
  get carried(): number {
    return this.#sendRate * this.#delay.us;
  }

  /** What has to leave for that to arrive. */
  get #sendRate(): number {
    return this.#rates.rate / (1 - this.#loss.share);
  }

  get #gain(): number {
    const state = this.#state;
    if (state.name === 'startup') return STARTUP_GAIN;
    if (state.name === 'drain') return 1 / STARTUP_GAIN;
    return state.name === 'probe-rate' ? (CYCLE[state.phase] ?? 1) : 1;
  }
}
