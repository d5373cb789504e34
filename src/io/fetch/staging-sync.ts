/**
 * How what is staged gets to the disk: files, the folders on the way to them, then the journal, then the mark that
 * says how far all of that goes. What could not be synced counts as lost.
 */
import { dirname } from 'node:path';
import type { ChunkSet } from '#src/domain/content/chunk-set.js';
import { compareBytes, type Entries, isFile, pathBytesOf } from '#src/domain/content/entries.js';
import { isPacked, partsOf } from '#src/domain/content/layout.js';
import type { Manifest } from '#src/domain/content/manifest.js';
import { syncFile, syncFolder, withFolder } from '#src/io/disk/held-folder.js';
import { missingAs } from '#src/io/disk/missing.js';
import {
  cutJournal,
  HASHES,
  readJournal,
  rewriteJournal,
  syncJournal,
  writeSynced,
} from './journal.js';
import { stagedPath } from './staged-place.js';

const SLASH = 0x2f;

/** Files opened at once to be synced. */
const SYNCED_AT_ONCE = 4;

/**
 * Starts the journal anew with what was found good, and counts it as of this start of the machine.
 * @param from how many entries were synced before, all that counts if the disk fails now.
 */
export async function settleStaging(
  staging: string,
  manifest: Manifest,
  have: ChunkSet,
  from: number,
): Promise<number> {
  await syncOrLose(staging, from, async () => {
    const files = filesOf(manifest, have.values());
    await syncPacked(staging, manifest, files);
    await syncEntries(staging, manifest, files);
  });
  // In this order: a new mark beside the old journal would vouch for the wrong chunks.
  await withFolder(staging, async (folder) => {
    await rewriteJournal(folder, have);
    await writeSynced(folder, have.count);
  });
  return have.count;
}

/**
 * Makes the chunks written so far outlast a power loss; `markSynced` then says so.
 * @param from how many entries of the journal were synced before. @returns how many are now.
 * @throws the system's errors; what was not synced counts as lost then
 */
export async function syncStaged(
  staging: string,
  manifest: Manifest,
  from: number,
): Promise<number> {
  return withFolder(staging, async (folder) => {
    const journal = await readJournal(folder, manifest.layout.chunks);
    if (journal.length > from) {
      await syncOrLose(staging, from, async () => {
        await syncEntries(staging, manifest, filesOf(manifest, journal.slice(from)));
        // A chunk that outlasts a power loss never has an older hash beside it.
        await syncFile(folder.at(HASHES)).catch(missingAs(undefined));
        await syncJournal(folder);
      });
    }
    return journal.length;
  });
}

/** Says how many entries are synced. Where that cannot be written they are synced all the same: it says less than is true. */
export async function markSynced(staging: string, entries: number): Promise<void> {
  await withFolder(staging, (folder) => writeSynced(folder, entries));
}

/** Syncs every staged file and folder. @param from as for `syncStaged`. */
export async function syncWhole(staging: string, manifest: Manifest, from: number): Promise<void> {
  const all = Array.from({ length: manifest.entries.count }, (_, entry) => entry);
  await syncOrLose(staging, from, () => syncEntries(staging, manifest, all));
}

/**
 * After a failed sync the system may have thrown away what it could not write, and says so only once: the first
 * `entries` of the journal count, the rest is fetched again.
 */
export async function loseUnsynced(staging: string, entries: number): Promise<void> {
  await withFolder(staging, (folder) => cutJournal(folder, entries));
}

async function syncOrLose(staging: string, from: number, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    await loseUnsynced(staging, from);
    throw error;
  }
}

/**
 * Syncs staged files, and the folders on the way to them: a file whose name is lost is lost. Those in packs were
 * synced when they were written.
 */
async function syncEntries(
  staging: string,
  manifest: Manifest,
  entries: Iterable<number>,
): Promise<void> {
  const folders = new Set([staging]);
  const files: string[] = [];
  const isNear = nearness(manifest.entries);
  for (const entry of entries) {
    const isFolder = !isFile(manifest.entries, entry);
    const isSynced = !isFolder && isPacked(manifest.layout, manifest.entries, entry);
    if (isNear(entry) && isSynced) continue;
    const path = stagedPath(staging, manifest, entry);
    let up = dirname(path);
    for (; !folders.has(up) && up.length > staging.length; up = dirname(up)) folders.add(up);
    if (isFolder) folders.add(path);
    else if (!isSynced) files.push(path);
  }
  await someAtOnce(files, syncFile);
  await someAtOnce(folders, syncFolder);
}

/** @returns a function that tells whether an entry lies in the same folder as the one asked for before. */
function nearness(entries: Entries): (entry: number) => boolean {
  let last: Uint8Array | undefined;
  return (entry) => {
    const path = pathBytesOf(entries, entry);
    const folder = path.subarray(0, Math.max(0, path.lastIndexOf(SLASH)));
    const isNear = last !== undefined && compareBytes(last, folder) === 0;
    last = folder;
    return isNear;
  };
}

async function someAtOnce(
  paths: Iterable<string>,
  sync: (path: string) => Promise<void>,
): Promise<void> {
  const queue = paths[Symbol.iterator]();
  const worker = async () => {
    for (let next = queue.next(); !next.done; next = queue.next()) await sync(next.value);
  };
  await Promise.all(Array.from({ length: SYNCED_AT_ONCE }, worker));
}

/** What was hashed again may have been written by others, who restored a backup for one, and sync nothing. */
async function syncPacked(
  staging: string,
  manifest: Manifest,
  entries: Iterable<number>,
): Promise<void> {
  for (const entry of entries) {
    const isOne = isPacked(manifest.layout, manifest.entries, entry);
    if (isOne) await syncFile(stagedPath(staging, manifest, entry));
  }
}

/** @returns the entries that a set of chunks has bytes of. */
export function filesOf(manifest: Manifest, chunks: Iterable<number>): ReadonlySet<number> {
  const files = new Set<number>();
  for (const index of chunks) {
    for (const { entry } of partsOf(manifest.layout, manifest.entries, index)) files.add(entry);
  }
  return files;
}
