/**
 * One end of a reliable stream over datagrams: what comes in, what leaves and when, and how it ends. It has no socket,
 * no clock and no randomness: whoever runs it tells what arrives, ticks when it is due, and lets packets depart until
 * none does. Time is monotonic, in microseconds.
 *
 *     open --(both ends said all, and know it)--> lingering --(a while)--> closed
 *     open --(reset, no answer, abort)----------------------------------> closed
 */

import { unreachable } from '#src/domain/unreachable.js';
import { Acknowledging } from './acknowledging.js';
import type { Departures } from './departures.js';
import type { ConnectionOwner, Ended } from './ended.js';
import { type HoldingBudget, IncomingStream } from './incoming-stream.js';
import { type Acknowledgement, RESET, type ResetCode } from './packet.js';
import { type Address, Path } from './path.js';
import { Patience } from './patience.js';
import { Sending, type SendingOptions } from './sending.js';
import { newTraffic, type Traffic } from './traffic.js';

/**
 * The other end's last words may come again, as our answer to them was lost: so long after they came last there will be
 * no more of them. RFC 9000, section 10.2, has three tries; where every other packet is lost these are more.
 */
const LINGER_US = 5_000_000;

/** Whoever goes on speaking keeps nothing here for longer. */
const LONGEST_LINGER_US = 30_000_000;

type State =
  | { readonly name: 'open' }
  | { readonly name: 'lingering'; readonly until: number; readonly latest: number }
  | { readonly name: 'closed' };

export type ConnectionOptions = SendingOptions & {
  readonly address: Address;
  /** Bytes that may come before its reader takes any. */
  readonly window: number;
  readonly budget: HoldingBudget;
};

export class Connection {
  readonly traffic: Traffic = newTraffic();
  readonly #owner: ConnectionOwner;
  readonly #word: () => number;
  readonly #path: Path;
  readonly #patience: Patience;
  readonly #out: Sending;
  readonly #acknowledging = new Acknowledging();
  readonly #in: IncomingStream;
  #state: State = { name: 'open' };
  #isFinished = false;
  #answer: { readonly word: number; readonly to: Address } | undefined;
  #reset: ResetCode | undefined;

