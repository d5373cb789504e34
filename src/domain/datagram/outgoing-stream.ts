/** The bytes one end writes: which have to leave, first those that were lost, within what the other end has room for. */
import { RangeSet } from '#src/domain/range-set.js';
import { SendBuffer } from './send-buffer.js';

/** Less leaves only where it is all there is to send, or leaves again. */
const FEWEST_BYTES = 256;

/** The last word: written all, and the other end knows how much. */
type Ending = 'open' | 'due' | 'sent' | 'acknowledged';

export class OutgoingStream {
  readonly buffer = new SendBuffer();
  readonly #acknowledged = new RangeSet();
  readonly #lost = new RangeSet();
  #next = 0;
  /** The other end takes bytes below this place. */
  #credit: number;
  #ending: Ending = 'open';
  /** What `take` found. */
  place = 0;
  length = 0;
  isAgain = false;

  constructor(credit: number) {
    this.#credit = credit;
  }

  write(bytes: Uint8Array): void {
    this.buffer.write(bytes);
  }

  /** Nothing more will be written. */
  end(): void {
    if (this.#ending === 'open') this.#ending = 'due';
  }

  /** @param credit never falls: what was promised may be on its way. */
  allow(credit: number): void {
    this.#credit = Math.max(this.#credit, credit);
  }

  /** Parts that are known of: it costs time to look through them. */
  get runs(): number {
    return this.#acknowledged.runs + this.#lost.runs;
  }

  /** Whether bytes may leave. */
  get hasBytes(): boolean {
    return this.#lost.runs > 0 || (this.#next < this.buffer.end && this.#hasCredit);
  }

  /** Whether only the other end's window keeps bytes from leaving. */
  get isHeldUp(): boolean {
    return this.#lost.runs === 0 && this.#next < this.buffer.end && !this.#hasCredit;
  }

  /** Whoever gives credit byte by byte is not sent a packet for each (RFC 1122, section 4.2.3.4). */
  get #hasCredit(): boolean {
    const wanted = Math.min(this.buffer.end - this.#next, FEWEST_BYTES);
    return this.#credit - this.#next >= wanted;
  }

  /** Whether the other end has to be told that this was all. */
  get isEndDue(): boolean {
    return this.#ending === 'due' && this.#next === this.buffer.end;
  }

  /** Whether all was written and has arrived, but for the word that it was all, perhaps. */
  get isSaid(): boolean {
    return this.#ending !== 'open' && this.buffer.size === 0;
  }

  /** Whether the other end has it all and knows it. */
  get isComplete(): boolean {
    return this.#ending === 'acknowledged' && this.buffer.size === 0;
  }

  /** Finds what leaves next: `place`, `length` (at most `most`) and `isAgain`. There has to be something. */
  take(most: number): void {
    this.isAgain = this.#lost.runs > 0;
    if (this.isAgain) {
      this.place = this.#lost.startOf(0);
      this.length = Math.min(most, this.#lost.endOf(0) - this.place);
      this.#lost.remove(this.place, this.place + this.length);
      return;
    }
    this.place = this.#next;
    this.length = Math.min(most, Math.min(this.buffer.end, this.#credit) - this.place);
    this.#next += this.length;
  }

  acknowledged(place: number, length: number): void {
    this.#acknowledged.add(place, place + length);
    if (this.#lost.runs > 0) this.#lost.remove(place, place + length);
    if (this.#acknowledged.startOf(0) > this.buffer.start) return;
    this.buffer.releaseBelow(this.#acknowledged.endOf(0));
    this.#acknowledged.removeBelow(this.buffer.start);
  }

  lost(place: number, length: number): void {
    const from = Math.max(place, this.buffer.start);
    this.#acknowledged.forEachMissing(from, place + length, (start, end) => {
      this.#lost.add(start, end);
    });
  }

  endLeft(): void {
    this.#ending = 'sent';
  }

  endLost(): void {
    if (this.#ending === 'sent') this.#ending = 'due';
  }

  endAcknowledged(): void {
    this.#ending = 'acknowledged';
  }
}
