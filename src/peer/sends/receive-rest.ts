/**
 * What did not come of something that was received: its sender may offer that once more, and it becomes a part of what is
 * here, as far as it is no more than what was accepted at first. Whoever asked his sender for it is not asked again.
 */
import { lstat } from 'node:fs/promises';
import type { PeerId } from '#src/domain/ids.js';
import { type Came, isWithin, stillMissing } from '#src/domain/send/rest.js';
import type { HeardOffer, OfferId } from '#src/domain/send/send-offer.js';
import { transferIdOf } from '#src/domain/send/transfer.js';
import type { ReceiveRecord } from '#src/io/disk/database-rows.js';
import { absentAs } from '#src/io/disk/missing.js';
import type { Receive, ReceiveBook } from './receive-book.js';

/** What the rest of something becomes a part of. */
export type Joining = {
  /** The folder. */
  readonly into: string;
  /** The user asked for it. */
  readonly isAsked: boolean;
  /** The folder was taken by the settings. */
  readonly isUnasked: boolean;
};

export class ReceiveRest {
  readonly #book: ReceiveBook;

  constructor(book: ReceiveBook) {
    this.#book = book;
  }

  /** @returns undefined where it is the rest of nothing that lies here, or more than what did not come of that. */
  async joining(offer: HeardOffer): Promise<Joining | undefined> {
    const { from, to, rest } = offer;
    const first = rest === undefined ? undefined : this.#book.get(from, rest);
    if (first === undefined || to === undefined || first.record.state === 'accepted')
      return undefined;
    const { path: into, isUnasked } = first.record;
    const there = await lstat(into).catch(absentAs(undefined));
    if (there?.isDirectory() !== true) return undefined;
    if (!isWithin(offer, this.#came(first.record))) return undefined;
    return { into, isAsked: first.isAsked === true, isUnasked };
  }

  /** @returns the transfer of which it is what did not come, where that is known. */
  completes({ from, rest }: Pick<ReceiveRecord, 'from' | 'rest'>): string | undefined {
    const first = this.#book.get(from as PeerId, rest as OfferId);
    return first && transferIdOf(first.record.draft);
  }

  /** It is taken: what the user asked for once is one offer. */
  taken({ from, rest }: HeardOffer): void {
    const first = rest === undefined ? undefined : this.#book.get(from, rest);
    if (first !== undefined) first.isAsked = false;
  }

  /** It is here: what is missing of the first is less by that, and of what came of it before. */
  arrived({ rest, from, failed = [], failedCount = 0 }: ReceiveRecord): void {
    const first = this.#book.get(from as PeerId, rest as OfferId);
    if (first === undefined) return;
    const left = stillMissing(first.record.failedCount ?? 0, failedCount);
    this.#book.change(first, { failed, failedCount: left });
    for (const one of this.#restsOf(first.record)) {
      const { state, failedCount: before = 0 } = one.record;
      if (state === 'accepted' || before === 0) continue;
      this.#book.change(one, { failed, failedCount: Math.min(before, left) });
    }
    first.release?.();
    delete first.release;
  }

  /** @returns those that are called so, or whose id begins so, and are here but for some files. */
  lacking(isCalled: (record: ReceiveRecord) => boolean): readonly Receive[] {
    return this.#book.all.filter(({ record }) => {
      const { state, failedCount = 0, rest } = record;
      return state !== 'accepted' && failedCount > 0 && rest === undefined && isCalled(record);
    });
  }

  #came(first: ReceiveRecord): Came {
    const { bytes, offeredBytes = bytes, failedCount = 0 } = first;
    const since = this.#restsOf(first).reduce((sum, { record }) => sum + record.bytes, 0);
    return { offeredBytes, bytes: bytes + since, failedCount };
  }

  #restsOf({ from, offerId }: ReceiveRecord): readonly Receive[] {
    return this.#book.all.filter(({ record }) => record.from === from && record.rest === offerId);
  }
}
