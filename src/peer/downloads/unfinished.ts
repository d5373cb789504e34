/** Downloads that are not finished, as they are remembered between two starts, and where each of them goes. */
import { dirname } from 'node:path';
import type { ContentId } from '#src/domain/ids.js';
import type { DownloadRecord } from '#src/io/disk/database-rows.js';
import { removeStaging, stagingFolder } from '#src/io/fetch/staging-folder.js';
import type { Home } from '#src/peer/home.js';
import { meant, SHORTEST_PREFIX } from '#src/peer/network/naming.js';
import type { Sealed } from './sealing.js';
import { foldersOf, leftBut, moveStaging, requireRoom } from './staged-elsewhere.js';
import { targetFor } from './targets.js';

/** What is said of a download as it begins. */
export type Said = Pick<
  DownloadRecord,
  | 'isPrivate'
  | 'isPaused'
  | 'priority'
  | 'isDraft'
  | 'mostBytes'
  | 'mostFiles'
  | 'offeredBytes'
  | 'from'
  | 'fromName'
  | 'into'
  | 'completes'
>;

export class Unfinished {
  readonly #home: Home;
  /** Of one download one after the other: each writes what it has read and changed. A disk that hangs holds up its own alone. */
  readonly #last = new Map<ContentId, Promise<unknown>>();

  constructor(home: Home) {
    this.#home = home;
  }

  /** Those of earlier starts; a draft that had gone over to its content when the last one ended is that content alone. */
  async ofBefore(): Promise<readonly DownloadRecord[]> {
    const all = await this.all();
    const over = new Set(all.flatMap(({ id, draft = id }) => (draft === id ? [] : [draft])));
    for (const id of over) await this.#inTurn([id], () => this.#end(id));
    return all.filter(({ id }) => !over.has(id));
  }

  async all(): Promise<readonly DownloadRecord[]> {
    return (await this.#home.database.all('downloads')).map(([, record]) => record);
  }

  get(id: ContentId): Promise<DownloadRecord | undefined> {
    return this.#home.database.get('downloads', id);
  }

  /** What its user says of it, for later starts too. @returns undefined where it is not unfinished any more. */
  note(id: ContentId, said: Said): Promise<DownloadRecord | undefined> {
    return this.#inTurn([id], () => this.#note(id, said));
  }

  async #note(id: ContentId, said: Said): Promise<DownloadRecord | undefined> {
    const before = await this.get(id);
    if (before === undefined) return undefined;
    const record = { ...before, ...said };
    await this.#home.database.put('downloads', id, record);
    return record;
  }

  /** What a word means among them, if it means just one: it goes on even while nobody who has it is in sight. */
  async meantBy(word: string): Promise<DownloadRecord | undefined> {
    const [one, ...others] = called(word, await this.all());
    return others.length === 0 ? one : undefined;
  }

