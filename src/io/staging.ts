/**
 * Where a download grows until it is whole: a folder of its own in `.p2p-partial` beside its target, so that the
 * last step is a rename within one file system. It holds `data` or `tree/`, the journal of chunks written, and
 * how far they have been synced.
 */
import { lstat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ChunkSet } from '#src/domain/chunk-set.js';
import { isFile } from '#src/domain/entries.js';
import { P2pError } from '#src/domain/errors.js';
import type { ChunkIndex } from '#src/domain/ids.js';
import { chunkLength, isPacked, partsOf } from '#src/domain/layout.js';
import { MiB } from '#src/domain/limits.js';
import type { Manifest } from '#src/domain/manifest.js';
import { bootId } from './boot-id.js';
import { stagedPath } from './chunk-reader.js';
import { type HeldFolder, removeBelow, syncFile, syncFolder, withFolder } from './held-folder.js';
import {
  cutJournal,
  JOURNAL,
  journalIn,
  mendJournal,
  readJournal,
  readSynced,
  rewriteJournal,
  SYNCED,
  syncJournal,
  writeSynced,
} from './journal.js';
import { missingAs } from './missing.js';
import { PLACED } from './placed.js';
import { makeStaging } from './staging-folder.js';

/** Left free for everybody else: a full disk breaks more than a download. */
const FREE_FLOOR_BYTES = 512 * MiB;
const FREE_FLOOR_SHARE = 0.01;

/** Files opened at once to be synced. */
const SYNCED_AT_ONCE = 4;

export type Staged = {
  /** Chunks that count. */
  readonly have: ChunkSet;
  /** Written before the machine went down and never synced: to be hashed before they count. */
  readonly doubtful: readonly ChunkIndex[];
  /** Entries of the journal that outlast a power loss. */
  readonly synced: number;
};

/**
 * Makes the folder, checks the free space and reads what is there from before.
 * @throws P2pError `disk-full`, `io`; the system's errors
 */
export async function prepareStaging(staging: string, manifest: Manifest): Promise<Staged> {
  await makeStaging(staging);
  return withFolder(staging, async (folder) => {
    await clearNotes(folder);
    await voidWithoutData(folder, manifest);
    await mendJournal(folder);
    const journal = await readJournal(folder, manifest.layout.chunks);
    const { boot, entries } = await readSynced(folder);
    const settled = Math.min(entries, journal.length);
    const isSameBoot = boot === (await bootId());
    const isTouched = await isTouchedSince(staging, folder, manifest, journal);
    const sound = isTouched ? 0 : isSameBoot ? journal.length : settled;
    const have = new ChunkSet(manifest.layout.chunks);
    for (const index of journal.slice(0, sound)) have.add(index);
    const doubtful = new Set(journal.slice(sound).filter((index) => !have.has(index)));
    await checkFreeSpace(staging, manifest.bytes - heldBytes(manifest, have));
    // A mark beyond the journal's end would soon speak of entries that were never synced.
    if (journal.length === 0 || entries > journal.length) await writeSynced(folder, settled);
    // What counts because the machine has not gone down since is not synced by that.
    return { have, doubtful: [...doubtful], synced: settled };
  });
}

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

/** @returns how many bytes a set of chunks has. */
export function heldBytes(manifest: Manifest, have: ChunkSet): number {
  let bytes = 0;
  for (const index of have.values()) bytes += chunkLength(manifest.layout, manifest.entries, index);
  return bytes;
}

/**
 * Makes the chunks written so far outlast a power loss, then says so.
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
        await syncJournal(folder);
      });
    }
    await writeSynced(folder, journal.length);
    return journal.length;
  });
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
  for (const entry of entries) {
    const path = stagedPath(staging, manifest, entry);
    let up = dirname(path);
    for (; !folders.has(up) && up.length > staging.length; up = dirname(up)) folders.add(up);
    if (!isFile(manifest.entries, entry)) folders.add(path);
    else if (!isPacked(manifest.layout, manifest.entries, entry)) files.push(path);
  }
  await someAtOnce(files, syncFile);
  await someAtOnce(folders, syncFolder);
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

/** A folder in the place of a note would be in the way for ever. */
async function clearNotes(folder: HeldFolder): Promise<void> {
  for (const name of [JOURNAL, SYNCED, PLACED]) {
    const found = await lstat(folder.at(name)).catch(missingAs(undefined));
    if (found?.isDirectory() === true) await removeBelow(folder, name);
  }
}

/**
 * Nothing counts where what the journal speaks of is gone, or is something else. A file that has another name has been
 * in its place once and may be changed under that name: it is the user's by now, and nothing is written into it.
 */
async function voidWithoutData(folder: HeldFolder, { kind }: Manifest): Promise<void> {
  const name = kind === 'file' ? 'data' : 'tree';
  const found = await lstat(folder.at(name)).catch(missingAs(undefined));
  const isOwn = kind === 'file' ? found?.isFile() && found.nlink === 1 : found?.isDirectory();
  if (isOwn === true) return;
  await cutJournal(folder, 0);
  await removeBelow(folder, name);
}

/**
 * Whoever writes a chunk notes it afterwards: a file that was changed after the last note was being written when an
 * earlier run ended, or somebody else has been at it, and all is hashed again. The change time cannot be set back.
 */
async function isTouchedSince(
  staging: string,
  folder: HeldFolder,
  manifest: Manifest,
  journal: readonly number[],
): Promise<boolean> {
  if (journal.length === 0) return false;
  const noted = (await lstat(journalIn(folder), { bigint: true })).ctimeNs;
  for (const entry of filesOf(manifest, journal)) {
    const path = stagedPath(staging, manifest, entry);
    const found = await lstat(path, { bigint: true }).catch(missingAs(undefined));
    if (found === undefined || found.ctimeNs > noted) return true;
  }
  return false;
}

function filesOf(manifest: Manifest, chunks: Iterable<number>): ReadonlySet<number> {
  const files = new Set<number>();
  for (const index of chunks) {
    for (const { entry } of partsOf(manifest.layout, manifest.entries, index)) files.add(entry);
  }
  return files;
}

async function checkFreeSpace(folder: string, needed: number): Promise<void> {
  const { bavail, blocks, bsize } = await statfs(folder);
  const floor = Math.max(FREE_FLOOR_BYTES, FREE_FLOOR_SHARE * blocks * bsize);
  const free = bavail * bsize;
  if (needed + floor <= free || needed === 0) return;
  throw new P2pError(
    'disk-full',
    `${megabytes(needed)} MiB are needed in ${dirname(dirname(folder))} and ${megabytes(free)} are free ` +
      `(${megabytes(floor)} of them are kept free): make room or choose another place with --to`,
  );
}

function megabytes(bytes: number): number {
  return Math.ceil(bytes / MiB);
}
