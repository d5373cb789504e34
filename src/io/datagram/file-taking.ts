/**
 * Takes single files over sessions, one at a time: asks whether one is wanted, writes its bytes where nobody sees them,
 * and gives it its name once the hash of all of them is right. Nothing is written before it is wanted, and nothing is
 * overwritten.
 */
import { constants } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { checkName, type Platform, STAGING_NAME } from '#src/domain/content/name.js';
import { failureOf } from '#src/domain/download/disk-failure.js';
import { P2pError, toRecord } from '#src/domain/errors.js';
import { printable } from '#src/domain/printable.js';
import { type HeldFolder, syncFolder, withFolder } from '#src/io/disk/held-folder.js';
import { loseStagedName, placeStaged } from '#src/io/fetch/finish.js';
import { stagedName } from '#src/io/fetch/staged-place.js';
import { checkFreeSpace } from '#src/io/fetch/staging.js';
import { makeStaging, removeStaging } from '#src/io/fetch/staging-folder.js';
import { Answers } from '#src/io/net/answers.js';
import type { Session } from '#src/io/net/session.js';
import type { Message } from '#src/wire/message.js';
import { ArrivingFile } from './arriving-file.js';
import { type FilePace, type FileProgress, ProgressTeller } from './file-progress.js';

const PLATFORM: Platform = process.platform === 'win32' ? 'win32' : 'posix';

/** One file a session. */
const REQUEST = 1;

/** Whoever dials in says at once what he wants. */
const OFFER_MS = 10_000;

/** The largest that `setTimeout` takes: how long a file may take, its bytes say (`ArrivingFile.failed`). */
const NO_LIMIT_MS = 2 ** 31 - 1;

/** Whoever was told how it ended says goodbye; over a bad way this takes some tries. */
const GOODBYE_MS = 10_000;

const NEW_FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;

/** What `#staging` is called, of any port. */
const STAGED = /^file-\d{1,5}$/;

export type FileOffer = { readonly name: string; readonly bytes: number };

export type FileTaking = {
  /** @returns whether the file is wanted. */
  readonly decide: (offer: FileOffer) => Promise<boolean>;
  readonly progress: (told: FileProgress) => void;
};

export type Taken =
  | ({ readonly type: 'kept'; readonly path: string } & FilePace)
  | { readonly type: 'unwanted' }
  /** Another one is being asked about, or taken. */
  | { readonly type: 'busy' }
  /** He went, or spoke of something else: nobody is to be bothered. */
  | { readonly type: 'no-offer' };

export class FileTaker {
  readonly #folder: string;
  readonly #port: number;
  /** Whose offer is asked about, or taken. */
  #current: Session | undefined;
  #arriving: ArrivingFile | undefined;
  /** Whose file has come to its end here, well or not: what is on its way then belongs to nothing. */
  readonly #over = new WeakSet<Session>();

  /**
   * @param folder where files go; it is there.
   * @param port tells those apart that take files into one folder at the same time. The same for the next run: what a
   * killed one left is removed then.
   */
  constructor(folder: string, port: number) {
    this.#folder = folder;
    this.#port = port;
  }