  /**
   * The record of a download that begins or goes on; where another target is given, what arrived moves along.
   * @throws P2pError `bad-name`, `not-found`, `exists`, `limit`
   */
  async begin(
    id: ContentId,
    name: string,
    to: string | undefined,
    said: Said,
  ): Promise<DownloadRecord> {
    if (to === undefined) {
      const noted = await this.note(id, said);
      if (noted !== undefined) return noted;
    }
    const place = await targetFor(id, name, this.#home.folders.downloads, to);
    return this.#inTurn([id], () => this.#begin(id, place, to !== undefined, said));
  }

  /** @param isWanted there, wherever it goes by now */
  async #begin(
    id: ContentId,
    place: DownloadRecord,
    isWanted: boolean,
    said: Said,
  ): Promise<DownloadRecord> {
    const { database } = this.#home;
    const before = await this.get(id);
    if (before !== undefined && !isWanted) return (await this.#note(id, said)) ?? before;
    const record = { ...(before && (await movedTo(before, place, said))), ...place, ...said };
    await database.put('downloads', id, record);
    return record;
  }

  /**
   * What was fetched by a draft, or was another content until now, is this one; what is staged moves along.
   * @param isRunning that content is being fetched, for somebody else or another offer
   * @throws the system's errors where it cannot be moved, the database's where it cannot be noted
   */
  seal(before: DownloadRecord, content: Sealed, isRunning: boolean): Promise<DownloadRecord> {
    return this.#inTurn([before.id, content.id], () => this.#seal(before, content, isRunning));
  }

  async #seal(
    before: DownloadRecord,
    content: Sealed,
    isRunning: boolean,
  ): Promise<DownloadRecord> {
    const { database } = this.#home;
    const { id } = content;
    const there = await this.get(id);
    const draft = before.draft ?? before.id;
    const isKnown = there !== undefined && there.draft !== draft;
    // Somebody has asked for the same content already: it goes where he wants it.
    const isHis = there?.from !== undefined && there.from === before.from;
    if (isKnown && (isRunning || !isHis)) {
      await this.#endWhole(before, 'folders');
      return there;
    }
    const { isDraft: _, leftAt: mine = [], ...kept } = (await this.get(before.id)) ?? before;
    if (isKnown) await removeStaging(before.staging);
    const staging = stagingFolder(dirname(before.target), id);
    // What its sender took back and sends again: what arrived of it then counts.
    const source = isKnown ? there : before;
    const theirs = isKnown ? (there.leftAt ?? []) : [];
    const stays = (await moveStaging(source, staging)) ? [source.staging] : [];
    const left = leftBut(staging, [...mine, ...theirs, ...stays]);
    const record = { ...kept, ...left, ...content, staging, draft };
    await database.put('downloads', id, record);
    await database.remove('downloads', before.id);
    return record;
  }

  /**
   * It is over, with all that is staged of it, on other disks too.
   * @param first what goes first: a run that ends in between leaves the other
   * @throws the system's errors
   */
  endWhole(record: DownloadRecord, first: 'record' | 'folders'): Promise<void> {
    return this.#inTurn([record.id], () => this.#endWhole(record, first));
  }

  async #endWhole(record: DownloadRecord, first: 'record' | 'folders'): Promise<void> {
    const noted = await this.get(record.id);
    const folders = foldersOf(record, ...(noted === undefined ? [] : [noted]));
    if (first === 'record') await this.#end(record.id);
    const others = (await this.all()).filter(({ id }) => id !== record.id);
    const used = foldersOf(...others);
    for (const folder of folders) if (!used.has(folder)) await removeStaging(folder);
    if (first === 'folders') await this.#end(record.id);
  }

  #end(id: ContentId): Promise<void> {
    return this.#home.database.remove('downloads', id);
  }

  #inTurn<T>(ids: readonly ContentId[], work: () => Promise<T>): Promise<T> {
    const done = Promise.all(ids.flatMap((id) => this.#last.get(id) ?? [])).then(work);
    // Who waits for one that failed is told so; the next is none of its business.
    const ended: Promise<void> = done.then(
      () => this.#forget(ids, ended),
      () => this.#forget(ids, ended),
    );
    for (const id of ids) this.#last.set(id, ended);
    return done;
  }

  #forget(ids: readonly ContentId[], ended: Promise<void>): void {
    for (const id of ids) if (this.#last.get(id) === ended) this.#last.delete(id);
  }
}

/** By its name, by its content's id, or by the id it was begun with, which is that of a draft. */
export function called(word: string, all: readonly DownloadRecord[]): readonly DownloadRecord[] {
  const found = meant(word, all);
  if (found.length > 0 || word.length < SHORTEST_PREFIX) return found;
  return all.filter(({ draft }) => draft?.startsWith(word.toLowerCase()) === true);
}

/** @returns what stays of the record of a download whose user wants it elsewhere, or that is sent once more to there. */
async function movedTo(
  before: DownloadRecord,
  { staging }: Pick<DownloadRecord, 'staging'>,
  said: Said,
): Promise<DownloadRecord> {
  const { isPrivate, into: _, leftAt = [], ...kept } = before;
  const stays = (await moveStaging(before, staging)) ? [before.staging] : [];
  const left = leftBut(staging, [...leftAt, ...stays]);
  if (stays.length > 0) requireRoom(before.name, left);
  return {
    ...kept,
    ...left,
    // What was sent to this peer alone stays that, wherever its user wants it.
    ...(isPrivate === true && said.from === undefined && { isPrivate }),
  };
}
