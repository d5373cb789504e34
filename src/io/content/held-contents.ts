/** The contents this machine can read chunks of, by id, wherever each of them lies. */
import type { ContentSource } from '#src/domain/content/content-source.js';
import { chunkLength } from '#src/domain/content/layout.js';
import type { Manifest } from '#src/domain/content/manifest.js';
import type { ContentId } from '#src/domain/ids.js';
import { FilePool } from '#src/io/disk/file-pool.js';
import { type ContentReader, openContent } from './chunk-reader.js';
import { type ManifestStore, openManifestStore } from './manifest-store.js';

export type OpenedContent = { readonly manifest: Manifest; readonly reader: ContentReader };

export class HeldContents {
  readonly #manifests: ManifestStore;
  readonly #files = new FilePool();
  readonly #sources = new Map<ContentId, ContentSource>();

  /** @param manifests the folder of manifests by id. */
  constructor(manifests: string) {
    this.#manifests = openManifestStore(manifests);
  }

  /** Takes a manifest that another thread has parsed. */
  keep(manifest: Manifest): void {
    this.#manifests.keep(manifest);
  }

  /** @returns the bytes of each chunk, undefined where the manifest is not here: then it is not held. */
  async hold(id: ContentId, source: ContentSource): Promise<Uint32Array | undefined> {
    const manifest = await this.#manifests.read(id);
    if (manifest === undefined) return undefined;
    this.#sources.set(id, source);
    const { layout, entries } = manifest;
    return Uint32Array.from({ length: layout.chunks }, (_, index) =>
      chunkLength(layout, entries, index),
    );
  }

  letGo(id: ContentId): void {
    this.#sources.delete(id);
  }

  /** @returns undefined where it is not held, or its manifest is gone. */
  async open(id: ContentId): Promise<OpenedContent | undefined> {
    const source = this.#sources.get(id);
    const manifest = source && (await this.#manifests.read(id));
    return source && manifest && { manifest, reader: openContent(source, manifest, this.#files) };
  }

  close(): Promise<void> {
    return this.#files.close();
  }
}
