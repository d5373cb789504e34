/**
 * Whether a peer stops because another one of its network asks it to. A word that was recorded, or is still on its way,
 * must stop nobody who was started after it: so what counts is when it was said, against when this peer was started and
 * against the last one that it obeyed, which it remembers. Both clocks are those of machines, off by something: it is
 * taken the safe way, where the asker's is behind a peer that was just started goes on.
 */
export type StopAsked = {
  /** By the asker's clock, ms since 1970. */
  readonly sentAt: number;
  /** Whether he is blocked here. */
  readonly isBlocked: boolean;
};

export type StopRules = {
  readonly isPrivate: boolean;
  /** `mesh.allowRemoteStop`. */
  readonly isAllowed: boolean;
  /** By this peer's clock, as is `now`; ms since 1970. */
  readonly startedAt: number;
  /** When the last one that was obeyed was sent; 0 if none was. */
  readonly lastSentAt: number;
};

/** Everybody has heard it after seconds; clocks that somebody looks after are off by less. */
const STOP_FRESH_MS = 60_000;

export function isFreshStop(sentAt: number, now: number): boolean {
  return Math.abs(now - sentAt) <= STOP_FRESH_MS;
}

export function obeysStop(asked: StopAsked, rules: StopRules, now: number): boolean {
  const { sentAt, isBlocked } = asked;
  if (!rules.isPrivate || !rules.isAllowed || isBlocked) return false;
  return isFreshStop(sentAt, now) && sentAt > rules.startedAt && sentAt > rules.lastSentAt;
}
