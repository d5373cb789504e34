/** Removes what nothing refers to any more: manifests and looks of contents that were let go of. */
import type { Dirent } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { basename, join, sep } from 'node:path';
import { boundSegments } from '#src/io/content/segment-store.js';
import type { DownloadRecord } from '#src/io/disk/database-rows.js';
import { missingAs } from '#src/io/disk/missing.js';
import { laidOutBy } from '#src/io/fetch/laid-out.js';
import { namesStaged } from '#src/io/fetch/staging-folder.js';
import type { Home } from '#src/peer/home.js';
import { fingerprintsOf, sentFingerprints } from './share-paths.js';

/**
 * Runs before any actor: nobody writes meanwhile. What is kept for others has its record in the store; without
 * its manifest it would be lost, so those stay.
 */
export async function sweepHome(home: Home): Promise<void> {
  const { database, folders } = home;
  const hashed = await database.all('hashed');
  const received = await database.all('received');
  const downloads = await database.all('downloads');
  const sends = await database.all('sends');
  const kept = (await entriesOf(join(folders.store, 'contents'))).map(({ name }) => name);
  const ids = [...hashed, ...received, ...downloads, ...sends].map(([, { id }]) => id as string);
  const offered = sends.flatMap(([, { isOpen, draft }]) => (isOpen ? [draft as string] : []));
  const fetched = downloads.flatMap(([, { draft }]) => (draft === undefined ? [] : [draft]));
  // What nobody sent was fetched by what it is, which is known.
  const sent = downloads.flatMap(([, one]) => (one.draft === undefined ? [] : [one]));
  const staged = await stagedBy(sent);
  const listings = [...offered, ...fetched, ...kept];
  // What lies on a disk that cannot be read may be of any of them.
  if (staged !== undefined)
    await removeAllBut(folders.manifests, new Set([...ids, ...listings, ...staged]));
  await removeAllBut(folders.segments, new Set(ids));
  await boundSegments(folders.segments);
  const offers = sends.map(([, record]) => sentFingerprints(home, record));
  const others = [...hashed, ...received].map(([path]) => fingerprintsOf(home, path));
  const looks = [...others, ...offers].map((path) => basename(path));
  await removeAllBut(folders.fingerprints, new Set(looks));
  const open = sends.flatMap(([, { isOpen, path }]) => (isOpen ? [path] : []));
  await removeUploads(folders.uploads, open);
}

/** Shares of them ended with the peer; offers did not. @param open where lies what is still offered. */
async function removeUploads(folder: string, open: readonly string[]): Promise<void> {
  for (const { name } of await entriesOf(folder)) {
    const upload = join(folder, name);
    const isOffered = open.some((path) => path === upload || path.startsWith(upload + sep));
    if (!isOffered) await rm(upload, { recursive: true, force: true });
  }
}

/**
 * What is staged may have come by a content that it is no more: without its listing it would be lost.
 * @returns undefined where one of the folders cannot be read
 */
async function stagedBy(
  downloads: readonly DownloadRecord[],
): Promise<readonly string[] | undefined> {
  const folders = downloads.flatMap(({ staging, leftAt = [] }) => [staging, ...leftAt]);
  const all = await Promise.all(folders.map(listingsOf));
  return all.some((listings) => listings === undefined)
    ? undefined
    : all.flatMap((one) => one ?? []);
}

async function listingsOf(staging: string): Promise<readonly string[] | undefined> {
  if ((await namesStaged(staging)) === undefined) return undefined;
  try {
    const layout = await laidOutBy(staging);
    return layout === undefined ? [] : [layout.by, layout.earlier?.by ?? layout.by];
  } catch {
    // What keeps it from being read is met, and said, by whoever goes on with it.
    return undefined;
  }
}

async function removeAllBut(folder: string, wanted: ReadonlySet<string>): Promise<void> {
  for (const entry of await entriesOf(folder)) {
    // A folder is none of ours, whoever put it there.
    if (entry.isDirectory()) continue;
    const { name } = entry;
    if (!wanted.has(name)) await rm(join(folder, name), { force: true });
  }
}

function entriesOf(folder: string): Promise<readonly Dirent[]> {
  return readdir(folder, { withFileTypes: true }).catch(missingAs([]));
}
