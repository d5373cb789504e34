/** Downloads that are staged, with a hasher that works on the spot. */
import { chunkLength } from '#src/domain/content/layout.js';
import { isChunk, type Manifest } from '#src/domain/content/manifest.js';
import type { ContentId } from '#src/domain/ids.js';
import { blake3Of } from '#src/io/content/blake3.js';
import { openContent } from '#src/io/content/chunk-reader.js';
import { FilePool } from '#src/io/disk/file-pool.js';
import { StagedDownload } from '#src/peer/downloads/staged-download.js';
import { tree, write } from './staged-content.js';

const NEVER = new AbortController().signal;

/** As the hasher does. */
export async function verify(manifest: Manifest, staging: string, chunks: readonly number[]) {
  const pool = new FilePool();
  const source = { kind: 'partial', path: staging, have: [] } as const;
  const reader = openContent(source, manifest, pool);
  const good: number[] = [];
  for (const index of chunks) {
    const bytes = new Uint8Array(chunkLength(manifest.layout, manifest.entries, index));
    const isRead = (await reader.readChunk(index, [bytes])) === 'ok';
    if (isRead && isChunk(manifest, index, bytes, blake3Of)) good.push(index);
  }
  await pool.close();
  return good;
}

/** @param known the drafts and contents whose listings are here; what lies elsewhere is of `tree`. @param rows of all downloads */
export function downloadOf(
  record: object,
  known: readonly Manifest[],
  verifying = verify,
  rows: readonly (readonly [string, unknown])[] = [],
  leftThere: (staging: string) => void = () => undefined,
) {
  const named = (id: ContentId) => known.find((manifest) => manifest.id === id);
  const hasherJobs = {
    verify: async (id: ContentId, staging: string, chunks: readonly number[]) =>
      verifying(named(id) as Manifest, staging, chunks),
    adopt: async (
      id: ContentId,
      staging: string,
      { path }: { path: string },
      chunks: readonly number[],
    ) => {
      const good = await verify(named(id) as Manifest, path, chunks);
      await write({ folder: '', staging, manifest: named(id) as Manifest }, tree, good);
      return good;
    },
  };
  const manifests = { read: async (id: ContentId) => named(id) };
  const all = async (table: string) => (table === 'downloads' ? rows : []);
  const home = { database: { all } };
  const around = { manifests, hasherJobs, home, kept: () => undefined };
  return new StagedDownload(record as never, around as never, { signal: NEVER, leftThere });
}

/** No other version is here. */
export const nothing = { bring: async () => undefined };
