/**
 * Takes one file over a session: asks whether it is wanted, writes its bytes where nobody sees them, and gives it its name
 * once the hash of all of them is right. Nothing is written before it is wanted, and nothing is overwritten.
 */
import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { sentenceOf } from '#src/domain/disk-failure.js';
import { P2pError, toRecord } from '#src/domain/errors.js';
import { MiB } from '#src/domain/limits.js';
import { checkName, type Platform, STAGING_NAME } from '#src/domain/name.js';
import { printable } from '#src/domain/printable.js';
import type { Message } from '#src/wire/message.js';
import { Answers } from './answers.js';
import { blake3Stream } from './blake3.js';
import { loseStagedName, placeStaged } from './finish.js';
import { syncFolder, withFolder } from './held-folder.js';
import type { Session } from './session.js';
import { checkFreeSpace } from './staging.js';
import { makeStaging, removeStaging } from './staging-folder.js';
import { writeFully } from './write-fully.js';

const PLATFORM: Platform = process.platform === 'win32' ? 'win32' : 'posix';

/** One file a session. */
const REQUEST = 1;

/** Whoever dials in says at once what he wants. */
const OFFER_MS = 10_000;

/** Between the last byte and its hash lies nothing but the way. */
const END_MS = 10 * 60_000;

/** One write; and so much may wait for the disk until nothing more is read. */
const BLOCK_BYTES = MiB;
const MOST_WAITING_BYTES = 4 * MiB;

const NEW_FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;

export type FileOffer = { readonly name: string; readonly bytes: number };

export type FileTaking = {
  readonly folder: string;
  /** @returns whether the file is wanted. */
  readonly decide: (offer: FileOffer) => Promise<boolean>;
  readonly onProgress: (doneBytes: number, bytes: number) => void;
};

export class FileTaker {
  readonly #arriving = new Map<Session, Arriving>();

  /** Part of a file, for the session's options. @throws P2pError `protocol` */
  takeBytes(session: Session, bytes: Uint8Array): void {
    const arriving = this.#arriving.get(session);
    if (arriving === undefined) throw new P2pError('protocol', 'bytes of a file nobody wanted');
    arriving.take(bytes);
  }

  /**
   * Takes what the other end offers.
   * @returns where it lies; undefined where it was not wanted.
   * @throws P2pError `bad-name`, `disk-full`, `protocol`; the session's and the disk's errors
   */
  async take(
    session: Session,
    taking: FileTaking,
  ): Promise<(FileOffer & { readonly path: string }) | undefined> {
    const answers = new Answers(session);
    try {
      const offer = offerIn(await answers.next(REQUEST, OFFER_MS));
      if (!(await taking.decide(offer))) {
        session.send({ type: 'refused', reason: 'denied' }, REQUEST);
        return undefined;
      }
      const path = await this.#write(session, answers, offer, taking);
      session.send({ type: 'file-kept' }, REQUEST);
      return { ...offer, path };
    } catch (error) {
      session.send({ type: 'refused', reason: 'denied' }, REQUEST);
      throw error;
    } finally {
      this.#arriving.delete(session);
      session.close();
    }
  }

  async #write(
    session: Session,
    answers: Answers,
    offer: FileOffer,
    { folder, onProgress }: FileTaking,
  ): Promise<string> {
    const staging = join(folder, STAGING_NAME, randomUUID());
    await makeStaging(staging);
    try {
      await checkFreeSpace(staging, offer.bytes);
      return await withFolder(staging, async (held) => {
        const file = await open(held.at('data'), NEW_FILE | (constants.O_NOFOLLOW ?? 0), 0o644);
        try {
          const arriving = new Arriving(session, file, offer, onProgress);
          this.#arriving.set(session, arriving);
          session.send({ type: 'take-file' }, REQUEST);
          const end = await answers.next(REQUEST, END_MS);
          await arriving.prove(end);
          await file.sync();
        } finally {
          await file.close();
        }
        const target = { path: join(folder, offer.name), mayRename: true };
        const path = await placeStaged(held, 'file', target);
        await syncFolder(folder);
        return path;
      });
    } finally {
      await loseStagedName(staging);
      await removeStaging(staging);
    }
  }
}

/** A file while it arrives. */
class Arriving {
  readonly #session: Session;
  readonly #file: FileHandle;
  readonly #offer: FileOffer;
  readonly #onProgress: FileTaking['onProgress'];
  readonly #hash = blake3Stream();
  #block = new Uint8Array(BLOCK_BYTES);
  #filled = 0;
  #taken = 0;
  /** Given to the disk, and written by it. */
  #begun = 0;
  #written = 0;
  #work: Promise<void> = Promise.resolve();

  constructor(
    session: Session,
    file: FileHandle,
    offer: FileOffer,
    onProgress: FileTaking['onProgress'],
  ) {
    this.#session = session;
    this.#file = file;
    this.#offer = offer;
    this.#onProgress = onProgress;
  }

  /** @param bytes valid during the call only. */
  take(bytes: Uint8Array): void {
    if (this.#taken + bytes.length > this.#offer.bytes) {
      throw new P2pError('protocol', 'it sends more than the file has');
    }
    this.#taken += bytes.length;
    for (let from = 0; from < bytes.length; ) {
      const part = bytes.subarray(from, from + BLOCK_BYTES - this.#filled);
      this.#block.set(part, this.#filled);
      this.#filled += part.length;
      from += part.length;
      if (this.#filled === BLOCK_BYTES) this.#flush();
    }
  }

  /** @throws P2pError `protocol` where the bytes are not what the other end sent; the disk's errors */
  async prove(end: Message): Promise<void> {
    if (end.type !== 'file-end') throw new P2pError('protocol', `it said ${end.type} in a file`);
    this.#flush();
    await this.#work;
    const isWhole = this.#taken === this.#offer.bytes;
    if (isWhole && Buffer.from(this.#hash.digest()).equals(end.hash)) return;
    throw new P2pError('protocol', 'what arrived is not what was sent: send it again');
  }

  #flush(): void {
    const block = this.#block.subarray(0, this.#filled);
    const at = this.#begun;
    this.#begun += block.length;
    this.#block = new Uint8Array(BLOCK_BYTES);
    this.#filled = 0;
    if (this.#begun - this.#written >= MOST_WAITING_BYTES) this.#session.pause();
    this.#work = this.#work.then(() => this.#write(block, at));
    this.#work.catch((cause: Error) => {
      this.#session.destroy(new P2pError('io', sentenceOf(toRecord(cause)), { cause }));
    });
  }

  async #write(block: Uint8Array, at: number): Promise<void> {
    this.#hash.update(block);
    await writeFully(this.#file, block, at);
    this.#written += block.length;
    if (this.#begun - this.#written < MOST_WAITING_BYTES) this.#session.resume();
    this.#onProgress(this.#written, this.#offer.bytes);
  }
}

/** @throws P2pError `protocol` where it is no offer, `bad-name` where nothing here can be called that */
function offerIn(message: Message): FileOffer {
  if (message.type !== 'offer-file') {
    throw new P2pError('protocol', `it said ${message.type} before it offered a file`);
  }
  const { name, bytes } = message;
  const verdict = checkName(name, PLATFORM);
  if (verdict.kind === 'ok') return { name, bytes };
  throw new P2pError(
    'bad-name',
    `a file called ${printable(name)} was offered, which ${verdict.why}`,
  );
}
