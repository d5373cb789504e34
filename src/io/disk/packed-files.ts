/**
 * Files that travel in packs: small, and each opened for one reading or writing of all of it. Written ones are synced
 * while they are open: to open each again for that would cost as much as writing it did.
 */
import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
} from 'node:fs';
import { openToRead, READ_ONLY } from './file-pool.js';
import { type HeldFolder, syncDescriptor } from './held-folder.js';
import type { QuickDisk } from './quick-disk.js';
import { readInto, readIntoSync } from './read-into.js';
import { writeFullySync } from './write-fully.js';

/** Never through a link, and never emptied: what another source wrote may count already, and is the same. */
const WRITE = constants.O_WRONLY | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0);

/** Twice what libuv has threads for files, so that none of them waits for this one. */
const SYNCED_AT_ONCE = 8;

export type NewFile = {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Hears how it looks once it is synced. */
  readonly looked?: (look: BigIntStats) => void;
};

/** How a file looked after it was read; `short` where it ended too early. */
export type Read = BigIntStats | 'short';

/**
 * Fills the targets, in order, from the start of a file.
 * @returns at once where the disk is quick. @throws the system's errors, either way
 */
export function readPacked(
  disk: QuickDisk,
  path: string,
  targets: readonly Uint8Array[],
): Read | Promise<Read> {
  const here = () => readHere(path, targets);
  return disk.useHere(here) ?? disk.use(here, () => readElsewhere(path, targets));
}

function readHere(path: string, targets: readonly Uint8Array[]): Read {
  const file = openSync(path, READ_ONLY);
  try {
    return readIntoSync(file, targets) ? fstatSync(file, { bigint: true }) : 'short';
  } finally {
    closeSync(file);
  }
}

async function readElsewhere(path: string, targets: readonly Uint8Array[]): Promise<Read> {
  const file = await openToRead(path);
  try {
    return (await readInto(file, targets, 0)) ? await file.stat({ bigint: true }) : 'short';
  } finally {
    await file.close();
  }
}

/**
 * Writes files into a folder and syncs them. Writing goes to the page cache and is done on this thread; the sync
 * is what waits for a disk. @throws the system's errors; nothing is left open
 */
export async function writePacked(
  disk: QuickDisk,
  folder: HeldFolder,
  files: readonly NewFile[],
  mode: number,
): Promise<void> {
  for (let at = 0; at < files.length; at += SYNCED_AT_ONCE) {
    await writeSome(disk, folder, files.slice(at, at + SYNCED_AT_ONCE), mode);
  }
}

async function writeSome(
  disk: QuickDisk,
  folder: HeldFolder,
  files: readonly NewFile[],
  mode: number,
): Promise<void> {
  const opened: number[] = [];
  try {
    for (const { name, bytes } of files) {
      const file = openSync(folder.at(name), WRITE, mode);
      opened.push(file);
      writeFullySync(file, bytes);
    }
    await syncAll(disk, opened);
    for (const [index, { bytes, looked }] of files.entries()) {
      const file = opened[index] ?? -1;
      let look = fstatSync(file, { bigint: true });
      if (look.size !== BigInt(bytes.length)) look = await cut(disk, file, bytes.length);
      looked?.(look);
    }
  } finally {
    closeAll(opened);
  }
}

async function syncAll(disk: QuickDisk, files: readonly number[]): Promise<void> {
  const left = files.filter((file) => disk.useHere(() => synced(file)) === undefined);
  if (left.length === 0) return;
  const syncing = left.map((file) =>
    disk.use<unknown>(
      () => synced(file),
      () => syncDescriptor(file),
    ),
  );
  // None is closed while another thread still works on it.
  await Promise.allSettled(syncing);
  await Promise.all(syncing);
}

function synced(file: number): true {
  fsyncSync(file);
  return true;
}

/** What an earlier try left behind its end goes. @returns how it looks now, synced. */
async function cut(disk: QuickDisk, file: number, bytes: number): Promise<BigIntStats> {
  ftruncateSync(file, bytes);
  await syncAll(disk, [file]);
  return fstatSync(file, { bigint: true });
}

/** Whatever the system says of one, the others do not stay open. */
function closeAll(files: readonly number[]): void {
  const [file, ...others] = files;
  if (file === undefined) return;
  try {
    closeSync(file);
  } finally {
    closeAll(others);
  }
}
