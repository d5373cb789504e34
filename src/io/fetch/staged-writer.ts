/**
 * Writes proven chunks in their place in a staged download, from any thread: each chunk belongs to one piece of
 * one large file or to some whole small ones, so writers never meet in a file's length. After the bytes, the
 * chunk's number is appended to the journal: what stands there survives the death of the process.
 */
import { type BigIntStats, constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { sizeOf } from '#src/domain/content/entries.js';
import { HASH_BYTES } from '#src/domain/content/hash.js';
import { type Part, partsOf } from '#src/domain/content/layout.js';
import { chunkHashOf, type Manifest } from '#src/domain/content/manifest.js';
import { type Fingerprints, setLook } from '#src/io/content/fingerprints.js';
import { type HeldFolder, holdBelow, holdInside } from '#src/io/disk/held-folder.js';
import { type NewFile, writePacked } from '#src/io/disk/packed-files.js';
import { QuickDisk } from '#src/io/disk/quick-disk.js';
import { appendFullySync, writeFully } from '#src/io/disk/write-fully.js';
import { HASHES, JOURNAL_ENTRY_BYTES, journalIn } from './journal.js';
import { namesOf, stagedPlace } from './staged-place.js';

/** As of any new folder, less the umask: the staging folder around it keeps others out until it is whole. */
export const FOLDER_MODE = 0o777;

const FILE_MODE = 0o666;

/** Never through a link; made where it is missing, for another source may have been first. */
const WRITE = constants.O_WRONLY | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0);

type Waiting = {
  readonly index: number;
  readonly bytes: Uint8Array;
  /** Of a draft: the hash it was proven by; its sender may say another one by the time it is written. */
  readonly hash: Uint8Array | undefined;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
};

export class StagedWriter {
  readonly #path: string;
  readonly #manifest: Manifest;
  readonly #looks: Fingerprints | undefined;
  readonly #disk = new QuickDisk();
  #staging: Promise<HeldFolder> | undefined;
  #large: { readonly entry: number; readonly file: Promise<FileHandle> } | undefined;
  #journal: Promise<FileHandle> | undefined;
  #hashes: Promise<FileHandle> | undefined;
  readonly #waiting: Waiting[] = [];
  #isWriting = false;
  #work: Promise<unknown> = Promise.resolve();
  #closed: Promise<void> | undefined;

  /**
   * @param staging the download's staging folder, made before.
   * @param looks where to note how small files look once they are written: whoever serves them need not ask again.
   */
  constructor(staging: string, manifest: Manifest, looks?: Fingerprints) {
    this.#path = staging;
    this.#looks = looks;
    this.#manifest = manifest;
  }

