/**
 * One end of a reliable stream over datagrams: what comes in, what leaves and when, and how it ends. It has no socket,
 * no clock and no randomness: whoever runs it tells what arrives, ticks when it is due, and lets packets depart until
 * none does. Time is monotonic, in microseconds.
 *
 *     open --(both ends said all, and know it)--> lingering --(a while)--> closed
 *     open --(reset, silence, abort)------------------------------------> closed
 */
import { Acknowledging } from './acknowledging.js';
import { Congestion } from './congestion.js';
import { DeliveryRate } from './delivery-rate.js';
import { type HoldingBudget, IncomingStream } from './incoming-stream.js';
import { LossDetection } from './loss.js';
import { OutgoingStream } from './outgoing-stream.js';
import { Pacer } from './pacer.js';
import {
  type Acknowledgement,
  DATA_OVERHEAD,
  RESET,
  type ResetCode,
  SMALL_BYTES,
} from './packet.js';
import { PacketSize } from './packet-size.js';
import { type Address, Path } from './path.js';
import { RangeSet } from './range-set.js';
import { RoundTrip } from './round-trip.js';
import type { SendBuffer } from './send-buffer.js';
import { type SentPacket, SentPackets } from './sent-packets.js';
import { newTraffic, type Traffic } from './traffic.js';

/** Nothing is given up before so many tries, nor before so long a silence: a router restarts in less. */
const TRIES = 5;
const SILENCE_US = 15_000_000;

/** The wait between two tries doubles up to this. */
const MOST_WAIT_US = 2_000_000;

/** RFC 9002, section 6.2.4: one of two gets through where one alone would be lost. */
const PROBES = 2;

/** Silence so many tries long is no bad luck: whatever was known of the way may be wrong. */
const TRIES_TO_RESTART = 5;

/** RFC 8085, section 3.5: not more often than every 15 s; routers forget after 30. */
const KEEP_ALIVE_US = 15_000_000;

/**
 * Whoever only receives is asked for nothing when he has moved, as what asks him goes to where he was: after data he
 * waits so long for more, then twice as long each time, until he says where he is.
 */
const QUIET_US = 1_000_000;

/** RFC 9000, section 10.2: the other end's last words may come so many tries late. */
const LINGER_TRIES = 3;

/** What was lost may arrive after all so many round trips later. */
const REMEMBERED_ROUND_TRIPS = 3;

/**
 * Written and not acknowledged: where one in five is lost, one in thousands is lost five times over before it arrives, and
 * all behind it waits. So eight times what is on its way, within these.
 */
const BUFFERED_WINDOWS = 8;
const FEWEST_BUFFERED = 1024 * 1024;
const MOST_BUFFERED = 8 * 1024 * 1024;

/** How it ended. `gone` is silence, `reset` the other end's doing, `aborted` our own. */
export type Ended =
  | { readonly type: 'complete' }
  | { readonly type: 'gone'; readonly tries: number; readonly silentUs: number }
  | { readonly type: 'reset'; readonly code: ResetCode }
  | { readonly type: 'aborted' };

type State =
  | { readonly name: 'open' }
  | { readonly name: 'lingering'; readonly until: number }
  | { readonly name: 'closed' };

/** Who is told what happens. */
export type ConnectionOwner = {
  /** The next bytes of the stream; valid during the call only. */
  delivered(bytes: Uint8Array): void;
  /** The other end has written all. */
  finished(): void;
  /** Once: nothing more is delivered, and nothing that is written arrives. */
  ended(how: Ended): void;
};

/** What lets packets leave: each call is one datagram. */
export type Departures = {
  data(number: number, place: number, length: number, from: SendBuffer): void;
  acknowledgement(received: RangeSet, delayUs: number, credit: number): void;
  damaged(numbers: readonly number[]): void;
  /** @param bytes of the whole datagram. */
  ping(number: number, bytes: number): void;
  question(word: number, to: Address): void;
  answer(word: number, to: Address): void;
  /** @param end how many bytes the stream has. */
  fin(number: number, end: number): void;
  reset(code: ResetCode): void;
};

