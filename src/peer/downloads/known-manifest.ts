/** The manifest of something that is to be fetched, or was, where it is here. */
import { fileCount } from '#src/domain/content/entries.js';
import type { Manifest } from '#src/domain/content/manifest.js';
import type { ContentId } from '#src/domain/ids.js';
import type { ManifestStore } from '#src/io/content/manifest-store.js';
import type { DownloadRecord } from '#src/io/disk/database-rows.js';
import type { EntrySurroundings } from './download-entry.js';
import type { Surroundings } from './surroundings.js';

/** As it is here already; what its sender does not know to be here he is asked for, so that he does not learn it. */
export async function readManifest(
  { id, from }: DownloadRecord,
  { library, manifests, knowsOf }: Pick<Surroundings, 'manifests' | 'knowsOf'> & EntrySurroundings,
): Promise<Manifest | undefined> {
  const isSecret = from !== undefined && library.whole(id) !== undefined;
  return isSecret && !(await knowsOf(from, id)) ? undefined : manifests.read(id);
}

/** @returns how many files a content has, where its manifest is here. */
export async function filesOf(
  id: ContentId,
  manifests: Pick<ManifestStore, 'read'>,
): Promise<number | undefined> {
  const manifest = await manifests.read(id);
  return manifest && fileCount(manifest.entries);
}
