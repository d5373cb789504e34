/** Why nothing comes of what somebody sends, for now or for good: by whose doing, as the other side's user reads it. Pure. */
import type { ErrorRecord } from '#src/domain/errors.js';
import type { OfferEnd } from './send-offer.js';

/** For now: it goes on by itself. */
export type Standstill = {
  readonly code: 'paused' | 'away' | 'unanswered';
  readonly message: string;
};

/** How its sender stands to something that is to come from him. */
type Standing = {
  readonly isPaused: boolean;
  readonly isLinked: boolean;
  /** Whether nobody else could give it. */
  readonly isHisAlone: boolean;
};

/** @returns undefined where nothing keeps it. */
export function standstillOf(
  sender: string,
  { isPaused, isLinked, isHisAlone }: Standing,
): Standstill | undefined {
  if (isPaused) return { code: 'paused', message: `paused by ${sender}` };
  return isLinked || !isHisAlone ? undefined : awayOf(sender);
}

export function awayOf(sender: string): Standstill {
  return { code: 'away', message: `${sender} is away: it goes on when he is back` };
}

/** How somebody stands to what is sent to him. */
type Taking = {
  readonly isLinked: boolean;
  /** He has said that he takes it. */
  readonly isAccepted: boolean;
};

/** @returns undefined where he is there and takes it: then only he can say what keeps it. */
export function awaitedOf(taker: string, { isLinked, isAccepted }: Taking): Standstill | undefined {
  if (isLinked && isAccepted) return undefined;
  if (isLinked) return { code: 'unanswered', message: `${taker} has not accepted it yet` };
  if (isAccepted) return awayOf(taker);
  return { code: 'away', message: `${taker} is away: it is offered once he is back` };
}

/** Whether it failed for want of somebody who gives it. */
export function isWanting({ code }: Pick<ErrorRecord, 'code'>): boolean {
  return code === 'no-sources' || code === 'timed-out';
}

/** For good, or until he offers it again. */
export type Withdrawal = Exclude<OfferEnd, 'noted'>;

export function withdrawalOf(sender: string, why: Withdrawal): ErrorRecord {
  const message =
    why === 'cancelled'
      ? `${sender} has taken it back: what arrived is kept in case he sends it again`
      : `${sender} does not have it any more: ask him to send it again, what arrived is kept`;
  return { code: 'withdrawn', message };
}