export type ConnectionOptions = {
  readonly address: Address;
  /** Datagrams of so many bytes are the largest that both interfaces carry. */
  readonly datagramLimit: number;
  /** Bytes that may come before its reader takes any. */
  readonly window: number;
  /** The same, at the other end. */
  readonly credit: number;
  /** Bytes that the other end's socket holds before anybody reads them. */
  readonly socketBytes: number;
  readonly rttUs: number;
  /** @returns a number below 2^48 that nobody can guess. */
  readonly word: () => number;
  readonly budget: HoldingBudget;
  readonly now: number;
};

export class Connection {
  readonly traffic: Traffic = newTraffic();
  readonly #owner: ConnectionOwner;
  readonly #word: () => number;
  readonly #socketBytes: number;
  readonly #path: Path;
  readonly #sent = new SentPackets();
  readonly #acknowledged = new RangeSet();
  readonly #roundTrip = new RoundTrip();
  readonly #loss: LossDetection;
  readonly #rate = new DeliveryRate();
  readonly #size: PacketSize;
  #congestion: Congestion;
  readonly #pacer = new Pacer();
  readonly #acknowledging = new Acknowledging();
  readonly #out: OutgoingStream;
  readonly #in: IncomingStream;
  #state: State = { name: 'open' };
  #isFinished = false;
  #heardAt: number;
  #sentAt: number;
  #tries = 0;
  #triedAt = Number.NEGATIVE_INFINITY;
  /** Packets that leave whatever the window says, to find out what arrives. */
  #probes = 0;
  #isPingDue = false;
  /** Pings since data came last. */
  #quietPings = 0;
  #answer: { readonly word: number; readonly to: Address } | undefined;
  #reset: ResetCode | undefined;

