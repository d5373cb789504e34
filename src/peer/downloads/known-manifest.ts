/** The manifest of something that is to be fetched, where it is here. */
import type { Manifest } from '#src/domain/content/manifest.js';
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
