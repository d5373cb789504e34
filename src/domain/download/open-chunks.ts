/** Chunks that are neither here nor asked of anybody: a set in no order, from which any position can be drawn. */
export class OpenChunks {
  readonly #members: Uint32Array;
  /** Where each chunk stands among the members, -1 for none. */
  readonly #places: Int32Array;
  #count = 0;

  constructor(chunks: number) {
    this.#members = new Uint32Array(chunks);
    this.#places = new Int32Array(chunks).fill(-1);
  }

  get count(): number {
    return this.#count;
  }

  has(index: number): boolean {
    return (this.#places[index] ?? -1) >= 0;
  }

  /** @param place below `count`. */
  at(place: number): number {
    return this.#members[place] ?? 0;
  }

  /** @returns whether it is new. */
  add(index: number): boolean {
    if (this.has(index)) return false;
    this.#members[this.#count] = index;
    this.#places[index] = this.#count;
    this.#count += 1;
    return true;
  }

  /** @returns whether it was there. */
  delete(index: number): boolean {
    const place = this.#places[index] ?? -1;
    if (place < 0) return false;
    this.#count -= 1;
    const last = this.#members[this.#count] ?? 0;
    this.#members[place] = last;
    this.#places[last] = place;
    this.#places[index] = -1;
    return true;
  }
}
