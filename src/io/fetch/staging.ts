/**
 * Where a download grows until it is whole: a folder of its own in `.p2p-partial` beside its target, so that the
 * last step is a rename within one file system. It holds `data` or `tree/`, the journal of chunks written, and
 * how far they have been synced. Here it is made and read; how it gets to the disk is in staging-sync.ts.
 */
import { lstat, readdir, statfs, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ChunkSet } from '#src/domain/content/chunk-set.js';
import { chunkLength } from '#src/domain/content/layout.js';
import type { Manifest } from '#src/domain/content/manifest.js';
import { P2pError } from '#src/domain/errors.js';
import type { ChunkIndex } from '#src/domain/ids.js';
import { MiB } from '#src/domain/limits.js';
import { bootId } from '#src/io/disk/boot-id.js';
import { type HeldFolder, holdBelow, removeBelow, withFolder } from '#src/io/disk/held-folder.js';
import { missingAs } from '#src/io/disk/missing.js';
import {
  cutJournal,
  JOURNAL,
  journalIn,
  mendJournal,
  readJournal,
  readSynced,
  SYNCED,
  writeSynced,
} from './journal.js';
import { PLACED } from './placed.js';
import { stagedName, stagedPath } from './staged-place.js';
import { makeStaging } from './staging-folder.js';
import { filesOf } from './staging-sync.js';

/** Left free for everybody else: a full disk breaks more than a download. */
const FREE_FLOOR_BYTES = 512 * MiB;
const FREE_FLOOR_SHARE = 0.01;

export type Staged = {
  /** Chunks that count. */
  readonly have: ChunkSet;
  /** Not known to be what they are to be: written before the machine went down and never synced. To be hashed before they count. */
  readonly doubtful: readonly ChunkIndex[];
  /** Entries of the journal that outlast a power loss. */
  readonly synced: number;
};

/**
 * Makes the folder, checks the free space and reads what is there from before.
 * @param relaid chunks that lie there without being in the journal, and are in doubt, too
 * @throws P2pError `disk-full`, `io`; the system's errors
 */
export async function prepareStaging(
  staging: string,
  manifest: Manifest,
  relaid: readonly ChunkIndex[] = [],
): Promise<Staged> {
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
    const unproven = [...journal.slice(sound), ...relaid];
    const doubtful = new Set(unproven.filter((index) => !have.has(index)));
    // What turns out to be wrong is written over where it lies.
    const there = heldBytes(manifest, have) + heldBytes(manifest, doubtful);
    await checkFreeSpace(staging, manifest.bytes - there);
    // A mark beyond the journal's end would soon speak of entries that were never synced.
    if (journal.length === 0 || entries > journal.length) await writeSynced(folder, settled);
    // What counts because the machine has not gone down since is not synced by that.
    return { have, doubtful: [...doubtful], synced: settled };
  });
}

/** @returns how many bytes a set of chunks has. */
export function heldBytes({ layout, entries }: Manifest, have: ChunkSet | Set<number>): number {
  let bytes = 0;
  for (const index of have.values()) bytes += chunkLength(layout, entries, index);
  return bytes;
}

/**
 * @returns how many bytes an earlier run left of it, as its journal says; none of them is looked at.
 * @throws P2pError `io` where the staging folder is none; the system's errors
 */
export async function stagedBytes(staging: string, manifest: Manifest): Promise<number> {
  const { chunks } = manifest.layout;
  const journal = await withFolder(staging, (folder) => readJournal(folder, chunks)).catch(
    missingAs([]),
  );
  const have = new ChunkSet(chunks);
  for (const index of journal) have.add(index);
  return heldBytes(manifest, have);
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
  const name = stagedName(kind);
  const found = await lstat(folder.at(name)).catch(missingAs(undefined));
  const isOwn = kind === 'file' ? found?.isFile() && found.nlink === 1 : found?.isDirectory();
  if (isOwn === true) return loseLinked(folder, name);
  await cutJournal(folder, 0);
  await removeBelow(folder, name);
}

/**
 * A run that ended in the middle of joining a folder left files that are in it too: they lose the name they were staged
 * under, and what the journal speaks of is hashed again, for it is missing. What is not there yet costs nothing.
 */
async function loseLinked(folder: HeldFolder, name: string): Promise<void> {
  const found = await lstat(folder.at(name));
  if (found.isFile() && found.nlink > 1) return unlink(folder.at(name));
  if (!found.isDirectory()) return;
  const child = await holdBelow(folder, [name]);
  try {
    for (const one of await readdir(child.at('.'))) await loseLinked(child, one);
  } finally {
    await child.close();
  }
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

/** @param target named to the user; else the folder two levels above. @throws P2pError `disk-full` */
export async function checkFreeSpace(
  folder: string,
  needed: number,
  target = dirname(dirname(folder)),
): Promise<void> {
  const { bavail, blocks, bsize } = await statfs(folder);
  const floor = Math.max(FREE_FLOOR_BYTES, FREE_FLOOR_SHARE * blocks * bsize);
  const free = bavail * bsize;
  if (needed + floor <= free || needed === 0) return;
  throw new P2pError(
    'disk-full',
    `${Math.ceil(needed / MiB)} MiB are needed in ${target} besides the ${Math.ceil(floor / MiB)} MiB ` +
      `that are kept free, and only ${Math.floor(free / MiB)} MiB are free: ` +
      'make room, then `resume` it or ask for it again',
  );
}
