/**
 * Puts a stream together again: pieces come in any order, cut anyhow, more than once; each byte is handed on once, in order.
 * Places are counted in bytes from the beginning of the stream.
 */
import { RangeSet } from '#src/domain/range-set.js';

/** What holding a piece costs beyond its bytes: each datagram is memory of its own (720 bytes resident in Node 20). */
const PIECE_COST = 700;

/** Gaps cost time, each as much as there are others. Where every other packet of 8 MiB is lost there are 3,600. */
const MOST_RUNS = 4096;

export class Reassembly {
  readonly #deliver: (bytes: Uint8Array) => void;
  /** Pieces ahead of their turn, by the place they begin at. They do not overlap. */
  readonly #ahead = new Map<number, Uint8Array>();
  readonly #held = new RangeSet();
  #next = 0;
  #cost = 0;

  /** @param deliver takes the bytes that are next; he may keep them. */
  constructor(deliver: (bytes: Uint8Array) => void) {
    this.#deliver = deliver;
  }

  /** The place of the next byte to be handed on. */
  get next(): number {
    return this.#next;
  }

  /** What it holds ahead of its turn costs so many bytes. */
  get cost(): number {
    return this.#cost;
  }

  /** Where the last byte that came ends. */
  get end(): number {
    return Math.max(this.#next, this.#held.endOf(this.#held.runs - 1));
  }

  /** What taking a piece would cost; nothing where it can be handed on at once, or is here. */
  costOf(place: number, bytes: Uint8Array): number {
    if (place <= this.#next) return 0;
    if (this.#held.runs >= MOST_RUNS) return Number.POSITIVE_INFINITY;
    let cost = 0;
    this.#held.forEachMissing(place, place + bytes.length, (from, to) => {
      cost += to - from + PIECE_COST;
    });
    return cost;
  }

  /** @param bytes kept where they are ahead of their turn. @returns whether any of them is new. */
  add(place: number, bytes: Uint8Array): boolean {
    const end = place + bytes.length;
    if (end <= this.#next) return false;
    if (place <= this.#next) {
      this.#hand(this.#next === place ? bytes : bytes.subarray(this.#next - place));
      if (this.#held.runs > 0) this.#catchUp();
      return true;
    }
    let isNew = false;
    this.#held.forEachMissing(place, end, (from, to) => {
      isNew = true;
      const part = bytes.subarray(from - place, to - place);
      // Copied, as `slice` of a Buffer does not: a part is not to keep the whole datagram in memory.
      this.#ahead.set(from, part.length === bytes.length ? bytes : new Uint8Array(part));
      this.#cost += to - from + PIECE_COST;
    });
    this.#held.add(place, end);
    return isNew;
  }

  /** Forgets what it holds. */
  clear(): void {
    this.#ahead.clear();
    this.#held.removeBelow(Number.POSITIVE_INFINITY);
    this.#cost = 0;
  }

  #hand(bytes: Uint8Array): void {
    this.#next += bytes.length;
    this.#deliver(bytes);
  }

  /** Hands on what has its turn now. A piece that begins before it came twice, cut differently. */
  #catchUp(): void {
    while (this.#held.runs > 0 && this.#held.startOf(0) <= this.#next) {
      const from = this.#held.startOf(0);
      const to = this.#held.endOf(0);
      for (let at = from; at < to; ) {
        const piece = this.#ahead.get(at);
        if (piece === undefined) throw new Error(`no piece at ${at}`);
        this.#ahead.delete(at);
        this.#cost -= piece.length + PIECE_COST;
        at += piece.length;
        if (at > this.#next) this.#hand(piece.subarray(piece.length - (at - this.#next)));
      }
      this.#held.remove(from, to);
    }
  }
}
