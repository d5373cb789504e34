/**
 * Offers that a one-shot command made and did not live to end, or took back. The same command, given again, takes its own up: the
 * other side goes on where it was, as with any sender that starts anew. What is sent instead, or has changed since, is
 * another offer, and the earlier ones are over.
 */
import type { OfferId } from '#src/domain/send/send-offer.js';
import type { SendRecord } from '#src/io/disk/database-rows.js';
import type { Send, SendBook } from './send-book.js';
import { sentBy } from './send-rows.js';
import type { Begun, SendSource, Sent } from './send-source.js';

/** Each costs its row, and a script that sends many things in turn comes back to the first. */
const MOST_KEPT = 100;

type Parts = {
  readonly book: Pick<SendBook, 'all' | 'change'>;
  readonly source: Pick<SendSource, 'begin' | 'letGo'>;
  /** Whoever waits for it hears that nothing comes of it. */
  readonly ended: (record: SendRecord) => void;
};

export type TakenUp = { readonly sent: Sent; readonly begun: Begun };

export class InterruptedSends {
  readonly #with: Parts;

  constructor(parts: Parts) {
    this.#with = parts;
  }

  /**
   * Ends all but that of which this is the same once more. @returns that; undefined where there is none, or what lies there
   * is not as it was: what was accepted then may be no more than this.
   * @throws P2pError as `SendSource.begin`
   */
  async takeUp(sent: Sent): Promise<TakenUp | undefined> {
    const all = this.#with.book.all.filter(({ record }) => record.interrupted === true);
    const same = all.findLast(({ record }) => isSame(sentBy(record), sent));
    for (const send of all) if (send !== same) this.#end(send);
    if (same === undefined) return undefined;
    const begun = await this.#unchanged(same.record);
    if (begun === undefined) this.#end(same);
    return begun && { sent: { ...sent, offerId: same.record.offerId as OfferId }, begun };
  }

  async #unchanged(record: SendRecord): Promise<Begun | undefined> {
    const { source } = this.#with;
    const { id, draft, offerId } = record;
    const changed = new AbortController();
    const again = { id: id === '' ? undefined : id, draft, failed: [], mustHold: false };
    const begun = await source.begin(sentBy(record), again, changed.signal);
    if (begun.listed.draft === draft) return begun;
    changed.abort();
    for (const one of [draft, begun.listed.draft]) source.letGo({ offerId, draft: one });
    return undefined;
  }

  #end(send: Send): void {
    const { book, ended } = this.#with;
    book.change(send, { interrupted: undefined, ended: 'cancelled' });
    ended(send.record);
  }
}

/** @returns those that the same command may take up; the others are none of a later one's business. */
export function interruptedOf(records: readonly SendRecord[]): readonly SendRecord[] {
  const left = records.filter(isLeft).toSorted((one, other) => one.at - other.at);
  return left.slice(-MOST_KEPT).map((record) => {
    const { ended: _, ...rest } = record;
    return { ...rest, isOpen: false, interrupted: true };
  });
}

/** Nobody has it by then, and nobody said that he does not want it. */
function isLeft({ isOpen, ended, interrupted, recipients, rest }: SendRecord): boolean {
  const isBroken = isOpen || interrupted === true || ended === 'cancelled';
  const isSettled = recipients.some(({ state }) => state === 'received' || state === 'rejected');
  return isBroken && !isSettled && rest === undefined;
}

function isSame(one: Sent, other: Sent): boolean {
  return (
    one.to === other.to &&
    one.name === other.name &&
    one.path === other.path &&
    isSameList(one.parts, other.parts) &&
    isSameList(one.exclude, other.exclude)
  );
}

function isSameList(one: readonly string[] = [], other: readonly string[] = []): boolean {
  return one.length === other.length && one.every((text, at) => text === other[at]);
}
