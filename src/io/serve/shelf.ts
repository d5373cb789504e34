/** What this peer serves: each content with where its bytes lie and which chunks of it are here. */
import { Subject } from 'rxjs';
import { ChunkSet, type Ranges } from '#src/domain/content/chunk-set.js';
import type { ContentSource } from '#src/domain/content/content-source.js';
import { HASH_BYTES } from '#src/domain/content/hash.js';
import type { HashRun } from '#src/domain/content/hash-run.js';
import { chunkLength } from '#src/domain/content/layout.js';
import { type Manifest, pagesOf } from '#src/domain/content/manifest.js';
import type { ContentId, PeerId } from '#src/domain/ids.js';
import { MiB } from '#src/domain/limits.js';
import { RangeSet } from '#src/domain/range-set.js';
import { type ContentReader, openContent } from '#src/io/content/chunk-reader.js';
import type { HashesMessage, SignedRuns } from '#src/io/content/hash-runs.js';
import { type ManifestStore, openManifestStore } from '#src/io/content/manifest-store.js';
import { FilePool } from '#src/io/disk/file-pool.js';

/**
 * Manifests of the contents that are open for reading. Whoever asks for one content after the other opens all
 * of them; the store's own cache has the same bound, and mostly the same manifests.
 */
const OPEN_BYTES = 64 * MiB;

type Shelved = {
  readonly source: ContentSource;
  /** Whom it is for; everybody where it is undefined. */
  readonly only: ReadonlySet<PeerId> | undefined;
  /** Of a draft: the hashes known so far; only those chunks are here. */
  readonly runs: SignedRuns | undefined;
  /** Nobody gets any of it for now. */
  isHeldBack: boolean;
  /** Once it was opened; it stays when the content is closed again. */
  have: ChunkSet | undefined;
  opened: Promise<Book | undefined> | undefined;
  /** Chunks that came before anybody asked for it, or while it could not be opened. */
  readonly early: RangeSet;
};

/** A content opened for reading. */
export type Book = {
  readonly manifest: Manifest;
  /** Cut once: for each page that is asked for, a million entries would be gone through. */
  readonly cut: ReturnType<typeof pagesOf>;
  readonly have: ChunkSet;
  /** Of a draft. */
  readonly runs: SignedRuns | undefined;
  readonly reader: ContentReader;
};

/** `hashes`: of a draft, what is to be said before. */
export type Gain = {
  readonly id: ContentId;
  readonly ranges: Ranges;
  readonly hashes?: readonly HashesMessage[];
};

export class Shelf {
  readonly #manifests: ManifestStore;
  readonly #files = new FilePool();
  readonly #contents = new Map<ContentId, Shelved>();
  /** The open ones and the bytes of their manifests, the least used first. */
  readonly #open = new Map<Shelved, number>();
  readonly #most: number;
  #openBytes = 0;
  readonly #gains = new Subject<Gain>();
  readonly #renewed = new Subject<ContentId>();

