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

export class StagedWriter {
  readonly #staging: string;
  readonly #manifest: Manifest;
  readonly #madeFolders = new Set<string>();
  #large: { readonly entry: number; readonly file: Promise<FileHandle> } | undefined;
  #journal: Promise<FileHandle> | undefined;
  #work: Promise<unknown> = Promise.resolve();

  /** @param staging the download's staging folder, made before. */
  constructor(staging: string, manifest: Manifest) {
    this.#staging = staging;
    this.#manifest = manifest;
  }

  /** Writes one proven chunk; writes follow each other. @throws the system's errors (ENOSPC, EIO). */
  write(index: number, bytes: Uint8Array): Promise<void> {
    const done = this.#work.then(() => this.#writeNow(index, bytes));
    this.#work = done.catch(() => undefined);
    return done;
  }

  async close(): Promise<void> {
    await this.#work;
    await (await this.#large?.file.catch(() => undefined))?.close();
    await (await this.#journal?.catch(() => undefined))?.close();
  }

  async #writeNow(index: number, bytes: Uint8Array): Promise<void> {
    const { layout, entries } = this.#manifest;
    const parts = partsOf(layout, entries, index);
    const [first] = parts;
    if (index < layout.largeChunks && first !== undefined) await this.#writeLarge(first, bytes);
    else await this.#writePack(parts, bytes);
    await this.#note(index);
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

  async #note(index: number): Promise<void> {
    this.#journal ??= open(journalPath(this.#staging), 'a', FILE_MODE);
    const entry = Buffer.alloc(JOURNAL_ENTRY_BYTES);
    entry.writeUInt32LE(index);
    await (await this.#journal).appendFile(entry);
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
