/**
 * Reads chunk bytes no faster than our own limit allows: credit is drawn piece by piece, and while there is none nothing
 * is read, so that the other is slowed down by its own sending.
 */
import type { Drawer } from './allowance.js';

export class PacedReading {
  readonly #drawer: Drawer;
  readonly #onChange: () => void;
  #credit = 0;
  #heldSince: number | undefined;
  #heldMs = 0;

  /** @param onChange is called when `isHeldBack` has changed. */
  constructor(drawer: Drawer, onChange: () => void) {
    this.#drawer = drawer;
    this.#onChange = onChange;
  }

  /** Whether nothing is to be read now. */
  get isHeldBack(): boolean {
    return this.#heldSince !== undefined;
  }

  /** How much this one gets where others have 1. */
  set weight(weight: number) {
    this.#drawer.weight = weight;
  }

  /** Bytes of chunks were read. */
  took(bytes: number): void {
    if (this.#drawer.pieceBytes === undefined) {
      this.#credit = 0;
      return;
    }
    this.#credit -= bytes;
    if (this.#credit > 0 || this.isHeldBack) return;
    this.#heldSince = performance.now();
    this.#onChange();
    void this.#refill();
  }

  /** @returns for how long it was held back since this was asked last. */
  takeHeldMs(): number {
    const now = performance.now();
    if (this.#heldSince !== undefined) {
      this.#heldMs += now - this.#heldSince;
      this.#heldSince = now;
    }
    const held = this.#heldMs;
    this.#heldMs = 0;
    return held;
  }

  async #refill(): Promise<void> {
    while (this.#credit <= 0) {
      const bytes = this.#drawer.pieceBytes;
      // There is no limit any more.
      if (bytes === undefined) this.#credit = 1;
      else {
        await this.#drawer.draw(bytes);
        this.#credit += bytes;
      }
    }
    this.#heldMs += performance.now() - (this.#heldSince ?? performance.now());
    this.#heldSince = undefined;
    this.#onChange();
  }
}