  constructor(owner: ConnectionOwner, options: ConnectionOptions) {
    const { now, rttUs } = options;
    this.#owner = owner;
    this.#word = options.word;
    this.#socketBytes = options.socketBytes;
    this.#path = new Path(options.address);
    this.#loss = new LossDetection(this.#sent, this.#roundTrip);
    this.#size = new PacketSize(options.datagramLimit);
    this.#congestion = new Congestion(this.#size.bytes, rttUs, now);
    this.#out = new OutgoingStream(options.credit);
    this.#in = new IncomingStream(options.window, options.budget, (bytes) => {
      owner.delivered(bytes);
    });
    this.#roundTrip.measure(rttUs, 0);
    this.#heardAt = now;
    this.#sentAt = now;
  }

  get address(): Address {
    return this.#path.address;
  }

  get isClosed(): boolean {
    return this.#state.name === 'closed';
  }

  /** Whether more may be written. */
  get hasRoom(): boolean {
    const most = Math.min(
      MOST_BUFFERED,
      Math.max(FEWEST_BUFFERED, BUFFERED_WINDOWS * this.#congestion.window),
    );
    return this.#out.buffer.size < most;
  }

  /** Bytes that were written and that the other end is not known to have. */
  get unacknowledged(): number {
    return this.#out.buffer.size;
  }

  /** Whether the other end has everything that was written, and the end of it. */
  get isComplete(): boolean {
    return this.#out.isComplete;
  }

  // What its user does.

  /** @param bytes not to be changed any more. */
  write(bytes: Uint8Array): void {
    if (this.#state.name === 'open') this.#out.write(bytes);
  }

  /** Nothing more will be written. */
  end(): void {
    this.#out.end();
  }

  /** So many of the delivered bytes were read: there is room for as many. */
  consumed(bytes: number): void {
    this.#in.consumed(bytes);
    if (this.#in.hasNews) this.#acknowledging.hurry();
  }

  /** Breaks it off; the other end is told once, if it can be. */
  abort(code: ResetCode): void {
    if (this.#state.name !== 'open') return;
    this.#reset = code;
    this.#close({ type: 'aborted' });
  }

  // What arrives. All of it was checked for damage and is for this connection.

  /** Anything that was numbered comes with where it came from. */
  arrived(number: number, from: Address, now: number): boolean {
    this.#heard(now);
    if (number > this.#acknowledging.largest) this.#path.cameFrom(from, this.#word, now);
    const isNew = this.#acknowledging.arrived(number, now);
    if (!isNew) this.traffic.duplicates += 1;
    return isNew;
  }

  /** @param bytes may be kept: not to be changed. */
  data(number: number, place: number, bytes: Uint8Array, from: Address, now: number): void {
    // What is not taken is not acknowledged: it comes again.
    if (!this.#in.take(place, bytes)) {
      this.traffic.ignored += 1;
      return;
    }
    this.traffic.bytesIn += bytes.length;
    this.#quietPings = 0;
    this.arrived(number, from, now);
    this.#settle(now);
  }

  /** A packet with a sound header arrived, and its data are not what left. */
  damaged(number: number, now: number): void {
    this.#heard(now);
    this.traffic.damaged += 1;
    this.#acknowledging.isDamaged(number);
  }

  fin(number: number, end: number, from: Address, now: number): void {
    if (!this.#in.finish(end)) {
      this.traffic.ignored += 1;
      return;
    }
    this.arrived(number, from, now);
    this.#acknowledging.hurry();
    this.#settle(now);
  }

  ping(number: number, from: Address, now: number): void {
    this.arrived(number, from, now);
    this.#acknowledging.hurry();
  }

  question(word: number, from: Address, now: number): void {
    this.#heard(now);
    this.#answer = { word, to: from };
  }

  answer(word: number, from: Address, now: number): void {
    this.#heard(now);
    if (!this.#path.answered(from, word)) return;
    // Another way: what was learnt of the old one does not hold.
    this.#size.fall(now);
    this.#congestion = new Congestion(this.#size.bytes, this.#roundTrip.smoothedUs, now);
  }

  acknowledgement(ack: Acknowledgement, from: Address, now: number): void {
    const newest = ack.ends[0] ?? 0;
    if (newest > this.#sent.next) {
      // Nobody who receives could know of a packet that never left.
      this.traffic.ignored += 1;
      return;
    }
    this.#heard(now);
    this.#out.allow(ack.credit);
    const isNewest = newest - 1 > this.#loss.largest;
    if (isNewest) this.#path.cameFrom(from, this.#word, now);
    this.#rate.reset();
    let isProgress = false;
    for (let run = 0; run < ack.runs; run += 1) {
      const [start, end] = [ack.starts[run] ?? 0, ack.ends[run] ?? 0];
      this.#acknowledged.forEachMissing(Math.max(start, this.#sent.first), end, (from, to) => {
        for (let number = from; number < to; number += 1) {
          isProgress = this.#takeAcknowledged(number, now) || isProgress;
        }
      });
      this.#acknowledged.add(start, end);
    }
    const rttUs = isNewest ? this.#measure(newest - 1, ack.delayUs, now) : undefined;
    this.#loss.acknowledged(newest - 1);
    if (isProgress) this.#progress(rttUs, now);
    this.#settle(now);
  }

  /** The other end says that these came damaged: they are lost, and nothing else is to be made of it. */
  refused(numbers: readonly number[], now: number): void {
    this.#heard(now);
    for (const number of numbers) {
      const packet = this.#sent.get(number);
      if (packet?.fate === 'in-flight') this.#lose(packet, now);
      else this.traffic.ignored += 1;
    }
  }

  /** The other end broke it off; or it knows nothing of it any more, as it is if it had our last word long ago. */
  reset(code: ResetCode): void {
    const isDone = this.#in.isEnded && this.#out.isEnded && this.#out.buffer.size === 0;
    this.#close(isDone && code === RESET.unknown ? { type: 'complete' } : { type: 'reset', code });
  }

  // Time.

  /** When to tick next. */
  get dueAt(): number {
    const { name } = this.#state;
    if (this.#reset !== undefined || this.#answer !== undefined) return 0;
    if (name === 'closed') return Number.POSITIVE_INFINITY;
    const ack = this.#acknowledging.hasDamaged ? 0 : this.#acknowledging.dueAt;
    const soon = Math.min(ack, this.#path.askAt, this.#departAt, this.#loss.dueAt);
    const late = this.#state.name === 'lingering' ? this.#state.until : this.#tryAt;
    return Math.min(soon, late);
  }

  /** Before packets depart: what time alone decides. */
  tick(now: number): void {
    if (this.#state.name === 'closed') return;
    if (now >= this.#loss.dueAt) this.#findLost(now);
    if (this.#state.name === 'lingering') {
      if (now >= this.#state.until) this.#close({ type: 'complete' });
      return;
    }
    if (now >= this.#tryAt) this.#try(now);
  }

  /** Lets one packet leave, if one may. @returns whether one did: there may be more. */
  depart(now: number, departures: Departures): boolean {
    if (this.#departControl(now, departures)) return true;
    if (this.#state.name !== 'open') return false;
    if (this.#departSizeProbe(now, departures)) return true;
    if (!this.#mayDepart(now)) return false;
    if (this.#out.hasBytes) this.#departData(now, departures);
    else if (this.#out.isEndDue) this.#departEnd(now, departures);
    else if (this.#isPingDue || this.#probes > 0) this.#departPing(now, departures);
    else {
      if (!this.#out.isHeldUp) this.#rate.ranDry(this.#sent.bytesInFlight);
      return false;
    }
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

  #departSizeProbe(now: number, departures: Departures): boolean {
    if (now < this.#pacer.at || !this.#sent.hasRoom) return false;
    const bytes = this.#size.toTry(now);
    if (bytes === undefined) return false;
    this.#size.tried();
    const packet = this.#add('size-probe', bytes, now);
    departures.ping(packet.number, bytes);
    return true;
  }

  #departData(now: number, departures: Departures): void {
    const out = this.#out;
    out.take(this.#size.bytes - DATA_OVERHEAD);
    const packet = this.#add('data', out.length + DATA_OVERHEAD, now);
    packet.place = out.place;
    packet.length = out.length;
    if (out.isAgain) this.traffic.again += 1;
    this.traffic.bytesOut += out.length;
    departures.data(packet.number, out.place, out.length, out.buffer);
  }

  #departEnd(now: number, departures: Departures): void {
    const packet = this.#add('fin', SMALL_BYTES, now);
    this.#out.endLeft();
    departures.fin(packet.number, this.#out.buffer.end);
  }

  #departPing(now: number, departures: Departures): void {
    const packet = this.#add('ping', SMALL_BYTES, now);
    this.#isPingDue = false;
    departures.ping(packet.number, SMALL_BYTES);
  }

  #add(kind: SentPacket['kind'], bytes: number, now: number): SentPacket {
    const isIdle = this.#sent.inFlight === 0;
    const packet = this.#sent.add(kind, bytes, now);
    this.#rate.left(packet, isIdle);
    packet.isDraining = this.#congestion.isDraining;
    this.#pacer.left(bytes, this.#congestion.rate, now);
    this.#sentAt = now;
    if (this.#probes > 0) this.#probes -= 1;
    return packet;
  }

  get #hasSomething(): boolean {
    return this.#out.hasBytes || this.#out.isEndDue || this.#isPingDue || this.#probes > 0;
  }

  get #isWithinWindow(): boolean {
    const { window, carried } = this.#congestion;
    const most = Math.min(window, carried + this.#socketBytes);
    return this.#sent.bytesInFlight + this.#size.bytes <= most && this.#sent.hasRoom;
  }

  #mayDepart(now: number): boolean {
    if (this.#probes > 0) return true;
    return now >= this.#pacer.at && this.#isWithinWindow;
  }

  get #departAt(): number {
    if (this.#state.name !== 'open' || !this.#hasSomething) return Number.POSITIVE_INFINITY;
    if (this.#probes > 0) return 0;
    return this.#isWithinWindow ? this.#pacer.at : Number.POSITIVE_INFINITY;
  }

  /** Whether an answer is due to something. */
  get #isWaiting(): boolean {
    return this.#sent.inFlight > 0 || this.#out.isHeldUp;
  }

  get #tryAt(): number {
    if (!this.#isWaiting) return Math.max(this.#heardAt, this.#sentAt) + this.#quietUs;
    const wait = Math.min(MOST_WAIT_US, this.#roundTrip.probeDelayUs * 2 ** this.#tries);
    return Math.max(this.#sentAt, this.#triedAt) + wait;
  }

  get #quietUs(): number {
    return Math.min(KEEP_ALIVE_US, QUIET_US * 2 ** this.#quietPings);
  }

  /** Nothing was acknowledged for too long: some of it leaves again, and what is not lost shows which. */
  #try(now: number): void {
    this.#triedAt = now;
    if (!this.#isWaiting) {
      this.#isPingDue = true;
      this.#quietPings += 1;
      return;
    }
    this.#tries += 1;
    const silentUs = now - this.#heardAt;
    if (this.#tries > TRIES && silentUs >= SILENCE_US) {
      this.#close({ type: 'gone', tries: this.#tries, silentUs });
      return;
    }
    this.#probes = PROBES;
    if (this.#tries === TRIES_TO_RESTART) this.#startOver(now);
    let again = 0;
    for (let number = this.#sent.first; number < this.#sent.next && again < PROBES; number += 1) {
      const packet = this.#sent.get(number);
      if (packet?.fate !== 'in-flight') continue;
      if (packet.kind === 'data') this.#out.lost(packet.place, packet.length);
      if (packet.kind === 'fin') this.#out.endLost();
      again += 1;
    }
  }

  #startOver(now: number): void {
    if (this.#size.fall(now)) this.#congestion.resize(this.#size.bytes);
    this.#congestion.restart();
  }

  #heard(now: number): void {
    this.#heardAt = now;
  }

  /** @returns whether that is news. */
  #takeAcknowledged(number: number, now: number): boolean {
    const packet = this.#sent.get(number);
    if (packet === undefined || packet.fate === 'settled') return false;
    if (packet.fate === 'lost') {
      this.#loss.wasWrong(number);
      this.traffic.wronglyLost += 1;
    } else if (packet.isDraining) this.#congestion.drained(false);
    this.#sent.decide(packet, 'settled');
    this.#rate.acknowledged(packet, now);
    if (packet.kind === 'data') this.#out.acknowledged(packet.place, packet.length);
    if (packet.kind === 'fin') this.#out.endAcknowledged();
    const isProbe = packet.kind === 'size-probe';
    if (this.#size.arrived(packet.bytes, isProbe, now)) this.#congestion.resize(packet.bytes);
    return true;
  }

  #measure(newest: number, delayUs: number, now: number): number | undefined {
    const packet = this.#sent.get(newest);
    if (packet === undefined) return undefined;
    const us = now - packet.sentAt;
    this.#roundTrip.measure(us, delayUs);
    return us;
  }

  #progress(rttUs: number | undefined, now: number): void {
    this.#tries = 0;
    this.#findLost(now);
    const sample = this.#rate.conclude(this.#congestion.leastRttUs);
    const inFlight = this.#sent.bytesInFlight;
    const { delivered } = this.#rate;
    this.#congestion.acknowledged({ sample, rttUs, inFlight, delivered }, now);
    this.#sent.forget(now - REMEMBERED_ROUND_TRIPS * this.#roundTrip.smoothedUs);
    this.#acknowledged.removeBelow(this.#sent.first);
  }

  #findLost(now: number): void {
    this.#loss.find(now, (packet) => this.#lose(packet, now));
  }

  #lose(packet: SentPacket, now: number): void {
    this.#sent.decide(packet, 'lost');
    this.traffic.lost += 1;
    if (packet.isDraining) this.#congestion.drained(true);
    if (packet.kind === 'data') this.#out.lost(packet.place, packet.length);
    if (packet.kind === 'fin') this.#out.endLost();
    if (this.#size.lost(packet.bytes, packet.kind === 'size-probe', now)) {
      this.#congestion.resize(this.#size.bytes);
    }
  }

  /** Whether one of the two directions has come to its end, or both. */
  #settle(now: number): void {
    if (this.#in.isEnded && !this.#isFinished) {
      this.#isFinished = true;
      this.#owner.finished();
    }
    if (this.#state.name !== 'open' || !this.#isFinished || !this.#out.isComplete) return;
    this.#state = {
      name: 'lingering',
      until: now + LINGER_TRIES * this.#roundTrip.probeDelayUs,
    };
    this.#in.release();
    this.#owner.ended({ type: 'complete' });
  }

  #close(how: Ended): void {
    const before = this.#state.name;
    if (before === 'closed') return;
    this.#state = { name: 'closed' };
    this.#in.release();
    if (before === 'open') this.#owner.ended(how);
  }
}
