/**
 * The last step of a download: everything staged is synced, gets its place under a name that is free, and the
 * rename itself is synced. Until then nothing is visible there; afterwards all of it is, whole and proven.
 */
import { constants } from 'node:fs';
import { link, lstat, mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { isFile, pathOf, sizeOf } from '#src/domain/entries.js';
import { P2pError } from '#src/domain/errors.js';
import type { Manifest } from '#src/domain/manifest.js';
import { stagedPath } from './chunk-reader.js';
import { syncFolder } from './small-file.js';
import { removeStaging, syncEntries } from './staging.js';

/** After so many taken names something else is wrong. */
const MOST_NAMES = 1000;

/** NAME_MAX of Linux and macOS, in UTF-8 bytes; Windows takes as many UTF-16 units, which is never less. */
const NAME_BYTES = 255;

/** Said by file systems that have no hard links (FAT, some network mounts). */
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EXDEV']);

export type Target = {
  readonly path: string;
  /** Whether another name may be taken where this one is not free. */
  readonly mayRename: boolean;
};

/**
 * Puts a complete staged download in its place.
 * @returns the path it got.
 * @throws P2pError `exists`, or the system's errors; the staged download stays then
 */
export async function finishStaged(
  staging: string,
  manifest: Manifest,
  target: Target,
): Promise<string> {
  await makeEmptyEntries(staging, manifest);
  await syncEntries(staging, manifest, filesOf(manifest));
  if (manifest.kind === 'directory') await syncFolders(staging, manifest);
  const path = await place(staging, manifest, target);
  await syncFolder(dirname(path));
  await removeStaging(staging);
  return path;
}

/** What belongs to no chunk: empty files and folders, and the folder of an empty share. */
async function makeEmptyEntries(staging: string, manifest: Manifest): Promise<void> {
  const { entries } = manifest;
  if (manifest.kind === 'directory') await mkdir(join(staging, 'tree'), { recursive: true });
  for (let entry = 0; entry < entries.count; entry += 1) {
    const path = stagedPath(staging, manifest, entry);
    if (!isFile(entries, entry)) await mkdir(path, { recursive: true });
    else if (sizeOf(entries, entry) === 0) {
      await mkdir(dirname(path), { recursive: true });
      const flags = constants.O_WRONLY | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0);
      await (await open(path, flags)).close();
    }
  }
}

function* filesOf({ entries }: Manifest): Generator<number> {
  for (let entry = 0; entry < entries.count; entry += 1) if (isFile(entries, entry)) yield entry;
}

async function syncFolders(staging: string, { entries }: Manifest): Promise<void> {
  for (let entry = 0; entry < entries.count; entry += 1) {
    if (!isFile(entries, entry)) await syncFolder(join(staging, 'tree', pathOf(entries, entry)));
  }
  await syncFolder(join(staging, 'tree'));
}

async function place(staging: string, manifest: Manifest, target: Target): Promise<string> {
  for (let attempt = 0; attempt < MOST_NAMES; attempt += 1) {
    const path = numbered(target.path, manifest.kind, attempt);
    const isDone =
      manifest.kind === 'file'
        ? await placeFile(join(staging, 'data'), path)
        : await placeFolder(join(staging, 'tree'), path);
    if (isDone) return path;
    if (!target.mayRename) break;
  }
  throw new P2pError('exists', `${target.path} exists already; nothing was overwritten`);
}

/** `name.txt`, `name (1).txt`, `name (2).txt` ... ; a folder's name has no extension. */
function numbered(path: string, kind: 'file' | 'directory', attempt: number): string {
  if (attempt === 0) return path;
  const name = basename(path);
  const extension = kind === 'file' ? extname(name) : '';
  const number = ` (${attempt})`;
  const stem = shortened(name.slice(0, name.length - extension.length), number + extension);
  // An extension that leaves no room for a stem is the better part of the name, and shortened like one.
  const numberedName = stem === '' ? shortened(name, number) + number : stem + number + extension;
  return join(dirname(path), numberedName);
}

/** As much of the stem as there is room for before this ending, in whole characters. */
function shortened(stem: string, ending: string): string {
  let room = NAME_BYTES - Buffer.byteLength(ending);
  let kept = '';
  for (const character of stem) {
    room -= Buffer.byteLength(character);
    if (room < 0) break;
    kept += character;
  }
  return kept;
}

/** A link fails where the name is taken, which a rename would overwrite. @returns whether it was free. */
async function placeFile(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    await rm(from);
    return true;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (code === 'EEXIST') return isPlaced(from, to);
    if (!NO_LINKS.has(code)) throw error;
    return renameIfFree(from, to);
  }
}

/** Ended between the link and the removal, the last run left this very file under its final name. */
async function isPlaced(from: string, to: string): Promise<boolean> {
  const [staged, there] = await Promise.all([lstat(from), lstat(to)]);
  if (staged.ino !== there.ino || staged.dev !== there.dev) return false;
  await rm(from);
  return true;
}

async function placeFolder(from: string, to: string): Promise<boolean> {
  try {
    return await renameIfFree(from, to);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOTEMPTY' || code === 'EEXIST' || code === 'ENOTDIR') return false;
    throw error;
  }
}

async function renameIfFree(from: string, to: string): Promise<boolean> {
  try {
    await lstat(to);
    return false;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  await rename(from, to);
  return true;
}
