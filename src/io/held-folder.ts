/**
 * Folders held open while something is written below them. On Linux a child is named through the handle of its
 * folder, so whoever swaps a folder for a link at any moment changes where nothing goes; elsewhere each folder is
 * looked at before it is used, and the staging folder around them lets nobody else in.
 */
import { constants, existsSync } from 'node:fs';
import { type FileHandle, lstat, mkdir, open, readdir, rmdir, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { P2pError } from '#src/domain/errors.js';

/** Names of the handles of this process, whichever thread opened them; a container may lack them. */
const HANDLES = '/proc/self/fd';
const HAS_HANDLES = process.platform === 'linux' && existsSync(HANDLES);

const FOLDER = constants.O_RDONLY | (constants.O_DIRECTORY ?? 0) | (constants.O_NOFOLLOW ?? 0);

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
  const handle = await openFolder(path, name);
  return {
    at: (name) => `${HANDLES}/${handle.fd}/${name}`,
    sync: () => handle.sync(),
    close: () => handle.close(),
  };
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
    try {
      folder = await holdChild(parent, name, mode);
    } finally {
      await parent.close();
    }
  }
  return folder;
}

/** Holds a folder that must be reached through no link, nor its parent be one. */
export async function holdInside(path: string): Promise<HeldFolder> {
  const parent = await holdFolder(dirname(path));
  try {
    return await holdBelow(parent, [basename(path)]);
  } finally {
    await parent.close();
  }
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
  await mkdir(path, { mode }).catch((error: NodeJS.ErrnoException) => {
    // Another thread was first.
    if (error.code !== 'EEXIST') throw error;
  });
  return holdFolder(path, name);
}

async function openFolder(path: string, name: string): Promise<FileHandle> {
  try {
    return await open(path, FOLDER);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ELOOP' || code === 'ENOTDIR') throw noFolder(name, error);
    throw error;
  }
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
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function noFolder(name: string, cause?: unknown): P2pError {
  return new P2pError('io', `${name} is not a folder: move it away`, { cause });
}
