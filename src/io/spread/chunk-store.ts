/**
 * Chunks as files by hash, `<root>/<first two hex digits>/<hash>`, where any thread may read them. A chunk is
 * there whole and on the disk, or not at all: others count on the copies we say we keep.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { roomOnDisk } from '#src/domain/spread/quota.js';
import { syncFolder } from '#src/io/disk/held-folder.js';
import { absentAs } from '#src/io/disk/missing.js';

const FOLDER = /^[0-9a-f]{2}$/;

export type ChunkStore = {
  /** @param name the hash of `bytes` in hexadecimal, proven by the caller. */
  put(name: string, bytes: Uint8Array): Promise<void>;
  remove(name: string): Promise<void>;
  /** Whether the chunk is here with exactly so many bytes. */
  holds(name: string, bytes: number): Promise<boolean>;
  /** Removes whatever a crash left behind: files that are not `kept`. */
  sweep(isKept: (name: string) => boolean): Promise<void>;
  /** Bytes the disk can take before its floor is reached. */
  room(): Promise<number>;
};

export function openChunkStore(root: string): ChunkStore {
  const pathOf = (name: string) => join(root, name.slice(0, 2), name);
  return {
    put: (name, bytes) => writeSynced(pathOf(name), bytes),
    remove: (name) => rm(pathOf(name), { force: true }),
    async holds(name, bytes) {
      const there = await stat(pathOf(name)).catch(absentAs(undefined));
      return there?.size === bytes;
    },
    async sweep(isKept) {
      for (const folder of await listed(root)) {
        if (!FOLDER.test(folder)) continue;
        for (const name of await listed(join(root, folder))) {
          if (!isKept(name)) await rm(join(root, folder, name), { force: true });
        }
      }
    },
    async room() {
      const { bavail, blocks, bsize } = await statfs(root);
      return roomOnDisk(bavail * bsize, blocks * bsize);
    },
  };
}

/** Writes a file that is there whole, and stays so through a power loss, once this resolves. */
export async function writeSynced(path: string, bytes: Uint8Array): Promise<void> {
  await makeFolder(dirname(path));
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(bytes);
      await file.datasync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Makes a folder whose name outlasts a power loss. */
async function makeFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true });
  if (first !== undefined) await syncFolder(dirname(first));
}

/** @returns the names in a folder, none where there is no folder. */
export function listed(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch(absentAs([]));
}
