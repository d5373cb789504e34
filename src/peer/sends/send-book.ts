/** Sends as they are remembered over restarts: those that are open, and the last of those that ended, for their receipts. */
import { isDeepStrictEqual } from 'node:util';
import type { ContentId, PeerId } from '#src/domain/ids.js';
import type { Preferred } from '#src/domain/send/preferred.js';
import type { OfferId } from '#src/domain/send/send-offer.js';
import type { Database } from '#src/io/disk/database.js';
import type { SendRecord } from '#src/io/disk/database-rows.js';
import type { PeerEvent } from '#src/peer/events.js';
import { SHORTEST_PREFIX } from '#src/peer/network/naming.js';
import { databaseError } from '#src/peer/shares/share-news.js';
import { type Clock, SYSTEM_CLOCK } from '#src/supervision/clock.js';
import type { SendRest } from './send-rest.js';

const MOST_ENDED = 1000;

/** Of one send what others say again and again is stored so often: a record may carry thousands of names, each store is synced. */
const STORED_MS = 2000;

/** `release`: the link with the one it is for is needed no more. */
export type Send = {
  record: SendRecord;
  release?: (() => void) | undefined;
  /** What it was until files of it changed under those who fetch it, in this run. */
  readonly stale: Set<ContentId>;
  /** It is listed and served in this run. */
  isThere?: boolean;
};

export class SendBook {
  readonly #database: Database;
  readonly #tell: (event: PeerEvent) => void;
  readonly #prefer: (preferred: readonly Preferred[]) => void;
  readonly #forgotten: (offerId: OfferId) => void;
  /** Oldest first. */
  readonly #sends = new Map<OfferId, Send>();
  readonly #clock: Pick<Clock, 'now' | 'after'>;
  /** When each was stored last by `hold`. */
  readonly #storedAt = new WeakMap<Send, number>();
  /** What cancels the next store of what was held since. */
  readonly #due = new Map<Send, () => void>();
  #isClosed = false;
  #writing: Promise<void> = Promise.resolve();

  /**
   * @param prefer is told what comes before or behind the rest, whenever that changes.
   * @param forgotten is told of those that ended too long ago to be remembered
   */
  constructor(
    database: Database,
    tell: (event: PeerEvent) => void,
    prefer: (preferred: readonly Preferred[]) => void,
    forgotten: (offerId: OfferId) => void,
    clock: Pick<Clock, 'now' | 'after'> = SYSTEM_CLOCK,
  ) {
    this.#clock = clock;
    this.#database = database;
    this.#tell = tell;
    this.#prefer = prefer;
    this.#forgotten = forgotten;
  }

  /** Those of earlier starts. */
  async read(): Promise<void> {
    const rows = await this.#database.all('sends');
    const records = rows.map(([, record]) => record).toSorted((one, other) => one.at - other.at);
    for (const record of records) {
      this.#sends.set(record.offerId as OfferId, { record, stale: new Set() });
    }
  }

  /** Oldest first. */
  get all(): readonly Send[] {
    return [...this.#sends.values()];
  }

  get open(): readonly Send[] {
    return this.all.filter(({ record }) => record.isOpen);
  }

  /** What of the open ones comes before or behind the rest. */
  get preferred(): readonly Preferred[] {
    return this.open.flatMap(({ record }) => preferredOf(record));
  }

  get(offerId: OfferId): Send | undefined {
    return this.#sends.get(offerId);
  }

  /** @returns the open ones that are called so, or whose id begins so. */
  called(word: string): readonly Send[] {
    return this.open.filter((send) => isCalled(send, word));
  }

  /** @returns those called so that somebody has but for some files, for a rest the one it is of; and those that failed. */
  wanting(word: string, { lacking }: Pick<SendRest, 'lacking'>): readonly Send[] {
    const called = this.all.filter((send) => isCalled(send, word));
    const firsts = called.map((send) => this.get(send.record.rest as OfferId) ?? send);
    return [...new Set(firsts)].filter((send) => lacking(send).length > 0 || hasFailed(send));
  }

  /** @returns those called so that are open no more, oldest first. */
  over(word: string): readonly Send[] {
    return this.all.filter((send) => !send.record.isOpen && isCalled(send, word));
  }

  /** Resolves once it is stored. */
  async add(record: SendRecord): Promise<Send> {
    const send: Send = { record, stale: new Set() };
    this.#sends.set(record.offerId as OfferId, send);
    if (preferredOf(record).length > 0) this.#prefer(this.preferred);
    await this.#store(record);
    return send;
  }

  /** Holds at once, and is stored in its turn. @param then called once it is stored */
  change(send: Send, change: Partial<SendRecord>, then?: () => void): void {
    const before = preferredOf(send.record);
    send.record = { ...send.record, ...change };
    if (!isDeepStrictEqual(before, preferredOf(send.record))) this.#prefer(this.preferred);
    this.#storeInTurn(send, then);
  }

  /** Holds at once, and is stored within two seconds with what follows by then: what another start may hear once more. */
  hold(send: Send, recipients: SendRecord['recipients']): void {
    send.record = { ...send.record, recipients };
    if (this.#due.has(send)) return;
    const now = this.#clock.now();
    const dueMs = (this.#storedAt.get(send) ?? Number.NEGATIVE_INFINITY) + STORED_MS - now;
    if (dueMs > 0 && !this.#isClosed) {
      const store = () => this.#storeHeld(send);
      this.#due.set(send, this.#clock.after(dueMs, store));
    } else this.#storeHeld(send);
  }

  /** Resolves once all is stored. */
  async written(): Promise<void> {
    for (const send of this.#due.keys()) this.#storeHeld(send);
    await this.#writing;
  }

  /** From now on nothing waits. Resolves once all is stored. */
  close(): Promise<void> {
    this.#isClosed = true;
    return this.written();
  }

  #storeHeld(send: Send): void {
    this.#storedAt.set(send, this.#clock.now());
    this.#storeInTurn(send);
  }

  /** With all that was held of it until now. */
  #storeInTurn(send: Send, then?: () => void): void {
    this.#due.get(send)?.();
    this.#due.delete(send);
    const { record } = send;
    this.#writing = this.#writing
      .then(() => this.#store(record))
      .then(then)
      .catch((error: Error) => this.#tell(databaseError(error)));
  }

  async #store(record: SendRecord): Promise<void> {
    await this.#database.put('sends', record.offerId, record);
    const ended = this.all.filter((send) => !send.record.isOpen);
    for (const { record: old } of ended.slice(0, Math.max(0, ended.length - MOST_ENDED))) {
      this.#sends.delete(old.offerId as OfferId);
      this.#forgotten(old.offerId as OfferId);
      await this.#database.remove('sends', old.offerId);
    }
  }
}

/** Of one that is open, and not as all else is: by its draft, and by what it came to be once that is known. */
function preferredOf({ draft, id, to, isOpen, priority }: SendRecord): readonly Preferred[] {
  if (!isOpen || priority === undefined || priority === 'normal') return [];
  const whom = to === '' ? {} : { to: to as PeerId };
  return [draft, id].flatMap((one) => (one === '' ? [] : [{ id: one, ...whom, priority }]));
}

/** It could not be sent any more. */
export function hasFailed({ record: { isOpen, failure } }: Pick<Send, 'record'>): boolean {
  return !isOpen && failure !== undefined;
}

function isCalled({ record: { name, offerId } }: Send, word: string): boolean {
  const isPrefix = word.length >= SHORTEST_PREFIX;
  return name === word || (isPrefix && offerId.startsWith(word.toLowerCase()));
}
