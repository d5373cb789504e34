/**
 * What was written to a stream and is not acknowledged yet, in the pieces it came in: nothing is copied before it leaves.
 * Places are counted in bytes from the beginning of the stream.
 */

/** So many pieces that are done with are cleared away together. */
const CLEARED_AT_ONCE = 256;

const NOTHING = new Uint8Array(0);

export class SendBuffer {
  readonly #pieces: Uint8Array[] = [];
  /** Where each piece begins. */
  readonly #places: number[] = [];
  /** The first piece that is still needed. */
  #head = 0;
  /** The piece that was read last: the next one is most often asked for next. */
  #last = 0;
  #start = 0;
  #end = 0;

  /** The first byte that is still needed. */
  get start(): number {
    return this.#start;
  }

  /** Where the next byte goes that is written. */
  get end(): number {
    return this.#end;
  }

  get size(): number {
    return this.#end - this.#start;
  }

  /** @param bytes not to be changed until they are released. */
  write(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#pieces.push(bytes);
    this.#places.push(this.#end);
    this.#end += bytes.length;
  }

  /** Whatever is below is not asked for again. */
  releaseBelow(place: number): void {
    this.#start = Math.max(this.#start, place);
    while (this.#head < this.#pieces.length && this.#endOf(this.#head) <= this.#start) {
      this.#pieces[this.#head] = NOTHING;
      this.#head += 1;
    }
    if (this.#head < CLEARED_AT_ONCE && this.#head < this.#pieces.length) return;
    this.#pieces.splice(0, this.#head);
    this.#places.splice(0, this.#head);
    this.#last = Math.max(0, this.#last - this.#head);
    this.#head = 0;
  }

  /** Copies `bytes` from `place` on, all of which are here, to `at` in `target`. */
  copy(place: number, bytes: number, target: Uint8Array, at: number): void {
    let index = this.#pieceAt(place);
    for (let copied = 0; copied < bytes; index += 1) {
      const piece = this.#pieces[index];
      if (piece === undefined) throw new Error(`byte ${place + copied} is not in the buffer`);
      const from = place + copied - this.#placeOf(index);
      const taken = Math.min(bytes - copied, piece.length - from);
      const isWhole = from === 0 && taken === piece.length;
      target.set(isWhole ? piece : piece.subarray(from, from + taken), at + copied);
      copied += taken;
      this.#last = index;
    }
  }

  #pieceAt(place: number): number {
    for (let guess = this.#last; guess <= this.#last + 1; guess += 1) {
      if (this.#placeOf(guess) <= place && place < this.#endOf(guess)) return guess;
    }
    let low = this.#head;
    let high = this.#pieces.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#endOf(middle) > place) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #placeOf(index: number): number {
    return this.#places[index] ?? this.#end;
  }

  #endOf(index: number): number {
    return this.#placeOf(index) + (this.#pieces[index]?.length ?? 0);
  }
}
