/**
 * The contents of which chunks are kept: their files, their records and what they cost. It keeps what it is
 * told to; whether there is room is the keeper's business.
 */
import { join } from 'node:path';
import { ChunkSet, type Ranges } from '#src/domain/content/chunk-set.js';
import type { Manifest } from '#src/domain/content/manifest.js';
import type { ChunkIndex, ContentId, PeerId } from '#src/domain/ids.js';
import { parseContentId } from '#src/domain/ids.js';
import { costOf, type Quota } from '#src/domain/spread/quota.js';
import type { ManifestStore } from '#src/io/content/manifest-store.js';
import { type ChunkStore, listed, openChunkStore } from './chunk-store.js';
import {
  appendToKeptLog,
  type KeptChunk,
  type KeptHeader,
  mendKeptLog,
  readKeptLog,
  removeKeptLog,
  writeKeptLog,
} from './kept-log.js';

export type KeptNews =
  /** Said for every kept content when it is loaded, and when a new one is first kept. */
  | {
      readonly type: 'content-kept';
      readonly id: ContentId;
      readonly name: string;
      readonly bytes: number;
      readonly chunks: number;
      readonly have: Ranges;
    }
  | {
      readonly type: 'chunk-kept';
      readonly id: ContentId;
      readonly index: ChunkIndex;
      readonly from: PeerId;
    }
  /** Its chunks and its record are gone; its manifest stays, for whoever knows that nobody reads it. */
  | { readonly type: 'content-evicted'; readonly id: ContentId };

export type KeptContent = {
  readonly id: ContentId;
  readonly header: KeptHeader;
  readonly have: ChunkSet;
  /** What its chunks cost, shared ones too. */
  bytes: number;
  /** An append to its log has failed, perhaps half-way. */
  isTorn: boolean;
};

export class KeptContents {
  readonly #store: ChunkStore;
  readonly #records: string;
  readonly #manifests: ManifestStore;
  readonly #quota: Quota;
  readonly #emit: (event: KeptNews) => void;
  readonly #contents = new Map<ContentId, KeptContent>();

  constructor(
    root: string,
    manifests: ManifestStore,
    quota: Quota,
    emit: (event: KeptNews) => void,
  ) {
    this.#store = openChunkStore(root);
    this.#records = join(root, 'contents');
    this.#manifests = manifests;
    this.#quota = quota;
    this.#emit = emit;
  }

  get(id: ContentId): KeptContent | undefined {
    return this.#contents.get(id);
  }

  values(): Iterable<KeptContent> {
    return this.#contents.values();
  }

  /** Bytes the disk can take. */
  room(): Promise<number> {
    return this.#store.room();
  }

  /** Reads what earlier lives kept and says it; what is not whole any more is forgotten. */
  async load(): Promise<void> {
    for (const name of await listed(this.#records)) {
      const id = parseContentId(name);
      if (id === undefined) await removeKeptLog(join(this.#records, name));
      else await this.#loadContent(id);
    }
    await this.#store.sweep((name) => this.#quota.has(name));
  }

  /** What keeping this chunk will cost, with the manifest where it is the first of its content. */
  async costOf(manifest: Manifest, chunk: KeptChunk): Promise<number> {
    const brought = await this.#broughtBytes(manifest);
    const isDoubled = this.#quota.has(chunk.hash);
    return (isDoubled ? 0 : costOf(chunk.bytes)) + (brought > 0 ? costOf(brought) : 0);
  }

  /**
   * Writes a proven chunk, then its record: what a crash leaves between the two is swept at the next start. Once
   * it resolves, both outlast a power loss.
   * @param name what the content is called, where this is its first chunk.
   */
  async add(name: string, manifest: Manifest, chunk: KeptChunk, bytes: Uint8Array): Promise<void> {
    const { id } = manifest;
    const manifestBytes = await this.#broughtBytes(manifest);
    if (manifestBytes > 0) await this.#manifests.write(manifest);
    if (!this.#quota.has(chunk.hash)) await this.#store.put(chunk.hash, bytes);
    const known = this.#contents.get(id);
    if (known !== undefined) return this.#append(known, chunk);
    await this.#manifests.sync(id);
    const { chunks } = manifest.layout;
    const header = { name, bytes: manifest.bytes, chunks, manifestBytes, giver: chunk.giver };
    await writeKeptLog(this.#logOf(id), { header, chunks: [chunk] });
    const content = this.#open(id, header);
    this.#count(content, chunk);
    this.#sayKept(content);
  }

  async #append(content: KeptContent, chunk: KeptChunk): Promise<void> {
    const path = this.#logOf(content.id);
    if (content.isTorn) await mendKeptLog(path);
    content.isTorn = true;
    await appendToKeptLog(path, chunk);
    content.isTorn = false;
    this.#count(content, chunk);
  }

  /** Its manifest stays: others may be reading it, and whoever owns that folder knows when nobody does. */
  async evict(id: ContentId): Promise<void> {
    const log = await readKeptLog(this.#logOf(id));
    // First the log: files that nobody remembers are swept, remembered ones that are gone are a lie.
    await removeKeptLog(this.#logOf(id));
    this.#contents.delete(id);
    const manifestBytes = log?.header.manifestBytes ?? 0;
    if (log && manifestBytes > 0) this.#quota.charge(log.header.giver, -costOf(manifestBytes));
    for (const { hash } of log?.chunks ?? []) {
      if (this.#quota.drop(hash)) await this.#store.remove(hash);
    }
    this.#emit({ type: 'content-evicted', id });
  }

  /** Bytes of a manifest that is not here yet: its first chunk brings it. */
  async #broughtBytes(manifest: Manifest): Promise<number> {
    if (this.#contents.has(manifest.id)) return 0;
    const stored = await this.#manifests.read(manifest.id);
    return stored === undefined ? manifest.file.length : 0;
  }

  async #loadContent(id: ContentId): Promise<void> {
    const path = this.#logOf(id);
    const log = await readKeptLog(path);
    const isProven = log !== undefined && (await this.#manifests.read(id)) !== undefined;
    const chunks: KeptChunk[] = [];
    for (const chunk of isProven ? log.chunks : []) {
      if (await this.#store.holds(chunk.hash, chunk.bytes)) chunks.push(chunk);
    }
    if (log === undefined || chunks.length === 0) return removeKeptLog(path);
    // Always anew: a torn end must not stay before what is appended next.
    await writeKeptLog(path, { header: log.header, chunks });
    const content = this.#open(id, log.header);
    for (const chunk of chunks) this.#count(content, chunk);
    this.#sayKept(content);
  }

  #open(id: ContentId, header: KeptHeader): KeptContent {
    const content = { id, header, have: new ChunkSet(header.chunks), bytes: 0, isTorn: false };
    this.#contents.set(id, content);
    if (header.manifestBytes > 0) this.#quota.charge(header.giver, costOf(header.manifestBytes));
    return content;
  }

  #count(content: KeptContent, { index, bytes, giver, hash }: KeptChunk): void {
    if (!content.have.add(index)) return;
    content.bytes += costOf(bytes);
    this.#quota.add(hash, bytes, giver);
  }

  #sayKept({ id, header, have }: KeptContent): void {
    const { name, bytes, chunks } = header;
    this.#emit({ type: 'content-kept', id, name, bytes, chunks, have: have.toRanges() });
  }

  #logOf(id: ContentId): string {
    return join(this.#records, id);
  }
}
