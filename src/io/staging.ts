/**
 * Where a download grows until it is whole: a folder of its own in `.p2p-partial` beside its target, so that the
 * last step is a rename within one file system. It holds `data` or `tree/`, the journal of chunks written, and
 * how far they have been synced.
 */
import { lstat, mkdir, rmdir, statfs, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ChunkSet } from '#src/domain/chunk-set.js';
import { isFile } from '#src/domain/entries.js';
import { P2pError } from '#src/domain/errors.js';
import type { ChunkIndex, ContentId } from '#src/domain/ids.js';
import { chunkLength, partsOf } from '#src/domain/layout.js';
import { MiB } from '#src/domain/limits.js';
import type { Manifest } from '#src/domain/manifest.js';
import { STAGING_NAME } from '#src/domain/name.js';
import { bootId } from './boot-id.js';
import { stagedPath } from './chunk-reader.js';
import {
  type HeldFolder,
  holdFolder,
  removeBelow,
  syncFile,
  syncFolder,
  withFolder,
} from './held-folder.js';
import {
  cutJournal,
  mendJournal,
  missingAs,
  readJournal,
  readSynced,
  rewriteJournal,
  syncJournal,
  writeSynced,
} from './journal.js';

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

/** @returns the staging folder of a content that will end up in `folder`. */
export function stagingFolder(folder: string, id: ContentId): string {
  return join(folder, STAGING_NAME, id);
}

/**
 * Makes the folder, checks the free space and reads what is there from before.
 * @throws P2pError `disk-full`, `io`; the system's errors
 */
export async function prepareStaging(staging: string, manifest: Manifest): Promise<Staged> {
  await makeStaging(staging);
  return withFolder(staging, async (folder) => {
    await voidWithoutData(folder, manifest);
    await mendJournal(folder);
    const journal = await readJournal(folder, manifest.layout.chunks);
    const { boot, entries } = await readSynced(folder);
    const settled = Math.min(entries, journal.length);
    const sound = boot === (await bootId()) ? journal.length : settled;
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
  await syncOrLose(staging, from, () => syncChunks(staging, manifest, have.values()));
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
        await syncChunks(staging, manifest, journal.slice(from));
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

async function syncChunks(
  staging: string,
  manifest: Manifest,
  chunks: Iterable<number>,
): Promise<void> {
  const files = new Set<number>();
  for (const index of chunks) {
    for (const { entry } of partsOf(manifest.layout, manifest.entries, index)) files.add(entry);
  }
  await syncEntries(staging, manifest, files);
}

/** Syncs staged files, and the folders on the way to them: a file whose name is lost is lost. */
async function syncEntries(
  staging: string,
  manifest: Manifest,
  entries: Iterable<number>,
): Promise<void> {
  const folders = new Set([staging]);
  const queue = entries[Symbol.iterator]();
  const worker = async () => {
    for (let next = queue.next(); !next.done; next = queue.next()) {
      const path = stagedPath(staging, manifest, next.value);
      for (let up = dirname(path); up.length > staging.length; up = dirname(up)) folders.add(up);
      if (isFile(manifest.entries, next.value)) await syncFile(path);
      else folders.add(path);
    }
  };
  await Promise.all(Array.from({ length: SYNCED_AT_ONCE }, worker));
  for (const folder of folders) await syncFolder(folder);
}

/** Removes a download's staging, and the common folder with the last of them. */
export async function removeStaging(staging: string): Promise<void> {
  const common = dirname(staging);
  await inTurn(common, async () => {
    const folder = await holdFolder(common).catch(missingAs(undefined));
    if (folder === undefined) return;
    try {
      await removeBelow(folder, basename(staging));
    } finally {
      await folder.close();
    }
    await rmdir(common).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST' && error.code !== 'ENOENT')
        throw error;
    });
  });
}

const turns = new Map<string, Promise<void>>();

/** One after the other for a folder: nobody removes it while somebody is about to use it. */
function inTurn(folder: string, work: () => Promise<void>): Promise<void> {
  const done = (turns.get(folder) ?? Promise.resolve()).then(work);
  const turn = done.catch(() => undefined);
  turns.set(folder, turn);
  void turn.then(() => turns.get(folder) === turn && turns.delete(folder));
  return done;
}

/** Two folders that only their owner can enter; one that is there already is looked at when it is held. */
function makeStaging(staging: string): Promise<void> {
  const common = dirname(staging);
  return inTurn(common, async () => {
    await makePrivate(common);
    const folder = await holdFolder(common);
    try {
      await makePrivate(folder.at(basename(staging)));
    } finally {
      await folder.close();
    }
  });
}

async function makePrivate(path: string): Promise<void> {
  await mkdir(path, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
}

/**
 * Nothing counts where what the journal speaks of is gone. A file that has another name has been in its place once
 * and may be changed under that name: it is the user's by now, and nothing is written into it.
 */
async function voidWithoutData(folder: HeldFolder, { kind }: Manifest): Promise<void> {
  const path = folder.at(kind === 'file' ? 'data' : 'tree');
  const found = await lstat(path).catch(missingAs(undefined));
  const isElsewhere = found?.isFile() === true && found.nlink > 1;
  if (found !== undefined && !isElsewhere) return;
  await cutJournal(folder, 0);
  if (isElsewhere) await unlink(path);
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
