/**
 * A manifest as it arrives: the root is proven by the content's id, each page by the root, the whole by all its
 * rules. Nothing is set aside before the root has proven how much is to come.
 */
import { P2pError } from '#src/domain/errors.js';
import type { ContentId } from '#src/domain/ids.js';
import { MiB } from '#src/domain/limits.js';
import { type Manifest, parseManifest } from '#src/domain/manifest.js';
import { isPage, pageCount, pageLimit, parseRoot, type Root } from '#src/domain/manifest-root.js';
import { blake3Of } from './blake3.js';
import type { ByteBudget } from './byte-budget.js';

/** Some hundred thousand files; a content of more is fetched, not spread. */
const LARGEST_BYTES = 32 * MiB;

export class ManifestIntake {
  readonly #budget: ByteBudget;
  readonly #onLie: (isAttack: boolean) => void;
  #root: Root | undefined;
  #pages: Uint8Array[] = [];
  #reserved = 0;

  /**
   * @param budget what all that arrive may take in memory.
   * @param onLie hears that something contradicts its own proof, before that is thrown.
   */
  constructor(budget: ByteBudget, onLie: (isAttack: boolean) => void) {
    this.#budget = budget;
    this.#onLie = onLie;
  }

  get isComplete(): boolean {
    return this.#root !== undefined && this.#pages.length === pageCount(this.#root);
  }

  /**
   * @returns why it is refused, undefined if its pages may come.
   * @throws P2pError `protocol` if it is not what the id proves, `version` if its format is newer.
   */
  takeRoot(bytes: Uint8Array, id: ContentId): 'full' | 'busy' | undefined {
    this.drop();
    const root = this.#proven(() => parseRoot(bytes, id, blake3Of));
    const size = limitOf(root);
    if (size > LARGEST_BYTES) return 'full';
    if (!this.#budget.take(size)) return 'busy';
    this.#reserved = size;
    this.#root = root;
    return undefined;
  }

  /** @throws P2pError `protocol` if it is not the next page. */
  takePage(bytes: Uint8Array): void {
    if (this.#root === undefined) throw new P2pError('protocol', 'a page before its root');
    if (!isPage(this.#root, this.#pages.length, bytes, blake3Of)) {
      this.#onLie(false);
      throw new P2pError('protocol', 'it sent a page that is not what the root proves');
    }
    this.#pages.push(bytes);
  }

  /**
   * The manifest; its memory stays counted until `drop`.
   * @throws P2pError `protocol`, or `hostile` if a path in it escapes.
   */
  finish(): Manifest {
    if (this.#root === undefined) throw new P2pError('protocol', 'a manifest without its root');
    const { raw, id } = this.#root;
    const file = Buffer.concat([raw, ...this.#pages]);
    this.#pages = [];
    return this.#proven(() => parseManifest(file, id, blake3Of));
  }

  drop(): void {
    this.#budget.giveBack(this.#reserved);
    this.#reserved = 0;
    this.#root = undefined;
    this.#pages = [];
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

function limitOf(root: Root): number {
  let bytes = root.raw.length;
  for (let page = 0; page < pageCount(root); page += 1) bytes += pageLimit(root, page);
  return bytes;
}
