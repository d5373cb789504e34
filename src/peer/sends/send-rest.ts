/**
 * What did not come of a send, sent once more: a new offer of those files alone, as far as they can be read now, to one who
 * has all else. At the other end it becomes a part of what is there.
 */
import { P2pError } from '#src/domain/errors.js';
import type { PeerId } from '#src/domain/ids.js';
import { printable } from '#src/domain/printable.js';
import type { Recipient } from '#src/domain/send/recipients.js';
import { stillMissing } from '#src/domain/send/rest.js';
import type { OfferId } from '#src/domain/send/send-offer.js';
import type { Version } from '#src/domain/send/version.js';
import type { SendRecord } from '#src/io/disk/database-rows.js';
import { newOfferId } from './new-offer-id.js';
import type { Send, SendBook } from './send-book.js';
import { missingTo, sentBy } from './send-rows.js';
import type { Begun, SendSource, Sent } from './send-source.js';

/** Whoever receives asks by a word of his, and files are read for it: each of his sends so often. A person who tries again is slower. */
const ASKED_MS = 3000;

type Missing = Pick<Version, 'failed' | 'failedCount'>;

type Around = {
  readonly book: SendBook;
  readonly source: Pick<SendSource, 'begin' | 'letGo'>;
  /** Offers it. */
  readonly offer: (sent: Sent, begun: Begun) => Promise<Send>;
};

export class SendRest {
  readonly #with: Around;
  readonly #now: () => number;
  /** When it was asked for last, by offer and peer. */
  readonly #askedAt = new Map<string, number>();
  /** What is listed at the moment, by offer and peer. */
  readonly #listing = new Map<string, Promise<Send>>();

  /** @param now monotonic milliseconds. */
  constructor(around: Around, now: () => number = () => performance.now()) {
    this.#with = around;
    this.#now = now;
  }

  /** Those who have it but for files of it. */
  lacking({ record }: Send): readonly PeerId[] {
    return record.recipients.flatMap(({ peerId, state }) =>
      state === 'received' && missingTo(record, peerId).failedCount > 0 ? [peerId] : [],
    );
  }

  /** The one of a send that is on its way to him. */
  openFor({ record: { offerId } }: Send, peer: PeerId): Send | undefined {
    return this.#with.book.open.find(({ record }) => record.rest === offerId && record.to === peer);
  }

  /**
   * However often it is asked for, it is listed once.
   * @returns the offer of what he lacks; the one that is open, where there is one. @throws P2pError `not-found`, `changed`
   */
  send(send: Send, peer: PeerId): Promise<Send> {
    const open = this.openFor(send, peer);
    if (open !== undefined) return Promise.resolve(open);
    const key = keyOf(send, peer);
    const listing = this.#listing.get(key);
    if (listing !== undefined) return listing;
    const sending = this.#send(send, peer).finally(() => this.#listing.delete(key));
    this.#listing.set(key, sending);
    return sending;
  }

  async #send(send: Send, peer: PeerId): Promise<Send> {
    const { source, offer } = this.#with;
    const { record } = send;
    const { failed, failedCount } = missingTo(record, peer);
    const { priority } = record;
    const about = { to: peer, rest: record.offerId, only: failed, ...(priority && { priority }) };
    const sent: Sent = { ...sentBy(record), ...about, offerId: newOfferId() };
    const begun = await source.begin(sent);
    try {
      const { files } = await begun.content;
      if (files > 0) return await offer(sent, begun);
    } catch (error) {
      source.letGo({ offerId: sent.offerId, draft: begun.listed.draft });
      throw error;
    }
    source.letGo({ offerId: sent.offerId, draft: begun.listed.draft });
    throw noneLeft(record, failedCount);
  }

  /** @returns whether a word of his is obeyed now. */
  isDue(send: Send, peer: PeerId): boolean {
    const key = keyOf(send, peer);
    const now = this.#now();
    for (const [old, at] of this.#askedAt) {
      if (now - at >= ASKED_MS) this.#askedAt.delete(old);
    }
    if (this.#askedAt.has(key)) return false;
    this.#askedAt.set(key, now);
    return true;
  }

  /** He has it: what he lacked of the first is less by that. */
  received({ rest, to, only = [] }: SendRecord, { failed, failedCount }: Version): void {
    const { book } = this.#with;
    const first = rest === undefined ? undefined : book.get(rest as OfferId);
    if (first === undefined) return;
    const { record } = first;
    const at = record.recipients.findIndex(({ peerId }) => peerId === to);
    const one = record.recipients[at];
    if (one === undefined) return;
    const before = missingTo(record, one.peerId).failedCount;
    const left = stillMissing(before, only.length === 0 ? before : failedCount);
    const missing = { failed, failedCount: left };
    book.change(first, { recipients: record.recipients.with(at, { ...one, missing }) });
    this.#lessen(record.offerId, one.peerId, missing);
  }

  /** What of it came to him before lacks no more than that either. */
  #lessen(first: string, peer: PeerId, { failed, failedCount: left }: Missing): void {
    const { book } = this.#with;
    for (const send of book.all) {
      const { rest, recipients } = send.record;
      const before = missingTo(send.record, peer).failedCount;
      if (rest !== first || before === 0) continue;
      const missing = { failed, failedCount: Math.min(before, left) };
      const isHis = ({ peerId, state }: Recipient) => peerId === peer && state === 'received';
      const now = recipients.map((one) => (isHis(one) ? { ...one, missing } : one));
      book.change(send, { recipients: now });
    }
  }
}

function keyOf({ record: { offerId } }: Send, peer: PeerId): string {
  return `${offerId} ${peer}`;
}

function noneLeft({ name }: SendRecord, count: number): P2pError {
  const what = count === 1 ? 'the file' : `none of the ${count} files`;
  const still = count === 1 ? 'cannot be read now either' : 'can be read now';
  const why = `${what} of ${printable(name)} that did not come ${still}: \`transfers\` with its name lists them`;
  return new P2pError('not-found', why);
}
