/**
 * From a word to a content: those whose download is not found or begun yet, with the word they asked for. Gone from
 * here, nobody waits.
 */
import { dirname, resolve } from 'node:path';
import { failureOf, sentenceOf } from '#src/domain/download/disk-failure.js';
import { toRecord } from '#src/domain/errors.js';
import type { ContentId } from '#src/domain/ids.js';
import { unreachable } from '#src/domain/unreachable.js';
import type { DownloadOptions, DownloadTrouble } from '#src/peer/api.js';
import type { PeerEvent } from '#src/peer/events.js';
import type { Library } from '#src/peer/shares/library.js';
import type { Found, Lookup } from '#src/peer/shares/lookup.js';
import { type Asker, completeOne, refuseOne } from './askers.js';
import type { Received } from './received.js';
import type { Unfinished } from './unfinished.js';

type Around = {
  readonly library: Library;
  readonly lookup: Lookup;
  readonly received: Received;
  readonly unfinished: Unfinished;
  readonly tell: (event: PeerEvent, ref?: string) => void;
  /** The content is known; the asker is still here, until it has begun. */
  readonly begin: (
    id: ContentId,
    name: string,
    options: DownloadOptions,
    asker: Asker,
  ) => Promise<void>;
};

/**
 * Whole already.
 * @property bytes where it is not known here as what it is
 */
type Here = Omit<Extract<Found, { kind: 'here' }>, 'kind'> & {
  readonly bytes?: number;
  readonly files?: number | undefined;
};

export class Seekers {
  readonly #with: Around;
  readonly #words = new Map<Asker, string>();

  constructor(around: Around) {
    this.#with = around;
  }

  add(asker: Asker, word: string): void {
    this.#words.set(asker, word);
  }

  has(asker: Asker): boolean {
    return this.#words.has(asker);
  }

  /** What it asked for has begun. */
  remove(asker: Asker): void {
    this.#words.delete(asker);
  }

  /** Finds what the asker means and begins it, or tells it why not. */
  seek(asker: Asker, options: DownloadOptions): void {
    const word = this.#words.get(asker);
    if (word === undefined) return;
    const failed = (error: unknown) => this.failed(asker, error, options.to);
    this.#find(word, options, asker).catch(failed);
  }

  /** What it asked for cannot begin. @param to where it was to go, as far as that was said */
  failed(asker: Asker, error: unknown, to?: string): void {
    const record = toRecord(error);
    const place = to === undefined ? undefined : resolve(to);
    this.refuse(asker, { code: failureOf(record), message: sentenceOf(record, place) });
  }

  refuse(asker: Asker, trouble: DownloadTrouble): void {
    const word = this.#words.get(asker);
    if (!this.#words.delete(asker) || word === undefined) return;
    refuseOne(asker, word, trouble, this.#with.tell);
  }

  refuseAll(trouble: DownloadTrouble): void {
    for (const asker of this.#words.keys()) this.refuse(asker, trouble);
  }

  alreadyHere(
    asker: Asker,
    { name, id, path, files, ...known }: Here,
    { from, to }: DownloadOptions,
  ): void {
    // Whoever asked for an id, or for what one peer has, meant no other.
    const isNamed = from === undefined && this.#words.get(asker) === name;
    const others = isNamed ? this.#with.lookup.namesakes(name, id) : [];
    this.remove(asker);
    const { bytes = this.#with.library.contents.best(id)?.bytes ?? 0 } = known;
    const event = {
      ...({ type: 'download-completed', name, id, path, bytes } as const),
      ...({ fetchedBytes: 0, ms: 0, sources: [], alreadyHere: true } as const),
      ...(files === undefined ? {} : { files }),
      ...(others.length === 0 ? {} : { candidates: others }),
      ...(to === undefined || isSamePlace(to, path) ? {} : { notPutAt: resolve(to) }),
    };
    completeOne(asker, event, this.#with.tell);
  }

  async #find(
    word: string,
    options: DownloadOptions,
    asker: Asker,
    isLookedAt = false,
  ): Promise<void> {
    const begun =
      options.from === undefined ? await this.#with.unfinished.meantBy(word) : undefined;
    if (!this.#words.has(asker)) return;
    if (begun !== undefined) {
      // Whole and not yet noted as that, it may be gone since.
      await this.#with.received.stale(begun.id);
      if (!this.#words.has(asker)) return;
      return this.#with.begin(begun.id, begun.name, options, asker);
    }
    const found = await this.#with.lookup.find(word, options.from);
    if (!this.#words.has(asker)) return;
    switch (found.kind) {
      case 'trouble':
        return this.refuse(asker, found.trouble);
      case 'here':
        if (isLookedAt) return this.alreadyHere(asker, found, options);
        // Nobody watches what was downloaded: it may be gone or changed since.
        await this.#with.received.stale(found.id);
        return this.#find(word, options, asker, true);
      case 'offered':
        return this.#with.begin(found.id, found.name, options, asker);
      default:
        return unreachable(found);
    }
  }
}

/** Whether it lies where it was to go: there, or in that folder. */
function isSamePlace(to: string, path: string): boolean {
  const target = resolve(to);
  return target === path || target === dirname(path);
}
