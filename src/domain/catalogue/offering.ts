/**
 * What one link still has to be told of our catalogue: first everything, then what changed, page by page. It
 * remembers which rows, not which changes, so that the latest state of a row wins and a slow link costs a key
 * a row at most.
 */

import { KiB, LIMITS } from '#src/domain/limits.js';
import { type Catalogue, type CataloguePage, parseRowKey, rowKey } from './catalogue.js';

/** What keeps a page's frame short in time as well: some ten milliseconds on a slow link. */
const PAGE_ROWS = 200;

/** Leaves a KiB of a control frame for the names of the fields around the rows. */
const PAGE_BYTES = LIMITS.controlFrameBytes - KiB;

/** CBOR of a row but for its name: list 1, name's head 3, id 34, three numbers of at most 9. */
const ROW_BYTES = 65;

const encoder = new TextEncoder();

export class Offering {
  readonly #catalogue: Catalogue;
  readonly #pending = new Set<string>();
  #fresh = true;
  #told = false;

  /** @param catalogue ours, which goes on changing; `touch` says what did. */
  constructor(catalogue: Catalogue) {
    this.#catalogue = catalogue;
    this.#startOver();
  }

  /** Whether there is nothing to tell now. */
  get idle(): boolean {
    return this.#told && this.#pending.size === 0;
  }

  /** Whether the whole catalogue has been told once, so that what follows are changes. */
  get told(): boolean {
    return this.#told;
  }

  touch(keys: readonly string[]): void {
    for (const key of keys) this.#pending.add(key);
    // Rows that came and went while nothing could be sent: telling all is shorter then.
    if (this.#pending.size > this.#catalogue.size + LIMITS.catalogueRows) this.#startOver();
  }

  /** @returns the next page and takes it for told, or undefined when idle. */
  next(): CataloguePage | undefined {
    if (this.idle) return undefined;
    const keys = this.#takeKeys();
    const rows = keys.map((key) => this.#catalogue.get(key));
    const page = {
      fresh: this.#fresh,
      complete: this.#pending.size === 0,
      changed: rows.filter((row) => row !== undefined),
      removed: keys.filter((_, at) => rows[at] === undefined).map(parseRowKey),
    };
    this.#fresh = false;
    this.#told ||= page.complete;
    return page;
  }

  #takeKeys(): readonly string[] {
    const keys: string[] = [];
    let bytes = 0;
    for (const key of this.#pending) {
      bytes += rowBytes(key);
      if (keys.length === PAGE_ROWS || bytes > PAGE_BYTES) break;
      keys.push(key);
      this.#pending.delete(key);
    }
    return keys;
  }

  #startOver(): void {
    this.#pending.clear();
    for (const row of this.#catalogue.values()) this.#pending.add(rowKey(row));
    this.#fresh = true;
    this.#told = false;
  }
}

function rowBytes(key: string): number {
  return ROW_BYTES + encoder.encode(parseRowKey(key).name).length;
}