  constructor(owner: ConnectionOwner, options: ConnectionOptions) {
    this.#owner = owner;
    this.#word = options.word;
    this.#path = new Path(options.address);
    this.#patience = new Patience(options.now);
    this.#out = new Sending(options, this.traffic);
    this.#in = new IncomingStream(options.window, options.budget, (bytes) => {
      owner.delivered(bytes);
    });
  }

  get address(): Address {
    return this.#path.address;
  }

  get isClosed(): boolean {
    return this.#state.name === 'closed';
  }

  /** Whether the other end is still to be told that it was broken off. */
  get hasLastWord(): boolean {
    return this.#reset !== undefined;
  }

  /** What it keeps in memory, for people and tests: `ahead` is what came before its turn. */
  get kept() {
    const { written, packets, runs } = this.#out.kept;
    const allRuns = runs + this.#acknowledging.received.runs;
    return { written, ahead: this.#in.cost, packets, runs: allRuns } as const;
  }

  /** Whether more may be written. */
  get hasRoom(): boolean {
    return this.#out.hasRoom;
  }

  /** Bytes that were written and that the other end is not known to have. */
  get unacknowledged(): number {
    return this.#out.stream.buffer.size;
  }

  // What its user does.

  /** @param bytes not to be changed any more. */
  write(bytes: Uint8Array): void {
    if (this.#state.name === 'open') this.#out.stream.write(bytes);
  }

  /** Nothing more will be written. */
  end(): void {
    this.#out.stream.end();
  }

  /** So many of the delivered bytes were read: there is room for as many. */
  consumed(bytes: number): void {
    this.#in.consumed(bytes);
    if (this.#in.hasNews) this.#acknowledging.hurry();
  }

  /** Breaks it off; the other end is told once, if it can be. */
  abort(code: ResetCode): void {
    this.#breakOff(code, { type: 'aborted' });
  }

  // What arrives. All of it was checked for damage and is for this connection.

  /** @param bytes may be kept: not to be changed. */
  data(number: number, place: number, bytes: Uint8Array, from: Address, now: number): void {
    // What is not taken is not acknowledged: it comes again.
    if (!this.#expects(number) || !this.#in.take(place, bytes)) {
      this.traffic.ignored += 1;
      return;
    }
    this.traffic.bytesIn += bytes.length;
    this.#patience.received();
    this.#arrived(number, from, now);
    this.#settle(now);
  }

  /** A packet with a sound header arrived, and its data are not what left. */
  damaged(number: number, now: number): void {
    this.#heard(now);
    this.traffic.damaged += 1;
    if (this.#expects(number)) this.#acknowledging.isDamaged(number);
  }

  fin(number: number, end: number, from: Address, now: number): void {
    if (!this.#expects(number) || !this.#in.finish(end)) {
      this.traffic.ignored += 1;
      return;
    }
    this.#arrived(number, from, now);
    this.#acknowledging.hurry();
    this.#settle(now);
  }

  ping(number: number, from: Address, now: number): void {
    if (!this.#expects(number)) {
      this.traffic.ignored += 1;
      return;
    }
    this.#arrived(number, from, now);
    this.#acknowledging.hurry();
  }

  question(word: number, from: Address, now: number): void {
    this.#heard(now);
    this.#answer = { word, to: from };
  }

  answer(word: number, from: Address, now: number): void {
    this.#heard(now);
    if (this.#path.answered(from, word)) this.#out.changeWay(now);
    else this.traffic.ignored += 1;
  }

  acknowledgement(ack: Acknowledgement, from: Address, now: number): void {
    if ((ack.ends[0] ?? 0) > this.#out.next) {
      // Nobody who receives could know of a packet that never left.
      this.traffic.ignored += 1;
      return;
    }
    if (this.#out.isForged(ack)) {
      this.traffic.ignored += 1;
      this.#breakOff(RESET.protocol, { type: 'reset', code: RESET.protocol });
      return;
    }
    this.#heard(now);
    const { isNewest, isProgress } = this.#out.acknowledged(ack, now);
    this.#path.cameFrom(from, isNewest, this.#word, now);
    if (isProgress) this.#patience.answered();
    this.#settle(now);
  }

  /** The other end says that these came damaged. */
  refused(numbers: readonly number[], now: number): void {
    this.#heard(now);
    for (const number of numbers) {
      if (this.#out.refused(number, now)) this.traffic.refusalsIn += 1;
      else this.traffic.ignored += 1;
    }
  }

  /** The other end broke it off; or it knows nothing of it any more, as it is if it had our last word long ago. */
  reset(code: ResetCode): void {
    const isDone = this.#in.isEnded && this.#out.stream.isSaid;
    this.#close(isDone && code === RESET.unknown ? { type: 'complete' } : { type: 'reset', code });
  }

  // Time.

  /** When to tick next. */
  get dueAt(): number {
    const state = this.#state;
    if (this.#reset !== undefined) return 0;
    if (state.name === 'closed') return Number.POSITIVE_INFINITY;
    if (this.#answer !== undefined) return 0;
    const ack = this.#acknowledging.hasDamaged ? 0 : this.#acknowledging.dueAt;
    const soon = Math.min(ack, this.#path.askAt);
    if (state.name === 'lingering') return Math.min(soon, state.until);
    return Math.min(soon, this.#out.dueAt, this.#judgeAt);
  }

  /** Before packets depart: what time alone decides. */
  tick(now: number): void {
    const state = this.#state;
    if (state.name === 'lingering' && now >= state.until) this.#close({ type: 'complete' });
    if (state.name !== 'open') return;
    this.#out.tick(now);
    if (now >= this.#judgeAt) this.#judge(now);
  }

  /** Lets one packet leave, if one may. @returns whether one did: there may be more. */
  depart(now: number, departures: Departures): boolean {
    if (this.#departControl(now, departures)) return true;
    if (this.#state.name !== 'open' || !this.#out.depart(now, departures)) return false;
    this.#patience.sent(now);
    return true;
  }

  #departControl(now: number, departures: Departures): boolean {
    if (this.#reset !== undefined) {
      departures.reset(this.#reset);
      this.#reset = undefined;
      return true;
    }
    if (this.#state.name === 'closed') return false;
    if (this.#answer !== undefined) {
      departures.answer(this.#answer.word, this.#answer.to);
      this.#answer = undefined;
      return true;
    }
    const question = this.#path.ask(now);
    if (question !== undefined) departures.question(question.word, question.address);
    else if (this.#acknowledging.hasDamaged) {
      this.traffic.refusalsOut += 1;
      departures.damaged(this.#acknowledging.takeDamaged());
    } else if (now >= this.#acknowledging.dueAt) {
      const delayUs = this.#acknowledging.acknowledge(now);
      departures.acknowledgement(this.#acknowledging.received, delayUs, this.#in.promise());
    } else return false;
    return true;
  }

  get #judgeAt(): number {
    return this.#patience.dueAt(this.#out.isWaiting, this.#out.probeDelayUs);
  }

  #judge(now: number): void {
    const verdict = this.#patience.judge(this.#out.isWaiting, now);
    switch (verdict.type) {
      case 'ping':
        this.#out.ping();
        return;
      case 'try':
        if (verdict.isAnew) this.#out.startOver(now);
        this.#out.provoke();
        return;
      case 'give-up':
        this.#close({ type: 'gone', tries: verdict.tries, tryingUs: verdict.tryingUs });
        return;
      default:
        unreachable(verdict);
    }
  }

  /** Whether a packet of that number is to be looked at. Nobody reads what comes after a connection was broken off. */
  #expects(number: number): boolean {
    return !this.isClosed && this.#acknowledging.isPossible(number);
  }

  /** Anything that was numbered comes with where it came from. */
  #arrived(number: number, from: Address, now: number): void {
    this.#heard(now);
    this.#path.cameFrom(from, number > this.#acknowledging.largest, this.#word, now);
    if (!this.#acknowledging.arrived(number, now)) this.traffic.duplicates += 1;
  }

  #heard(now: number): void {
    this.#patience.heard(now);
    const state = this.#state;
    if (state.name !== 'lingering') return;
    this.#state = { ...state, until: Math.min(state.latest, now + LINGER_US) };
  }

  /** Whether one of the two directions has come to its end, or both. */
  #settle(now: number): void {
    if (this.#in.isEnded && !this.#isFinished) {
      this.#isFinished = true;
      this.#owner.finished();
    }
    if (this.#state.name !== 'open' || !this.#isFinished || !this.#out.stream.isComplete) return;
    const [until, latest] = [now + LINGER_US, now + LONGEST_LINGER_US];
    this.#state = { name: 'lingering', until, latest };
    this.#release();
    this.#owner.ended({ type: 'complete' });
  }

  #breakOff(code: ResetCode, how: Ended): void {
    if (this.#state.name !== 'open') return;
    this.#reset = code;
    this.#close(how);
  }

  #close(how: Ended): void {
    const before = this.#state.name;
    if (before === 'closed') return;
    this.#state = { name: 'closed' };
    this.#release();
    if (before === 'open') this.#owner.ended(how);
  }

  /** What was kept for later is needed no more. */
  #release(): void {
    this.#in.release();
    this.#out.release();
  }
}