  /**
   * Writes one chunk that was proven just now. Writes follow each other; those that wait are noted in the journal together.
   * @throws the system's errors (ENOSPC, EIO).
   */
  write(index: number, bytes: Uint8Array): Promise<void> {
    if (this.#closed !== undefined) return Promise.reject(new Error('written to after its end'));
    const isOfDraft = this.#manifest.form === 'draft';
    const hash = isOfDraft ? chunkHashOf(this.#manifest, index).slice() : undefined;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ index, bytes, hash, resolve, reject });
      if (this.#waiting.length === 1 && !this.#isWriting) this.#work = this.#writeWaiting();
    });
  }

  /** Resolves once everything is written and nothing is open; may be called again. */
  close(): Promise<void> {
    this.#closed ??= this.#work.then(() => this.#closeAll());
    return this.#closed;
  }

  async #closeAll(): Promise<void> {
    const opened = [this.#large?.file, this.#journal, this.#hashes, this.#staging];
    // Whoever opened it has heard why it could not be opened.
    for (const one of opened) await (await one?.catch(() => undefined))?.close();
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
        if (one.hash !== undefined) await this.#noteHash(one.index, one.hash);
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
      const before = this.#large;
      this.#large = undefined;
      await (await before?.file)?.close();
      this.#large = { entry: part.entry, file: this.#openLarge(part.entry) };
      this.#large.file.catch(() => {
        this.#large = undefined;
      });
    }
    await writeFully(await this.#large.file, bytes, part.fileOffset);
  }

  async #openLarge(entry: number): Promise<FileHandle> {
    const { folder: path, name } = stagedPlace(this.#manifest, entry);
    return this.#within(path, (folder) => this.#open(folder, name, entry));
  }

  /** Small files are synced as they are written. */
  async #writePack(parts: readonly Part[], bytes: Uint8Array): Promise<void> {
    for (const { folder: path, files } of this.#runsOf(parts, bytes)) {
      await this.#within(path, (folder) => writePacked(this.#disk, folder, files, FILE_MODE));
    }
  }

  async #open(folder: HeldFolder, name: string, entry: number): Promise<FileHandle> {
    const file = await open(folder.at(name), WRITE, FILE_MODE);
    try {
      // Its full length at once: the disk lays it out in one piece, and a short file is never taken for whole.
      const size = sizeOf(this.#manifest.entries, entry);
      if ((await file.stat()).size !== size) await file.truncate(size);
      return file;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Runs `work` with a folder of the staged tree held, made where it is missing. */
  async #within<T>(path: string, work: (folder: HeldFolder) => Promise<T>): Promise<T> {
    const staging = await this.#held();
    const folder = await holdBelow(staging, namesOf(path), FOLDER_MODE);
    try {
      return await work(folder);
    } finally {
      await folder.close();
    }
  }

  #held(): Promise<HeldFolder> {
    if (this.#staging === undefined) {
      this.#staging = holdInside(this.#path);
      // The next write tries again.
      this.#staging.catch(() => {
        this.#staging = undefined;
      });
    }
    return this.#staging;
  }

  /** The files of a pack, those together that are in one folder. */
  #runsOf(parts: readonly Part[], bytes: Uint8Array): readonly Run[] {
    const runs: Run[] = [];
    let last: Run | undefined;
    for (const part of parts) {
      const { folder, name } = stagedPlace(this.#manifest, part.entry);
      if (last?.folder !== folder) {
        last = { folder, files: [] };
        runs.push(last);
      }
      const own = bytes.subarray(part.chunkOffset, part.chunkOffset + part.bytes);
      last.files.push({ name, bytes: own, looked: (look) => this.#noteLook(part.entry, look) });
    }
    return runs;
  }

  #noteLook(entry: number, look: BigIntStats): void {
    if (this.#looks !== undefined) setLook(this.#looks, entry, look);
  }

  async #note(chunks: readonly number[]): Promise<void> {
    if (chunks.length === 0) return;
    this.#journal ??= this.#openJournal();
    const entries = Buffer.alloc(chunks.length * JOURNAL_ENTRY_BYTES);
    chunks.forEach((index, at) => void entries.writeUInt32LE(index, at * JOURNAL_ENTRY_BYTES));
    const journal = await this.#journal;
    await this.#disk.use(
      () => appendFullySync(journal.fd, entries),
      () => journal.appendFile(entries),
    );
  }

  async #openJournal(): Promise<FileHandle> {
    try {
      return await open(journalIn(await this.#held()), WRITE | constants.O_APPEND, FILE_MODE);
    } catch (error) {
      this.#journal = undefined;
      throw error;
    }
  }

  /** Before the chunk is in the journal: it never counts with another hash beside it than its own. */
  async #noteHash(index: number, hash: Uint8Array): Promise<void> {
    this.#hashes ??= this.#openHashes();
    await writeFully(await this.#hashes, hash, index * HASH_BYTES);
  }

  async #openHashes(): Promise<FileHandle> {
    try {
      return await open((await this.#held()).at(HASHES), WRITE, FILE_MODE);
    } catch (error) {
      this.#hashes = undefined;
      throw error;
    }
  }
}

type Run = {
  readonly folder: string;
  readonly files: NewFile[];
};
