/**
 * Puts the files of a staged folder into one that is there already: what did not come with it at first. Nothing in it is
 * overwritten: a file that is there and the same stays, and beside one that is another the new one gets a name that is free.
 */
import { constants, type Stats } from 'node:fs';
import { lstat, open } from 'node:fs/promises';
import { join } from 'node:path';
import { isFile, pathOf } from '#src/domain/content/entries.js';
import type { Manifest } from '#src/domain/content/manifest.js';
import { P2pError } from '#src/domain/errors.js';
import { MiB } from '#src/domain/limits.js';
import { type HeldFolder, holdBelow, withFolder } from '#src/io/disk/held-folder.js';
import { missingAs } from '#src/io/disk/missing.js';
import { MOST_NAMES, numbered, placeFile } from './place-file.js';
import { stagedNames } from './staged-place.js';
import { FOLDER_MODE } from './staged-writer.js';

const READ_NO_LINK = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0);

/** Two of them are in memory while files are compared. */
const BLOCK_BYTES = MiB;

export async function isFolder(path: string): Promise<boolean> {
  return (await lstat(path).catch(missingAs(undefined)))?.isDirectory() === true;
}

/**
 * Done again after a run that ended in the middle it changes nothing more. What is staged stays.
 * @param into reached through no link. @throws P2pError `io` where something else stands in the place of a folder, `exists`;
 * the system's errors
 */
export async function joinStaged(
  staging: HeldFolder,
  manifest: Pick<Manifest, 'kind' | 'entries'>,
  into: string,
): Promise<void> {
  const { entries } = manifest;
  const synced = new Set<string>();
  await withFolder(into, async (top) => {
    for (let entry = 0; entry < entries.count; entry += 1) {
      const names = pathOf(entries, entry).split('/');
      const parent = await holdBelow(top, ['.', ...names.slice(0, -1)], FOLDER_MODE);
      try {
        const last = names.at(-1) ?? '';
        if (isFile(entries, entry))
          await joinFile(staging.at(join(...stagedNames(manifest, entry))), parent, last);
        else await (await holdBelow(parent, [last], FOLDER_MODE)).close();
        await parent.sync();
      } finally {
        await parent.close();
      }
      await syncAbove(top, names.slice(0, -1), synced);
    }
  });
}

/** A folder whose own name is lost takes along what lies in it. @param synced folders whose names are safe already. */
async function syncAbove(
  top: HeldFolder,
  names: readonly string[],
  synced: Set<string>,
): Promise<void> {
  for (let depth = names.length; depth > 0; depth -= 1) {
    const path = names.slice(0, depth).join('/');
    if (synced.has(path)) return;
    const parent = await holdBelow(top, ['.', ...names.slice(0, depth - 1)]);
    try {
      await parent.sync();
    } finally {
      await parent.close();
    }
    synced.add(path);
  }
}

async function joinFile(staged: string, folder: HeldFolder, name: string): Promise<void> {
  for (let attempt = 0; attempt < MOST_NAMES; attempt += 1) {
    const path = folder.at(numbered(name, 'file', attempt));
    if (await placeFile(staged, path)) return;
    if (await isSame(staged, path)) return;
  }
  throw new P2pError('exists', `${name} exists already; nothing was overwritten`);
}

/** Byte by byte: what is there may be as long, and another. */
async function isSame(one: string, other: string): Promise<boolean> {
  const looks: readonly Stats[] = await Promise.all([lstat(one), lstat(other)]);
  const [size] = looks.map((look) => (look.isFile() ? look.size : -1));
  if (looks.some((look) => !look.isFile() || look.size !== size)) return false;
  const files = [await open(one, READ_NO_LINK)];
  try {
    files.push(await open(other, READ_NO_LINK));
    for (let at = 0; at < (size ?? 0); at += BLOCK_BYTES) {
      const [left, right] = await Promise.all(files.map((file) => blockAt(file, at)));
      if (left === undefined || right === undefined || !left.equals(right)) return false;
    }
    return true;
  } finally {
    await Promise.all(files.map((file) => file.close()));
  }
}

async function blockAt(file: Awaited<ReturnType<typeof open>>, at: number): Promise<Buffer> {
  const block = Buffer.alloc(BLOCK_BYTES);
  const { bytesRead } = await file.read(block, 0, BLOCK_BYTES, at);
  return block.subarray(0, bytesRead);
}