  /**
   * @returns folders that others made here on other ports. Whether they live cannot be known: the folder may be another
   * machine's too.
   */
  async leftByOthers(): Promise<readonly string[]> {
    const common = join(this.#folder, STAGING_NAME);
    // Where it cannot be looked into, taking a file says why.
    const names = await readdir(common).catch((): string[] => []);
    const others = names.filter(
      (name) => STAGED.test(name) && join(common, name) !== this.#staging,
    );
    return others.map((name) => join(common, name));
  }

  get #staging(): string {
    return join(this.#folder, STAGING_NAME, `file-${this.#port}`);
  }

  /** Part of a file, for the session's options. @throws P2pError `protocol` */
  takeBytes(session: Session, request: number, bytes: Uint8Array): void {
    if (this.#over.has(session)) return;
    if (this.#arriving === undefined || this.#current !== session || request !== REQUEST) {
      throw new P2pError('protocol', 'bytes of a file came that nobody wanted');
    }
    this.#arriving.take(bytes);
  }

  /**
   * Takes what the other end offers, and ends the session.
   * @throws P2pError where something was offered: `bad-name`, `disk-full`, `denied`, `io`, `protocol`, `changed`,
   * `timed-out`, `exists`; the session's errors
   */
  async take(session: Session, taking: FileTaking): Promise<Taken> {
    const answers = new Answers(session);
    try {
      const taken = await this.#judged(session, answers, taking);
      const last = lastWord(taken);
      if (last !== undefined) session.send(last, REQUEST);
      return taken;
    } catch (error) {
      const reason = toRecord(error).code === 'disk-full' ? 'full' : 'unknown';
      session.send({ type: 'refused', reason }, REQUEST);
      throw error;
    } finally {
      // However it goes: by that it has our last word, or never will.
      await answers.next(REQUEST, GOODBYE_MS).catch(() => undefined);
      session.close();
      await session.closed;
      // Not before: nobody is to be asked about another one while this one's end is not told.
      if (this.#current === session) this.#current = undefined;
    }
  }

  async #judged(session: Session, answers: Answers, taking: FileTaking): Promise<Taken> {
    const first = await answers.next(REQUEST, OFFER_MS).catch(() => undefined);
    if (first?.type !== 'offer-file') return { type: 'no-offer' };
    if (this.#current !== undefined) return { type: 'busy' };
    this.#current = session;
    const offer = checkedOffer(first);
    await checkFreeSpace(this.#folder, offer.bytes, this.#folder);
    if (!(await answers.unlessEnded(taking.decide(offer)))) return { type: 'unwanted' };
    return this.#keep(session, answers, offer, taking).catch((cause: unknown) => {
      throw diskError(cause);
    });
  }

  async #keep(
    session: Session,
    answers: Answers,
    offer: FileOffer,
    taking: FileTaking,
  ): Promise<Taken> {
    const staging = this.#staging;
    await removeStaging(staging);
    await makeStaging(staging);
    try {
      return await withFolder(staging, async (held) => {
        const pace = await this.#fetch(session, answers, offer, taking, held);
        const target = { path: join(this.#folder, offer.name), mayRename: true };
        const path = await placeStaged(held, 'file', target);
        await syncFolder(this.#folder);
        return { type: 'kept', path, ...pace };
      });
    } finally {
      await loseStagedName(staging);
      await removeStaging(staging);
    }
  }

  async #fetch(
    session: Session,
    answers: Answers,
    offer: FileOffer,
    taking: FileTaking,
    held: HeldFolder,
  ): Promise<FilePace> {
    const file = await open(
      held.at(stagedName('file')),
      NEW_FILE | (constants.O_NOFOLLOW ?? 0),
      0o644,
    );
    const arriving = new ArrivingFile(session, file, offer.bytes);
    this.#arriving = arriving;
    const teller = new ProgressTeller(offer.bytes, () => arriving.taken, taking.progress);
    try {
      session.send({ type: 'take-file' }, REQUEST);
      const end = answers.next(REQUEST, NO_LIMIT_MS);
      await arriving.prove(await Promise.race([end, arriving.failed]));
      return teller.complete();
    } finally {
      teller.end();
      this.#arriving = undefined;
      this.#over.add(session);
      await arriving.stop();
      await file.close();
    }
  }
}

function lastWord(taken: Taken): Message | undefined {
  switch (taken.type) {
    case 'kept':
      return { type: 'file-kept' };
    case 'unwanted':
      return { type: 'refused', reason: 'denied' };
    case 'busy':
      return { type: 'refused', reason: 'busy' };
    case 'no-offer':
      return undefined;
    default:
      return taken satisfies never;
  }
}

/** @throws P2pError `bad-name` where nothing here can be called that */
function checkedOffer({ name, bytes }: FileOffer): FileOffer {
  const verdict = checkName(name, PLATFORM);
  if (verdict.kind === 'ok') return { name, bytes };
  throw new P2pError(
    'bad-name',
    `no file here can be called ${printable(name)}: it ${verdict.why}`,
  );
}

const DISK_SENTENCES = {
  'disk-full': 'the disk is full',
  denied: 'the system refuses to write there: choose another folder with --to',
  io: 'the disk failed, or the folder went away',
} as const;

/** The system's own sentences name handles. */
function diskError(cause: unknown): unknown {
  if (cause instanceof P2pError) return cause;
  const record = toRecord(cause);
  const code = failureOf(record);
  return new P2pError(code, `${DISK_SENTENCES[code]} (${record.code})`, { cause });
}