  /** @param manifests the folder of manifests. */
  constructor(manifests: string, openBytes = OPEN_BYTES) {
    this.#most = openBytes;
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

  /** @param only whom it is for, where it is not for everybody. */
  put(id: ContentId, source: ContentSource, only?: readonly PeerId[], runs?: SignedRuns): void {
    this.remove(id);
    const audience = only && new Set(only);
    const unopened = {
      isHeldBack: false,
      have: undefined,
      opened: undefined,
      early: new RangeSet(),
    };
    this.#contents.set(id, { source, only: audience, runs, ...unopened });
    this.#renewed.next(id);
  }

  /** It stays here and grows; who follows it hears all of it when it may be had again. */
  holdBack(id: ContentId, isHeldBack: boolean): void {
    const shelved = this.#contents.get(id);
    if (shelved === undefined) return;
    shelved.isHeldBack = isHeldBack;
    if (!isHeldBack) this.#renewed.next(id);
  }

  /** Takes a manifest that another thread has parsed. */
  keep(manifest: Manifest): void {
    this.#manifests.keep(manifest);
  }

  remove(id: ContentId): void {
    const shelved = this.#contents.get(id);
    if (shelved !== undefined) this.#shut(shelved);
    this.#contents.delete(id);
  }

  /** Chunks of a draft were hashed: they are there from now on. */
  async hashed(id: ContentId, run: HashRun): Promise<void> {
    const runs = this.#contents.get(id)?.runs;
    if (runs === undefined) return;
    const have = (await this.book(id))?.have;
    const hashes = runs.add(run);
    const ranges = [run.first, run.hashes.length / HASH_BYTES];
    have?.addRanges(ranges);
    this.#gains.next({ id, ranges, hashes });
  }

  /** Nothing is opened for that: a download of many files would be parsed here for nobody. */
  gain(id: ContentId, ranges: Ranges): void {
    const shelved = this.#contents.get(id);
    if (shelved === undefined) return;
    if (shelved.have === undefined) addRuns(shelved.early, ranges);
    else shelved.have.addRanges(ranges);
    this.#gains.next({ id, ranges });
  }

  /** @returns undefined where the content, or its manifest, is not here, is held back, or is not for this peer. */
  bookFor(peer: PeerId, id: ContentId): Promise<Book | undefined> {
    const shelved = this.#contents.get(id);
    const isFor = shelved?.only?.has(peer) ?? true;
    return isFor && shelved?.isHeldBack !== true ? this.book(id) : Promise.resolve(undefined);
  }

  /** For whomever. @returns undefined where the content, or its manifest, is not here. */
  book(id: ContentId): Promise<Book | undefined> {
    const shelved = this.#contents.get(id);
    if (shelved === undefined) return Promise.resolve(undefined);
    shelved.opened ??= this.#openBook(id, shelved);
    this.#touch(shelved);
    return shelved.opened;
  }

  /** It was used just now. */
  #touch(shelved: Shelved): void {
    const bytes = this.#open.get(shelved);
    if (bytes === undefined) return;
    this.#open.delete(shelved);
    this.#open.set(shelved, bytes);
  }

  /** Whoever reads it still, reads on. */
  #shut(shelved: Shelved): void {
    shelved.opened = undefined;
    this.#openBytes -= this.#open.get(shelved) ?? 0;
    this.#open.delete(shelved);
  }

  #makeRoom(opened: Shelved, bytes: number): void {
    this.#open.set(opened, bytes);
    this.#openBytes += bytes;
    for (const shelved of this.#open.keys()) {
      // One that is larger by itself is kept: to open it for every chunk would cost more.
      if (this.#openBytes <= this.#most || shelved === opened) return;
      this.#shut(shelved);
    }
  }

  async #openBook(id: ContentId, shelved: Shelved): Promise<Book | undefined> {
    try {
      const book = await this.#read(id, shelved);
      // A manifest may be on its way still: the next one who asks looks again.
      if (book === undefined) shelved.opened = undefined;
      else if (this.#contents.get(id) === shelved)
        this.#makeRoom(shelved, book.manifest.file.length);
      return book;
    } catch (error) {
      shelved.opened = undefined;
      throw error;
    }
  }

  async #read(id: ContentId, shelved: Shelved): Promise<Book | undefined> {
    const manifest = await this.#manifests.read(id);
    if (manifest === undefined) return undefined;
    const { chunks } = manifest.layout;
    const { source, runs } = shelved;
    shelved.have ??= ChunkSet.from(chunks, heldAtFirst(shelved, chunks));
    const { have, early } = shelved;
    for (let run = 0; run < early.runs; run += 1) {
      have.addRanges([early.startOf(run), early.endOf(run) - early.startOf(run)]);
    }
    const reader = openContent(source, manifest, this.#files);
    return { manifest, cut: pagesOf(manifest), have, runs, reader };
  }

  close(): Promise<void> {
    return this.#files.close();
  }
}

function addRuns(set: RangeSet, ranges: Ranges): void {
  for (let at = 0; at + 1 < ranges.length; at += 2) {
    const first = ranges[at] ?? 0;
    set.add(first, first + (ranges[at + 1] ?? 0));
  }
}

function heldAtFirst({ source, runs }: Shelved, chunks: number): Ranges {
  if (runs !== undefined)
    return runs.all.flatMap(({ first, hashes }) => [first, hashes.length / HASH_BYTES]);
  return source.kind === 'share' ? allOf(chunks) : source.have;
}

function allOf(chunks: number): Ranges {
  return chunks === 0 ? [] : [0, chunks];
}

/** @returns the bytes of a chunk, or undefined where this content has no such chunk or does not hold it. */
export function heldLength({ manifest, have }: Book, index: number): number | undefined {
  return have.has(index) ? chunkLength(manifest.layout, manifest.entries, index) : undefined;
}
