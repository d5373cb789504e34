/**
 * What was accepted and its sender takes back, or has no more. What only he could give ends; the rest goes on if others have
 * it. He is not asked for it again but by the user's word, or where he offers it again.
 */
import type { ErrorRecord } from '#src/domain/errors.js';
import { printable } from '#src/domain/printable.js';
import { type Withdrawal, withdrawalOf } from '#src/domain/send/standstill.js';
import type { Downloads } from '#src/peer/downloads/downloads.js';
import type { PeerEvent } from '#src/peer/events.js';
import type { Receive, ReceiveBook } from './receive-book.js';
import { isHisAlone, type ReceiveGivers, senderOf } from './receive-givers.js';

type WithdrawalsParts = {
  readonly book: ReceiveBook;
  readonly givers: ReceiveGivers;
  readonly heldBack: Pick<Downloads['heldBack'], 'withdraw'>;
  readonly tell: (event: PeerEvent) => void;
};

export class Withdrawals {
  readonly #with: WithdrawalsParts;

  constructor(parts: WithdrawalsParts) {
    this.#with = parts;
  }

  hear(receive: Receive, why: Withdrawal): void {
    const { book, givers, heldBack } = this.#with;
    const failure = withdrawalOf(senderOf(receive), why);
    const isNews = receive.record.withdrawn !== why;
    if (isNews) book.change(receive, { withdrawn: why });
    if (receive.isRunning && isHisAlone(receive)) {
      return heldBack.withdraw(receive.record.draft, failure);
    }
    if (receive.isRunning) givers.ungiven(receive);
    else receive.failure = failure;
    if (isNews) this.#notice(receive, failure);
  }

  /** He has it: it may have been taken back before, and offered again. */
  undo(receive: Receive): void {
    if (receive.record.withdrawn === undefined) return;
    this.#with.book.change(receive, { withdrawn: undefined });
  }

  /** What an offer is that takes the place of one that was taken back: nothing is to come of that one. */
  replace({ record: { offerId, from, id } }: Receive): void {
    for (const old of this.#with.book.open) {
      const { record, isRunning } = old;
      const isOld = record.from === from && record.id === id && record.offerId !== offerId;
      if (id !== '' && isOld && !isRunning && record.withdrawn !== undefined) {
        this.#with.book.forget(old);
      }
    }
  }

  #notice(receive: Receive, { message }: ErrorRecord): void {
    const name = printable(receive.record.name);
    const others = receive.isRunning ? '; it goes on if somebody else has it' : '';
    this.#with.tell({ type: 'notice', code: 'withdrawn', message: `${name}: ${message}${others}` });
  }
}

/** Why one of an earlier run is not asked for again by itself, where it is not. */
export function withdrawnBefore(receive: Receive): ErrorRecord | undefined {
  const { withdrawn } = receive.record;
  if (withdrawn === undefined || !isHisAlone(receive)) return undefined;
  return withdrawalOf(senderOf(receive), withdrawn);
}

/** What is not what was offered, and what is there no more, is not asked for again but by the user's word. */
export function mayNotGoOn({ failure, record }: Receive): boolean {
  return failure?.code === 'too-large' || record.withdrawn !== undefined;
}
