/**
 * One end of a reliable stream over datagrams: what comes in, what leaves and when. It has no socket, no clock and no
 * randomness: whoever runs it tells what arrives, ticks when it is due, and lets packets depart until none does. What it
 * knows is in its parts: what it sends, what it receives, where the other end is, how long to wait for it, and how far all
 * this has come. Time is monotonic, in microseconds.
 */

import { unreachable } from '#src/domain/unreachable.js';
import type { Departures } from './departures.js';
import type { ConnectionOwner } from './ended.js';
import { Life } from './life.js';
import { type Acknowledgement, RESET, type ResetCode } from './packet.js';
import { type Address, Path } from './path.js';
import { Patience } from './patience.js';
import { Receiving, type ReceivingOptions } from './receiving.js';
import { Sending, type SendingOptions } from './sending.js';
import { newTraffic, type Traffic } from './traffic.js';

export type ConnectionOptions = SendingOptions & ReceivingOptions & { readonly address: Address };

export class Connection {
  readonly traffic: Traffic = newTraffic();
  readonly #word: () => number;
  readonly #path: Path;
  readonly #patience: Patience;
  readonly #out: Sending;
  readonly #in: Receiving;
  readonly #life: Life;

  constructor(owner: ConnectionOwner, options: ConnectionOptions) {
    this.#word = options.word;
    this.#path = new Path(options.address);
    this.#patience = new Patience(options.now);
    this.#out = new Sending(options, this.traffic);
    this.#in = new Receiving(options, this.traffic, (bytes) => {
      owner.delivered(bytes);
    });
    this.#life = new Life(owner, () => {
      this.#in.release();
      this.#out.release();
    });
  }

  get address(): Address {
    return this.#path.address;
  }

  get isClosed(): boolean {
    return this.#life.isClosed;
  }

  /** Whether the other end is still to be told that it was broken off. */
  get hasLastWord(): boolean {
    return this.#life.hasLastWord;
  }

  /** What it keeps in memory, for people and tests: `ahead` is what came before its turn. */
  get kept() {
    const { written, packets, runs } = this.#out.kept;
    const { ahead, runs: runsIn } = this.#in.kept;
    return { written, ahead, packets, runs: runs + runsIn } as const;
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
    if (this.#life.isOpen) this.#out.stream.write(bytes);
  }

  /** Nothing more will be written. */
  end(): void {
    this.#out.stream.end();
  }

  /** So many of the delivered bytes were read: there is room for as many. */
  consumed(bytes: number): void {
    this.#in.consumed(bytes);
  }

  /** Breaks it off; the other end is told, if it can be. */
  abort(code: ResetCode): void {
    this.#life.breakOff(code, { type: 'aborted' });
  }

  // What arrives. All of it was checked for damage and is for this connection.

  /** @param bytes may be kept: not to be changed. */
  data(number: number, place: number, bytes: Uint8Array, from: Address, now: number): void {
    const isTaken = !this.isClosed && this.#in.data(number, place, bytes);
    if (isTaken) this.#patience.received();
    this.#arrived(isTaken, number, from, now);
  }

  fin(number: number, end: number, from: Address, now: number): void {
    this.#arrived(!this.isClosed && this.#in.fin(number, end), number, from, now);
  }

  ping(number: number, from: Address, now: number): void {
    this.#arrived(!this.isClosed && this.#in.ping(number), number, from, now);
  }

  /** A packet with a sound header arrived, and its data are not what left. */
  damaged(number: number, now: number): void {
    this.#heard(now);
    this.traffic.damaged += 1;
    if (!this.isClosed) this.#in.damaged(number);
  }

  question(word: number, from: Address, now: number): void {
    this.#heard(now);
    this.#path.asked(word, from);
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
      this.#life.breakOff(RESET.protocol, { type: 'reset', code: RESET.protocol });
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
    this.#life.close(
      isDone && code === RESET.unknown ? { type: 'complete' } : { type: 'reset', code },
    );
  }

  // Time.

  /** When to tick next. */
  get dueAt(): number {
    if (this.isClosed) return this.hasLastWord ? 0 : Number.POSITIVE_INFINITY;
    const soon = Math.min(this.#path.dueAt, this.#in.dueAt, this.#life.dueAt);
    return this.#life.isOpen ? Math.min(soon, this.#out.dueAt, this.#judgeAt) : soon;
  }

  /** Before packets depart: what time alone decides. */
  tick(now: number): void {
    this.#life.tick(now);
    if (!this.#life.isOpen) return;
    this.#out.tick(now);
    if (now >= this.#judgeAt) this.#judge(now);
  }

  /** Lets one packet leave, if one may. @returns whether one did: there may be more. */
  depart(now: number, departures: Departures): boolean {
    if (this.isClosed) return this.#life.depart(departures);
    if (this.#path.depart(now, departures) || this.#in.depart(now, departures)) return true;
    if (!this.#life.isOpen || !this.#out.depart(now, departures)) return false;
    this.#patience.sent(now);
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
        this.#life.close({ type: 'gone', tries: verdict.tries, tryingUs: verdict.tryingUs });
        return;
      default:
        unreachable(verdict);
    }
  }

  /** Anything that was numbered comes with where it came from. Nothing is taken after a connection was broken off. */
  #arrived(isTaken: boolean, number: number, from: Address, now: number): void {
    if (!isTaken) {
      this.traffic.ignored += 1;
      return;
    }
    this.#heard(now);
    this.#path.cameFrom(from, this.#in.isNewest(number), this.#word, now);
    this.#in.arrived(number, now);
    this.#settle(now);
  }

  #heard(now: number): void {
    this.#patience.heard(now);
    this.#life.heard(now);
  }

  #settle(now: number): void {
    this.#life.settle(this.#in.isEnded, this.#out.stream.isComplete, now);
  }
}
