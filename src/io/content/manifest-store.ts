/**
 * Manifests as files by content id in one folder, read by any thread. Each proves itself when it is read:
 * what is damaged is removed and counts as missing. Parsed ones are kept, the least used dropped first.
 */
import { open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { HASH_BYTES } from '#src/domain/content/hash.js';
import type { Manifest } from '#src/domain/content/manifest.js';
import { parseManifest } from '#src/domain/content/manifest.js';
import { ENTRY_PAGES, formOf, PAGE_BYTES } from '#src/domain/content/manifest-root.js';
import type { ContentId } from '#src/domain/ids.js';
import { LIMITS, MiB } from '#src/domain/limits.js';
import { syncFile, syncFolder } from '#src/io/disk/held-folder.js';
import { writeWhole } from '#src/io/disk/whole-file.js';
import { blake3Of } from './blake3.js';
import { withOwnHashes } from './shared-manifest.js';

/** Some dozens of ordinary shares, or one of a million files; the least that keeps serving cheap. */
const CACHE_BYTES = 64 * MiB;

/** No manifest is larger; a file that is was put there by somebody else and is not read. */
const LARGEST = LIMITS.manifestPageBytes + ENTRY_PAGES * PAGE_BYTES + LIMITS.chunks * HASH_BYTES;

export type ManifestStore = {
  /** @returns the manifest, or undefined where there is none or a damaged one. */
  read(id: ContentId): Promise<Manifest | undefined>;
  write(manifest: Manifest): Promise<void>;
  /** Takes one that another thread has proven and written, in shared memory, so that this one need not parse it. */
  keep(manifest: Manifest): void;
  /** @returns one that is parsed already, without waiting. */
  known(id: ContentId): Manifest | undefined;
  /** Makes one that was written outlast a power loss. @throws ENOENT where there is none */
  sync(id: ContentId): Promise<void>;
  remove(id: ContentId): Promise<void>;
};

export function openManifestStore(folder: string, cacheBytes = CACHE_BYTES): ManifestStore {
  const cache = createCache(cacheBytes);
  const reading = new Map<ContentId, Promise<Manifest | undefined>>();

  async function load(id: ContentId): Promise<Manifest | undefined> {
    const manifest = await readProven(join(folder, id), id);
    if (manifest !== undefined) cache.put(manifest);
    return manifest;
  }

  return {
    read(id) {
      const known = cache.get(id);
      if (known !== undefined) return Promise.resolve(known);
      const running = reading.get(id);
      if (running !== undefined) return running;
      const started = load(id).finally(() => reading.delete(id));
      reading.set(id, started);
      return started;
    },
    async write(manifest) {
      await writeWhole(join(folder, manifest.id), [manifest.file]);
      cache.put(withOwnHashes(manifest));
    },
    keep: (manifest) => cache.put(withOwnHashes(manifest)),
    known: (id) => cache.get(id),
    async sync(id) {
      await syncFile(join(folder, id));
      await syncFolder(folder);
    },
    async remove(id) {
      cache.drop(id);
      await rm(join(folder, id), { force: true });
    },
  };
}

async function readProven(path: string, id: ContentId): Promise<Manifest | undefined> {
  const bytes = await readBounded(path);
  if (bytes === undefined) return undefined;
  try {
    return parseManifest(bytes, id, blake3Of, formOf(bytes));
  } catch (error) {
    if (typeof (error as { code?: unknown }).code !== 'string') throw error;
    await rm(path, { force: true });
    return undefined;
  }
}

async function readBounded(path: string): Promise<Uint8Array | undefined> {
  try {
    const file = await open(path, 'r');
    try {
      const { size } = await file.stat();
      return size > LARGEST ? undefined : await file.readFile();
    } finally {
      await file.close();
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // A folder is none of ours, but no manifest could be written in its place.
    if (code === 'EISDIR') await rename(path, `${path}.damaged-${Date.now()}`);
    else if (code !== 'ENOENT') throw error;
    return undefined;
  }
}

/** A Map keeps the order of insertion: the first is the one not used for longest. */
function createCache(limitBytes: number) {
  const kept = new Map<ContentId, Manifest>();
  let bytes = 0;

  function drop(id: ContentId): void {
    bytes -= kept.get(id)?.file.length ?? 0;
    kept.delete(id);
  }

  return {
    drop,
    get(id: ContentId): Manifest | undefined {
      const manifest = kept.get(id);
      if (manifest === undefined) return undefined;
      kept.delete(id);
      kept.set(id, manifest);
      return manifest;
    },
    put(manifest: Manifest): void {
      drop(manifest.id);
      if (manifest.file.length > limitBytes) return;
      kept.set(manifest.id, manifest);
      bytes += manifest.file.length;
      for (const id of kept.keys()) {
        if (bytes <= limitBytes) return;
        drop(id);
      }
    },
  };
}
