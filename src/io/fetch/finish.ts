/**
 * The last step of a download: everything staged is synced, gets its place under a name that is free, and the
 * rename itself is synced. Until then nothing is visible there; afterwards all of it is, whole and proven.
 */
import { constants } from 'node:fs';
import { lstat, open, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isFile, sizeOf } from '#src/domain/content/entries.js';
import type { Manifest } from '#src/domain/content/manifest.js';
import { P2pError } from '#src/domain/errors.js';
import { type HeldFolder, holdBelow, syncFolder, withFolder } from '#src/io/disk/held-folder.js';
import { missingAs } from '#src/io/disk/missing.js';
import { applyHints } from './draft-staging.js';
import { isFolder, joinStaged } from './join.js';
import { MOST_NAMES, numbered, placeFile, renameIfFree } from './place-file.js';
import { notePlacing } from './placed.js';
import { stagedName, stagedNames } from './staged-place.js';
import { FOLDER_MODE } from './staged-writer.js';
import { syncWhole } from './staging-sync.js';

export type Target = {
  readonly path: string;
  /** Whether another name may be taken where this one is not free. */
  readonly mayRename: boolean;
  /** What its sender listed, who was accepted: files get the times, and the right to be run, that he says. */
  readonly draft?: Manifest | undefined;
  /** A folder that it becomes a part of, where that is there. */
  readonly into?: string | undefined;
};

/**
 * Puts a complete staged download in its place. Its staging folder stays, with a note of where that is, until
 * whoever asked has made sure that the download is remembered as done, and removes it.
 * @param synced entries of its journal that were synced before, all that counts if the disk fails now.
 * @returns the path it got.
 * @throws P2pError `exists`, or the system's errors; the staged download stays then
 */
export async function finishStaged(
  staging: string,
  manifest: Manifest,
  synced: number,
  target: Target,
): Promise<string> {
  const path = await withFolder(staging, async (folder) => {
    await makeEmptyEntries(folder, manifest);
    if (target.draft !== undefined) await applyHints(folder, manifest, target.draft);
    await syncWhole(staging, manifest, synced);
    const { into } = target;
    if (into !== undefined && (await isFolder(into))) {
      await joinStaged(folder, manifest, into);
      return into;
    }
    return placeStaged(folder, manifest.kind, target);
  });
  await syncFolder(dirname(path));
  return path;
}

/**
 * A placed file loses the name it was staged under: that changes its change time, by which later whoever serves it
 * sees whether it is still the one that was noted. To be called before it is noted.
 */
export async function loseStagedName(staging: string): Promise<void> {
  await withFolder(staging, (folder) => unlink(folder.at(stagedName('file')))).catch(
    missingAs(undefined),
  );
}

/** What belongs to no chunk: empty files and folders, and the folder of an empty share. */
async function makeEmptyEntries(staging: HeldFolder, manifest: Manifest): Promise<void> {
  const { entries, kind } = manifest;
  if (kind === 'directory') await makeFolder(staging, [stagedName(kind)]);
  for (let entry = 0; entry < entries.count; entry += 1) {
    if (sizeOf(entries, entry) > 0) continue;
    const path = stagedNames(manifest, entry);
    if (isFile(entries, entry)) await makeFile(staging, path);
    else await makeFolder(staging, path);
  }
}

async function makeFolder(staging: HeldFolder, path: readonly string[]): Promise<void> {
  await (await holdBelow(staging, path, FOLDER_MODE)).close();
}

async function makeFile(staging: HeldFolder, path: readonly string[]): Promise<void> {
  const flags = constants.O_WRONLY | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0);
  const folder = await holdBelow(staging, path.slice(0, -1), FOLDER_MODE);
  try {
    await (await open(folder.at(path.at(-1) ?? ''), flags)).close();
  } finally {
    await folder.close();
  }
}

/**
 * Gives what is staged as `data` (a file) or `tree` its name, or the next one that is free.
 * @returns the path it got. @throws P2pError `exists`, or the system's errors
 */
export async function placeStaged(
  staging: HeldFolder,
  kind: Manifest['kind'],
  target: Target,
): Promise<string> {
  const staged = stagedName(kind);
  for (let attempt = 0; attempt < MOST_NAMES; attempt += 1) {
    const path = numbered(target.path, kind, attempt);
    await notePlacing(staging, staged, path);
    const placeOne = kind === 'file' ? placeFile : placeFolder;
    if (await placeOne(staging.at(staged), path)) return path;
    if (!target.mayRename) break;
  }
  throw new P2pError('exists', `${target.path} exists already; nothing was overwritten`);
}

async function placeFolder(from: string, to: string): Promise<boolean> {
  if (!(await lstat(from)).isDirectory()) throw new P2pError('io', 'what was staged was replaced');
  try {
    return await renameIfFree(from, to);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOTEMPTY' || code === 'EEXIST' || code === 'ENOTDIR') return false;
    throw error;
  }
}
