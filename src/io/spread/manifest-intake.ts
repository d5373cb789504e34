/**
 * The manifest of what somebody gives us unasked: it arrives like any other, but within a bound that all givers share,
 * and what contradicts its own proof convicts the giver. Kept while the giver gives of the same content.
 */

import type { Manifest } from '#src/domain/content/manifest.js';
import { ManifestArrival } from '#src/domain/content/manifest-arrival.js';
import { P2pError } from '#src/domain/errors.js';
import type { ContentId } from '#src/domain/ids.js';
import { MiB } from '#src/domain/limits.js';
import { blake3Of } from '#src/io/content/blake3.js';
import type { ByteBudget } from '#src/io/memory/byte-budget.js';

/** Some hundred thousand files; a content of more is fetched, not spread. */
const LARGEST_BYTES = 32 * MiB;

export class ManifestIntake {
  readonly #budget: ByteBudget;
  readonly #onLie: (isAttack: boolean) => void;
  #arrival: ManifestArrival | undefined;
  #manifest: Manifest | undefined;
  #reserved = 0;

  /**
   * @param budget what all that arrive may take in memory.
   * @param onLie hears that something contradicts its own proof, before that is thrown.
   */
  constructor(budget: ByteBudget, onLie: (isAttack: boolean) => void) {
    this.#budget = budget;
    this.#onLie = onLie;
  }

  /** Proven, here or before. */
  get manifest(): Manifest | undefined {
    return this.#manifest;
  }

  /** @returns the manifest of this content if it is here; anything else that is here is dropped. */
  known(id: ContentId): Manifest | undefined {
    if (this.#manifest?.id !== id) this.drop();
    return this.#manifest;
  }

  /** It need not arrive: somebody brought it before. */
  adopt(manifest: Manifest | undefined): void {
    this.#manifest = manifest;
  }

  /**
   * @returns why it is refused, undefined if its pages may come.
   * @throws P2pError `protocol` if it is not what the id proves, `version` if its format is newer.
   */
  takeRoot(bytes: Uint8Array, id: ContentId): 'full' | 'busy' | undefined {
    this.drop();
    const arrival = new ManifestArrival(id, blake3Of);
    this.#proven(() => arrival.takeRoot(bytes));
    if (arrival.mostBytes > LARGEST_BYTES) return 'full';
    if (!this.#budget.take(arrival.mostBytes)) return 'busy';
    this.#reserved = arrival.mostBytes;
    this.#arrival = arrival;
    return undefined;
  }

  /** @throws P2pError `protocol` if it is not the next page. */
  takePage(bytes: Uint8Array): void {
    const arrival = this.#arrival;
    if (arrival === undefined) throw new P2pError('protocol', 'a page before its root');
    this.#proven(() => arrival.takePage(bytes));
  }

  /**
   * @returns whether its last page has come: then it is `manifest`, and its memory stays counted until `drop`.
   * @throws P2pError `protocol`, or `hostile` if a path in it escapes.
   */
  finish(): boolean {
    const arrival = this.#arrival;
    if (arrival === undefined || !arrival.isWhole) return false;
    this.#manifest = this.#proven(() => arrival.finish());
    this.#arrival = undefined;
    return true;
  }

  drop(): void {
    this.#budget.giveBack(this.#reserved);
    this.#reserved = 0;
    this.#arrival = undefined;
    this.#manifest = undefined;
  }

  /** Runs a proof; what fails it convicts the giver. */
  #proven<T>(prove: () => T): T {
    try {
      return prove();
    } catch (error) {
      const { code } = error as { code?: unknown };
      // A newer format is no lie.
      if (code !== 'version') this.#onLie(code === 'hostile');
      throw error;
    }
  }
}
