/**
 * Where what is uploaded lies until it is shared or sent: below the data folder, each upload in a folder of its own that
 * only its owner can enter. Every name passes the one gate, nothing is ever overwritten, and no file has its name before it
 * is whole.
 */
import { randomBytes } from 'node:crypto';
import { lstat, mkdir, open, readdir, rm, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { checkPath, type Platform } from '#src/domain/content/name.js';
import { P2pError, toRecord } from '#src/domain/errors.js';
import { GiB } from '#src/domain/limits.js';
import { roomOnDisk } from '#src/domain/spread/quota.js';
import { syncFolder } from '#src/io/disk/held-folder.js';
import { missingAs } from '#src/io/disk/missing.js';
import { placeFile } from '#src/io/fetch/place-file.js';

const PLATFORM: Platform = process.platform === 'win32' ? 'win32' : 'posix';

const OWNER_FOLDER = 0o700;
const OWNER_FILE = 0o600;

/** Where files are written until they are whole; no upload is called so. */
const COMING = '.coming';

/** As many as one page drops at once many times over. */
const MOST_UPLOADS = 64;

/** Of one upload: a folder with more is better shared where it lies. */
const MOST_FILES = 100_000;

/** The room is looked at once for so much: it takes a file seconds to fill it. */
const LOOK_BYTES = GiB / 4;

export class UploadStore {
  readonly #folder: string;
  readonly #mostFiles: number;
  /** Files put under each that lies here, in this life. */
  readonly #files = new Map<string, number>();
  /** An earlier life may have left some behind. */
  #emptied: Promise<void> | undefined;

  constructor(folder: string, mostFiles: number = MOST_FILES) {
    this.#folder = folder;
    this.#mostFiles = mostFiles;
  }

  /** @returns how many bytes came. @throws P2pError `bad-name`, `exists`, `limit`, `disk-full`, `io` */
  async put(upload: string, path: string, bytes: AsyncIterable<Uint8Array>): Promise<number> {
    const verdict = checkPath(path, PLATFORM);
    if (verdict.kind !== 'ok') {
      throw new P2pError('bad-name', `a file cannot be called so here: its path ${verdict.why}`);
    }
    await this.#admit(upload);
    const target = join(this.#folder, upload, ...path.split('/'));
    try {
      await mkdir(dirname(target), { recursive: true, mode: OWNER_FOLDER });
      // Told before its bytes have travelled.
      const there = await lstat(target).catch(missingAs(undefined));
      if (there !== undefined) throw taken(path);
      return await this.#write(target, path, bytes);
    } catch (error) {
      throw failureOf(error, path);
    }
  }

  async #write(target: string, path: string, bytes: AsyncIterable<Uint8Array>): Promise<number> {
    const coming = join(this.#folder, COMING);
    this.#emptied ??= rm(coming, { recursive: true, force: true });
    await this.#emptied;
    await mkdir(coming, { recursive: true, mode: OWNER_FOLDER });
    const made = join(coming, randomBytes(16).toString('hex'));
    try {
      const count = await written(made, bytes, () => this.#requireRoom());
      if (!(await placeFile(made, target))) throw taken(path);
      await syncFolder(dirname(target));
      return count;
    } finally {
      await rm(made, { force: true });
    }
  }

  async #admit(upload: string): Promise<void> {
    const all = await readdir(this.#folder).catch(missingAs<readonly string[]>([]));
    const others = new Set(all.filter((name) => name !== COMING));
    // Where it has gone, or never came, nothing is left to be counted.
    for (const counted of this.#files.keys()) {
      if (!others.has(counted)) this.#files.delete(counted);
    }
    if (others.size >= MOST_UPLOADS && !others.has(upload)) {
      const why = `${MOST_UPLOADS} uploads lie here: share or send them, or throw them away`;
      throw new P2pError('limit', why);
    }
    const files = this.#files.get(upload) ?? 0;
    if (files >= this.#mostFiles) {
      const why = `an upload takes ${this.#mostFiles} files at most: share the folder`;
      throw new P2pError('limit', why);
    }
    this.#files.set(upload, files + 1);
  }

  async #requireRoom(): Promise<void> {
    const { bavail, blocks, bsize } = await statfs(this.#folder);
    if (roomOnDisk(bavail * bsize, blocks * bsize) > 0) return;
    throw new P2pError('disk-full', 'the disk is full: make room, and upload it again');
  }
}

async function written(
  path: string,
  bytes: AsyncIterable<Uint8Array>,
  requireRoom: () => Promise<void>,
): Promise<number> {
  const file = await open(path, 'wx', OWNER_FILE);
  let count = 0;
  let looked = -LOOK_BYTES;
  try {
    for await (const part of bytes) {
      if (count - looked >= LOOK_BYTES) {
        await requireRoom();
        looked = count;
      }
      await file.writeFile(part);
      count += part.length;
    }
    // What is offered from here is offered after a power loss too.
    await file.sync();
    return count;
  } finally {
    await file.close();
  }
}

function taken(path: string): P2pError {
  return new P2pError('exists', `there is something called ${path} in this upload already`);
}

function failureOf(error: unknown, path: string): Error {
  const { code, message } = toRecord(error);
  if (error instanceof P2pError) return error;
  switch (code) {
    case 'EEXIST':
    case 'EISDIR':
    case 'ENOTDIR':
      return taken(path);
    case 'ENOSPC':
    case 'EDQUOT':
      return new P2pError('disk-full', 'the disk is full: make room, and upload it again');
    default:
      return new P2pError('io', `it could not be written: ${message}`, { cause: error });
  }
}
