/** What an earlier run left of a download, to be shown as long as this one does not know better. */
import type { Manifest } from '#src/domain/content/manifest.js';
import type { ManifestStore } from '#src/io/content/manifest-store.js';
import type { DownloadRecord } from '#src/io/disk/database-rows.js';
import { stagedBytes } from '#src/io/fetch/staging.js';

export type StagedBefore = { readonly bytes: number; readonly totalBytes: number };

/**
 * Where what it consists of is not known yet, the draft that it was fetched by says how much is here, and how much that is of.
 * @param manifest where it is here. @returns undefined where neither is, or it cannot be read
 * @throws the system's errors where the draft's listing cannot be read
 */
export async function stagedBefore(
  { staging, draft }: Pick<DownloadRecord, 'staging' | 'draft'>,
  manifest: Manifest | undefined,
  manifests: Pick<ManifestStore, 'read'>,
): Promise<StagedBefore | undefined> {
  const listing = manifest ?? (draft && (await manifests.read(draft)));
  if (listing === undefined) return undefined;
  // What keeps it from being read is met, and said, by whoever goes on with it.
  const bytes = await stagedBytes(staging, listing).catch(() => undefined);
  return bytes === undefined ? undefined : { bytes, totalBytes: listing.bytes };
}
