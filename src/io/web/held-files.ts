/**
 * The bytes of files that are here, or on their way here: read where they lie, chunk by chunk, and each chunk proven
 * before any byte of it leaves. What is not here yet is waited for.
 */
import { findEntry, isFile, pathOf, sizeOf } from '#src/domain/content/entries.js';
import { chunkLength, chunksOf, partsOf } from '#src/domain/content/layout.js';
import { isChunk, type Manifest } from '#src/domain/content/manifest.js';
import { P2pError } from '#src/domain/errors.js';
import { blake3Of } from '#src/io/content/blake3.js';
import { openContent } from '#src/io/content/chunk-reader.js';
import { openManifestStore } from '#src/io/content/manifest-store.js';
import { FilePool } from '#src/io/disk/file-pool.js';
import type { ByteRange } from './byte-range.js';
import type { Located, Waits } from './calls.js';

/**
 * @param chunk which is wanted. @param waits where it is to be waited for: it is there then, or does not come soon.
 * Rejects with `not-found`, `ambiguous`
 */
export type Locate = (share: string, chunk: number, waits?: Waits) => Promise<Located>;

export type HeldFile = {
  /** Tells these bytes from all others. */
  readonly tag: string;
  /** What its owner calls it. */
  readonly name: string;
  readonly bytes: number;
  /** @throws P2pError `timed-out`, `changed` */
  read(range: ByteRange): AsyncGenerator<Uint8Array>;
};

export class HeldFiles {
  readonly #manifests;
  readonly #files = new FilePool();
  readonly #locate: Locate;

  /** @param manifests the folder of manifests by id. */
  constructor(manifests: string, locate: Locate) {
    this.#manifests = openManifestStore(manifests);
    this.#locate = locate;
  }

  /** @param path of a file in it, where it is a folder. @throws P2pError `not-found`, `ambiguous`, `usage` */
  async open(share: string, path: string | undefined): Promise<HeldFile> {
    const { id, name } = await this.#locate(share, 0);
    const manifest = await this.#manifests.read(id);
    if (manifest === undefined) {
      throw new P2pError('not-found', `what ${name} consists of is not known yet: ask again soon`);
    }
    const entry = entryOf(manifest, name, path);
    return {
      tag: `${id}-${entry}`,
      name: path?.split('/').at(-1) ?? name,
      bytes: sizeOf(manifest.entries, entry),
      read: (range) => this.#read(manifest, entry, range),
    };
  }

  close(): Promise<void> {
    return this.#files.close();
  }

  async *#read(manifest: Manifest, entry: number, { from, to }: ByteRange) {
    const { layout, entries } = manifest;
    const [first, count] = chunksOf(layout, entries, entry);
    const skipped = count > 1 ? Math.floor(from / layout.chunkBytes) : 0;
    for (let index = first + skipped; index < first + count; index += 1) {
      const part = partsOf(layout, entries, index).find((one) => one.entry === entry);
      if (part === undefined || part.fileOffset >= to) return;
      const chunk = await this.#chunk(manifest, index);
      const at = part.chunkOffset - part.fileOffset;
      const end = Math.min(to, part.fileOffset + part.bytes);
      yield chunk.subarray(at + Math.max(from, part.fileOffset), at + end);
    }
  }

  async #chunk(manifest: Manifest, index: number): Promise<Uint8Array> {
    let unreadAt: string | undefined;
    for (;;) {
      const { source, has, name } = await this.#locate(manifest.id, index, { unreadAt });
      if (!has) {
        throw new P2pError('timed-out', `the next part of ${name} does not come: ask again later`);
      }
      const bytes = new Uint8Array(chunkLength(manifest.layout, manifest.entries, index));
      const answer = await openContent(source, manifest, this.#files).readChunk(index, [bytes]);
      if (answer === 'ok' && isChunk(manifest, index, bytes, blake3Of)) return bytes;
      if (source.kind === 'share') throw new P2pError('changed', `${name} was changed meanwhile`);
      unreadAt = source.path;
    }
  }
}

/** @throws P2pError `usage`, `not-found` */
function entryOf({ kind, entries }: Manifest, name: string, path: string | undefined): number {
  if (kind === 'file') {
    if (path === undefined) return 0;
    throw new P2pError('not-found', `${name} is a file: there is nothing in it`);
  }
  if (path === undefined)
    throw new P2pError('usage', `${name} is a folder: say which \`path\` of it`);
  const entry = findEntry(entries, new TextEncoder().encode(path));
  if (entry >= 0 && isFile(entries, entry) && pathOf(entries, entry) === path) return entry;
  throw new P2pError('not-found', `there is no file of that path in ${name}`);
}
