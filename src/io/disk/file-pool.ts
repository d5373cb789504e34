/**
 * Files kept open for reading, the least used closed first, so that a chunk of a large file costs no
 * opening. Never follows a link in the last component, never waits at a pipe put in a file's place.
 */
import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';
import { QuickDisk } from './quick-disk.js';

/** What a peer may keep open for its disk (the descriptors of a process are for its sockets). */
const KEPT_FILES = 32;

/** Windows has neither flag. */
export const READ_ONLY =
  constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** An open file in somebody's hands; `wasKept` if it was opened for somebody before. */
export type Lease = { readonly file: FileHandle; readonly wasKept: boolean };

type Kept = {
  readonly opened: Promise<FileHandle>;
  users: number;
  isForgotten: boolean;
};

/** A file that is gone, has become a link, a directory or a pipe, or is refused: its owner's doing. */
const GONE = new Set([
  'ENOENT',
  'ENOTDIR',
  'ELOOP',
  'EMLINK',
  'EISDIR',
  'EACCES',
  'EPERM',
  'ENXIO',
]);

/** @returns whether the system's error tells of the file, not of the disk or of this process. */
export function isGone(error: unknown): boolean {
  return GONE.has((error as NodeJS.ErrnoException).code ?? '');
}

/** Opens a file once, as the pool does. */
export function openToRead(path: string): Promise<FileHandle> {
  return open(path, READ_ONLY);
}

export class FilePool {
  /** For what is opened once and not kept. */
  readonly disk = new QuickDisk();
  readonly #kept = new Map<string, Kept>();
  /** None once it is closed: whoever still reads leaves nothing open behind. */
  #most: number;

  constructor(most = KEPT_FILES) {
    this.#most = most;
  }

  /** Runs `use` with the file open; it stays open while it is used. */
  async with<T>(path: string, use: (lease: Lease) => Promise<T>): Promise<T> {
    const wasKept = this.#kept.has(path);
    const known = this.#take(path);
    const file = await known.opened.catch((error: unknown) => {
      if (this.#kept.get(path) === known) this.#kept.delete(path);
      throw error;
    });
    try {
      return await use({ file, wasKept });
    } finally {
      await this.#giveBack(known);
    }
  }

  /** Opens it anew the next time. */
  async forget(path: string): Promise<void> {
    const known = this.#kept.get(path);
    if (known === undefined) return;
    this.#kept.delete(path);
    known.isForgotten = true;
    await closeUnused(known);
  }

  async close(): Promise<void> {
    this.#most = 0;
    await Promise.all([...this.#kept.keys()].map((path) => this.forget(path)));
  }

  #take(path: string): Kept {
    const known = this.#kept.get(path) ?? {
      opened: openToRead(path),
      users: 0,
      isForgotten: false,
    };
    this.#kept.delete(path);
    this.#kept.set(path, known);
    known.users += 1;
    return known;
  }

  async #giveBack(known: Kept): Promise<void> {
    known.users -= 1;
    await closeUnused(known);
    for (const [path, { users }] of this.#kept) {
      if (this.#kept.size <= this.#most) return;
      if (users === 0) await this.forget(path);
    }
  }
}

async function closeUnused(known: Kept): Promise<void> {
  if (known.isForgotten && known.users === 0) await (await known.opened).close();
}
