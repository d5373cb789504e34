/** What this peer serves: each content with where its bytes lie and which chunks of it are here. */
import { Subject } from 'rxjs';
import { ChunkSet, type Ranges } from '#src/domain/chunk-set.js';
import type { ContentSource } from '#src/domain/content-source.js';
import type { ContentId } from '#src/domain/ids.js';
import { chunkLength } from '#src/domain/layout.js';
import type { Manifest } from '#src/domain/manifest.js';
import { type ContentReader, openContent } from './chunk-reader.js';
import { createFilePool } from './file-pool.js';
import { type ManifestStore, openManifestStore } from './manifest-store.js';

type Shelved = {
  readonly source: ContentSource;
  opened: Promise<Book | undefined> | undefined;
  /** Gains that came while it could not be opened. */
  readonly early: Ranges[];
};

/** A content opened for reading. */
export type Book = {
  readonly manifest: Manifest;
  readonly have: ChunkSet;
  readonly reader: ContentReader;
};

export type Gain = { readonly id: ContentId; readonly ranges: Ranges };

export class Shelf {
  readonly #manifests: ManifestStore;
  readonly #files = createFilePool();
  readonly #contents = new Map<ContentId, Shelved>();
  readonly #gains = new Subject<Gain>();
  readonly #renewed = new Subject<ContentId>();

  /** @param manifests the folder of manifests. */
  constructor(manifests: string) {
    this.#manifests = openManifestStore(manifests);
  }

  /** Chunks that became available, as they do. */
  get gains() {
    return this.#gains.asObservable();
  }

  /** Contents put, for the first time or anew: what is here of them may be other chunks than before. */
  get renewed() {
    return this.#renewed.asObservable();
  }

  put(id: ContentId, source: ContentSource): void {
    this.#contents.set(id, { source, opened: undefined, early: [] });
    this.#renewed.next(id);
  }

  remove(id: ContentId): void {
    this.#contents.delete(id);
  }

  async gain(id: ContentId, ranges: Ranges): Promise<void> {
    const shelved = this.#contents.get(id);
    const book = await this.book(id);
    if (book === undefined) shelved?.early.push(ranges);
    if (book === undefined) return;
    book.have.addRanges(ranges);
    this.#gains.next({ id, ranges });
  }

  /** @returns undefined where the content, or its manifest, is not here. */
  book(id: ContentId): Promise<Book | undefined> {
    const shelved = this.#contents.get(id);
    if (shelved === undefined) return Promise.resolve(undefined);
    shelved.opened ??= this.#open(id, shelved);
    return shelved.opened;
  }

  async #open(id: ContentId, shelved: Shelved): Promise<Book | undefined> {
    try {
      const book = await this.#read(id, shelved.source);
      for (const ranges of shelved.early.splice(0)) book?.have.addRanges(ranges);
      // A manifest may be on its way still: the next one who asks looks again.
      if (book === undefined) shelved.opened = undefined;
      return book;
    } catch (error) {
      shelved.opened = undefined;
      throw error;
    }
  }

  async #read(id: ContentId, source: ContentSource): Promise<Book | undefined> {
    const manifest = await this.#manifests.read(id);
    if (manifest === undefined) return undefined;
    const { chunks } = manifest.layout;
    const have =
      source.kind === 'share' ? ChunkSet.full(chunks) : ChunkSet.from(chunks, source.have);
    return { manifest, have, reader: openContent(source, manifest, this.#files) };
  }

  close(): Promise<void> {
    return this.#files.close();
  }
}

/** @returns the bytes of a chunk, or undefined where this content has no such chunk or does not hold it. */
export function heldLength({ manifest, have }: Book, index: number): number | undefined {
  return have.has(index) ? chunkLength(manifest.layout, manifest.entries, index) : undefined;
}
