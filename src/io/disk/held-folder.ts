/**
 * Folders held open while something is written below them. On Linux a child is named through the handle of its
 * folder, so whoever swaps a folder for a link at any moment changes where nothing goes; elsewhere each folder is
 * looked at before it is used, and the staging folder around them lets nobody else in.
 */
import { closeSync, constants, existsSync, fsync, mkdirSync, openSync } from 'node:fs';
import { type FileHandle, lstat, mkdir, open, readdir, rmdir, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { P2pError } from '#src/domain/errors.js';
import { QuickDisk } from './quick-disk.js';

/** Names of the handles of this process, whichever thread opened them; a container may lack them. */
const HANDLES = '/proc/self/fd';
const HAS_HANDLES = process.platform === 'linux' && existsSync(HANDLES);

const FOLDER = constants.O_RDONLY | (constants.O_DIRECTORY ?? 0) | (constants.O_NOFOLLOW ?? 0);

/** Small files of one pack may lie in many folders, each held for a moment. */
const disk = new QuickDisk();

export type HeldFolder = {
  /** @returns the path of a child for a system call, good until `close`. */
  at(name: string): string;
  /** Makes what was created, renamed or removed in it outlast a power loss. */
  sync(): Promise<void>;
  close(): Promise<void>;
};

/** @throws P2pError `io` where it is a link or a file, which is told as `name`; the system's errors */
export async function holdFolder(path: string, name = path): Promise<HeldFolder> {
  if (!HAS_HANDLES) return walkedFolder(path, name);
  try {
    return await disk.use(
      () => heldHere(openSync(path, FOLDER)),
      async () => heldElsewhere(await open(path, FOLDER)),
    );
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ELOOP' || code === 'ENOTDIR') throw noFolder(name, error);
    throw error;
  }
}

/** Its number is forgotten with its end: the system gives it to the next file, and nothing may go there. */
function heldHere(opened: number): HeldFolder {
  let file = opened;
  return {
    at: (name) => `${HANDLES}/${file}/${name}`,
    sync: () => syncDescriptor(file),
    close: async () => {
      const ended = file;
      file = -1;
      closeSync(ended);
    },
  };
}

function heldElsewhere(file: FileHandle): HeldFolder {
  return {
    at: (name) => `${HANDLES}/${file.fd}/${name}`,
    sync: () => file.sync(),
    close: () => file.close(),
  };
}

/** Makes what was written through an open descriptor outlast a power loss, without waiting for it on this thread. */
export function syncDescriptor(file: number): Promise<void> {
  return new Promise((resolve, reject) => {
    fsync(file, (error) => (error === null ? resolve() : reject(error)));
  });
}

/**
 * Walks down from a held folder, through no link.
 * @param mode where missing folders are to be made. The caller closes what is returned, and still `top`.
 */
export async function holdBelow(
  top: HeldFolder,
  names: readonly string[],
  mode?: number,
): Promise<HeldFolder> {
  let folder = await holdChild(top, names[0] ?? '.', mode);
  for (const name of names.slice(1)) {
    const parent = folder;
    folder = await leaving(parent, () => holdChild(parent, name, mode));
  }
  return folder;
}

/** Holds a folder that must be reached through no link, nor its parent be one. */
export async function holdInside(path: string): Promise<HeldFolder> {
  const parent = await holdFolder(dirname(path));
  return leaving(parent, () => holdBelow(parent, [basename(path)]));
}

/** Lets go of a folder for one below it; where either fails neither stays open. */
async function leaving(parent: HeldFolder, below: () => Promise<HeldFolder>): Promise<HeldFolder> {
  let child: HeldFolder | undefined;
  try {
    child = await below();
  } finally {
    await parent.close().catch(async (error: unknown) => {
      await child?.close();
      throw error;
    });
  }
  return child;
}

/** Runs `work` with a folder held as by `holdInside`. */
export async function withFolder<T>(
  path: string,
  work: (folder: HeldFolder) => Promise<T>,
): Promise<T> {
  const folder = await holdInside(path);
  try {
    return await work(folder);
  } finally {
    await folder.close();
  }
}

/** Removes a child and all below it, following no link; nothing where there is nothing. */
export async function removeBelow(folder: HeldFolder, name: string): Promise<void> {
  try {
    await unlink(folder.at(name));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return;
    // What `unlink` says of a folder: EISDIR on Linux, EPERM elsewhere.
    if (code !== 'EISDIR' && code !== 'EPERM') throw error;
    const child = await holdBelow(folder, [name]);
    try {
      for (const one of await readdir(child.at('.'))) await removeBelow(child, one);
    } finally {
      await child.close();
    }
    await rmdir(folder.at(name));
  }
}

async function holdChild(top: HeldFolder, name: string, mode?: number): Promise<HeldFolder> {
  const path = top.at(name);
  try {
    return await holdFolder(path, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || mode === undefined) throw error;
  }
  try {
    await disk.use(
      () => mkdirSync(path, { mode }),
      () => mkdir(path, { mode }),
    );
  } catch (error) {
    // Another thread was first.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return holdFolder(path, name);
}

async function walkedFolder(path: string, name: string): Promise<HeldFolder> {
  if (!(await lstat(path)).isDirectory()) throw noFolder(name);
  return {
    at: (name) => join(path, name),
    sync: () => syncFolder(path),
    close: async () => undefined,
  };
}

/** Windows cannot sync what is open for reading only. */
const READ_WRITE = constants.O_RDWR | (constants.O_NOFOLLOW ?? 0);

/** Makes what was written to a file outlast a power loss. */
export async function syncFile(path: string): Promise<void> {
  const file = await open(path, READ_WRITE);
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes a rename in `folder` outlast a power loss. Windows cannot open folders and needs no such thing. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const held = await disk.use(
    () => heldHere(openSync(folder, 'r')),
    async () => heldElsewhere(await open(folder, 'r')),
  );
  try {
    await held.sync();
  } finally {
    await held.close();
  }
}

function noFolder(name: string, cause?: unknown): P2pError {
  return new P2pError('io', `${name} is not a folder: move it away`, { cause });
}
