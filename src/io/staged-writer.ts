/**
 * Writes proven chunks in their place in a staged download, from any thread: each chunk belongs to one piece of
 * one large file or to some whole small ones, so writers never meet in a file's length. After the bytes, the
 * chunk's number is appended to the journal: what stands there survives the death of the process.
 */
import { constants } from 'node:fs';
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { sizeOf } from '#src/domain/entries.js';
import { type Part, partsOf } from '#src/domain/layout.js';
import type { Manifest } from '#src/domain/manifest.js';
import { stagedPath } from './chunk-reader.js';

/** As of any new folder, less the umask: the staging folder around it keeps others out until it is whole. */
const FOLDER_MODE = 0o777;

const FILE_MODE = 0o666;

/** Never through a link; made where it is missing, for another source may have been first. */
const WRITE = constants.O_WRONLY | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0);

/** Small files of one pack that are written at once: libuv has four threads for files. */
const AT_ONCE = 4;

/** A journal entry: the chunk's number, u32 little endian. Shorter than any sector, so it is there or not. */
export const JOURNAL_ENTRY_BYTES = 4;

/** @returns where a staged download keeps its journal. */
export function journalPath(staging: string): string {
  return join(staging, 'journal');
}

type Waiting = {
  readonly index: number;
  readonly bytes: Uint8Array;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
};

export class StagedWriter {
  readonly #staging: string;
  readonly #manifest: Manifest;
  readonly #madeFolders = new Set<string>();
  #large: { readonly entry: number; readonly file: Promise<FileHandle> } | undefined;
  #journal: Promise<FileHandle> | undefined;
  readonly #waiting: Waiting[] = [];
  #isWriting = false;
  #work: Promise<unknown> = Promise.resolve();

  /** @param staging the download's staging folder, made before. */
  constructor(staging: string, manifest: Manifest) {
    this.#staging = staging;
    this.#manifest = manifest;
  }

  /**
   * Writes one proven chunk. Writes follow each other; those that wait are noted in the journal together.
   * @throws the system's errors (ENOSPC, EIO).
   */
  write(index: number, bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ index, bytes, resolve, reject });
      if (this.#waiting.length === 1 && !this.#isWriting) this.#work = this.#writeWaiting();
    });
  }

  async close(): Promise<void> {
    await this.#work;
    await (await this.#large?.file.catch(() => undefined))?.close();
    await (await this.#journal?.catch(() => undefined))?.close();
  }

  async #writeWaiting(): Promise<void> {
    this.#isWriting = true;
    while (this.#waiting.length > 0) await this.#writeSome(this.#waiting.splice(0));
    this.#isWriting = false;
  }

  async #writeSome(some: readonly Waiting[]): Promise<void> {
    const written: Waiting[] = [];
    for (const one of some) {
      try {
        await this.#writeBytes(one.index, one.bytes);
        written.push(one);
      } catch (error) {
        one.reject(error);
      }
    }
    try {
      await this.#note(written.map(({ index }) => index));
      for (const one of written) one.resolve();
    } catch (error) {
      for (const one of written) one.reject(error);
    }
  }

  async #writeBytes(index: number, bytes: Uint8Array): Promise<void> {
    const { layout, entries } = this.#manifest;
    const parts = partsOf(layout, entries, index);
    const [first] = parts;
    if (index < layout.largeChunks && first !== undefined) await this.#writeLarge(first, bytes);
    else await this.#writePack(parts, bytes);
  }

  async #writeLarge(part: Part, bytes: Uint8Array): Promise<void> {
    if (this.#large?.entry !== part.entry) {
      await (await this.#large?.file)?.close();
      this.#large = { entry: part.entry, file: this.#open(part.entry) };
    }
    await writeFully(await this.#large.file, bytes, part.fileOffset);
  }

  async #writePack(parts: readonly Part[], bytes: Uint8Array): Promise<void> {
    const queue = parts[Symbol.iterator]();
    const worker = async () => {
      for (const part of queue) {
        const file = await this.#open(part.entry);
        try {
          await writeFully(
            file,
            bytes.subarray(part.chunkOffset, part.chunkOffset + part.bytes),
            0,
          );
        } finally {
          await file.close();
        }
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
  }

  async #open(entry: number): Promise<FileHandle> {
    const path = stagedPath(this.#staging, this.#manifest, entry);
    await this.#makeFolder(dirname(path));
    const file = await open(path, WRITE, FILE_MODE);
    // Its full length at once: the disk lays it out in one piece, and a short file is never taken for whole.
    const size = sizeOf(this.#manifest.entries, entry);
    if ((await file.stat()).size !== size) await file.truncate(size);
    return file;
  }

  async #makeFolder(folder: string): Promise<void> {
    if (this.#madeFolders.has(folder)) return;
    await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
    this.#madeFolders.add(folder);
  }

  async #note(chunks: readonly number[]): Promise<void> {
    if (chunks.length === 0) return;
    this.#journal ??= open(journalPath(this.#staging), 'a', FILE_MODE);
    const entries = Buffer.alloc(chunks.length * JOURNAL_ENTRY_BYTES);
    chunks.forEach((index, at) => void entries.writeUInt32LE(index, at * JOURNAL_ENTRY_BYTES));
    await (await this.#journal).appendFile(entries);
  }
}

async function writeFully(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  let written = 0;
  while (written < bytes.length) {
    const left = bytes.length - written;
    const { bytesWritten } = await file.write(bytes, written, left, position + written);
    written += bytesWritten;
  }
}
