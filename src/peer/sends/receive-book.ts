/** What was offered to this peer and accepted, as it is remembered over restarts. */
import { type ErrorRecord, P2pError } from '#src/domain/errors.js';
import type { ContentId, PeerId } from '#src/domain/ids.js';
import { printable } from '#src/domain/printable.js';
import { type OfferId, type OfferKey, offerKey } from '#src/domain/send/send-offer.js';
import type { Standstill } from '#src/domain/send/standstill.js';
import type { Database } from '#src/io/disk/database.js';
import type { ReceiveRecord } from '#src/io/disk/database-rows.js';
import type { PeerEvent } from '#src/peer/events.js';
import { databaseError } from '#src/peer/shares/share-news.js';

/** Those whose sender has the receipt, remembered so that they are not taken for new ones. */
const MOST_NOTED = 1000;

export type Receive = {
  record: ReceiveRecord;
  isRunning: boolean;
  /** It was accepted in this run, or its sender has offered it again in it. */
  isOfThisRun?: boolean;
  /** By the word of its sender, in this run. */
  isHeldBack: boolean;
  /** Why nothing comes of it for now, where that is known. */
  standstill?: Standstill | undefined;
  /** Its sender was asked for what did not come, and has not said that he cannot give it. */
  isAsked?: boolean;
  /** Why it does not run, where it has failed in this run. */
  failure?: ErrorRecord;
  /** The link with its sender is needed no more. */
  release?: () => void;
};

export class ReceiveBook {
  readonly #database: Database;
  readonly #tell: (event: PeerEvent) => void;
  readonly #receives = new Map<OfferKey, Receive>();
  #writing: Promise<void> = Promise.resolve();

  constructor(database: Database, tell: (event: PeerEvent) => void) {
    this.#database = database;
    this.#tell = tell;
  }

  /** Those of earlier starts. */
  async read(): Promise<void> {
    for (const [, record] of await this.#database.all('receives')) this.#hold(record);
  }

  get all(): readonly Receive[] {
    return [...this.#receives.values()];
  }

  /** What is to be fetched, or is being fetched. */
  get open(): readonly Receive[] {
    return this.all.filter(({ record }) => record.state === 'accepted');
  }

  /** What is here, oldest first. */
  get over(): readonly Receive[] {
    const over = this.all.filter(({ record }) => record.state !== 'accepted');
    return over.toSorted((one, other) => one.record.at - other.record.at);
  }

  get(from: PeerId, offerId: OfferId): Receive | undefined {
    return this.#receives.get(offerKey(from, offerId));
  }

  /**
   * What is fetched by the draft of one offer is never said to be of another.
   * @throws P2pError `exists`
   */
  requireUnknown(draft: ContentId): void {
    const receive = this.open.find(({ record }) => record.draft === draft);
    if (receive === undefined) return;
    const { name, fromName } = receive.record;
    const what = `${printable(name)} of ${printable(fromName)}`;
    const why = `${what} is fetched already, and lists the same: \`cancel\` that first`;
    throw new P2pError('exists', why);
  }

  /** Resolves once it is stored. @throws P2pError `data-failed` */
  async add(record: ReceiveRecord): Promise<Receive> {
    const receive = this.#hold(record);
    try {
      await this.#database.put('receives', keyOf(record), record);
    } catch (cause) {
      this.#receives.delete(keyOf(record));
      const why = `it could not be written down: ${(cause as Error).message}`;
      throw new P2pError('data-failed', why, { cause });
    }
    return receive;
  }

  /** Holds at once, and is stored in its turn. @param then called once it is stored */
  change(receive: Receive, change: Partial<ReceiveRecord>, then?: () => void): void {
    receive.record = { ...receive.record, ...change };
    const { record } = receive;
    this.#inTurn(async () => {
      await this.#database.put('receives', keyOf(record), record);
      then?.();
    });
  }

  forget({ record }: Receive): void {
    this.#receives.delete(keyOf(record));
    this.#inTurn(() => this.#database.remove('receives', keyOf(record)));
  }

  /** The oldest that are over. What was taken without asking counts as long as it lies here. */
  forgetNoted(): void {
    const noted = this.all.filter(({ record }) => record.state === 'noted' && !record.isUnasked);
    for (const old of noted.slice(0, Math.max(0, noted.length - MOST_NOTED))) this.forget(old);
  }

  /** Resolves once all is stored. */
  async written(): Promise<void> {
    await this.#writing;
  }

  #hold(record: ReceiveRecord): Receive {
    const receive: Receive = { record, isRunning: false, isHeldBack: false };
    this.#receives.set(keyOf(record), receive);
    return receive;
  }

  #inTurn(work: () => Promise<void>): void {
    this.#writing = this.#writing
      .then(work)
      .catch((error: Error) => this.#tell(databaseError(error)));
  }
}

export function keyOf({ from, offerId }: ReceiveRecord): OfferKey {
  return offerKey(from as PeerId, offerId as OfferId);
}
