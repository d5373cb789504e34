/**
 * Pieces of memory of one size, used again and again, within a bound: chunk bytes would otherwise be
 * allocated by the gigabyte, and `resourceLimits` do not count them.
 */
export class MemoryPool {
  readonly #pieceBytes: number;
  readonly #most: number;
  readonly #free: Uint8Array[] = [];
  readonly #waiting: ((piece: Uint8Array) => void)[] = [];
  #made = 0;

  /** @param most pieces at a time. */
  constructor(pieceBytes: number, most: number) {
    this.#pieceBytes = pieceBytes;
    this.#most = most;
  }

  /** Pieces that can be had without waiting. */
  get available(): number {
    return this.#free.length + this.#most - this.#made;
  }

  /** Whether somebody waits for a piece. */
  get isAwaited(): boolean {
    return this.#waiting.length > 0;
  }

  /** Waits for a piece, first come first served. */
  take(): Promise<Uint8Array> {
    const piece = this.takeNow();
    if (piece !== undefined) return Promise.resolve(piece);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  takeNow(): Uint8Array | undefined {
    const piece = this.#free.pop();
    if (piece !== undefined || this.#made >= this.#most) return piece;
    this.#made += 1;
    return Buffer.allocUnsafeSlow(this.#pieceBytes);
  }

  /** A piece even where there is none left: for what is on its way already, which its asker has bounded. */
  takeBeyond(): Uint8Array {
    const piece = this.takeNow();
    if (piece !== undefined) return piece;
    this.#made += 1;
    return Buffer.allocUnsafeSlow(this.#pieceBytes);
  }

  giveBack(piece: Uint8Array): void {
    const next = this.#waiting.shift();
    if (next !== undefined) next(piece);
    else if (this.#made > this.#most) this.#made -= 1;
    else this.#free.push(piece);
  }
}
