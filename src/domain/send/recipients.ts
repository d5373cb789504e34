/** Whom something was offered to, and what became of it with each. Pure. */
import type { ContentId, PeerId } from '#src/domain/ids.js';
import type { Obstacle } from './obstacles.js';
import type { OfferAnswer } from './send-offer.js';
import type { Version } from './version.js';

export type Recipient = {
  readonly peerId: PeerId;
  /** What it called itself when it was last heard. */
  readonly name: string;
  readonly state: 'offered' | OfferAnswer | 'received';
  /** What keeps him from taking it, where something does. */
  readonly obstacle?: Obstacle;
  /** As he said with it: an earlier answer may be heard once more, on another link. */
  readonly turns?: number;
  /** When that was heard, milliseconds since 1970. */
  readonly at: number;
  /** What it signed when all of it was there, in base64. */
  readonly receipt?: string;
  /** What he has all of, where he has: it may have become something else since. */
  readonly content?: ContentId;
  /** What he had of it when that was written down last, by his word. */
  readonly bytes?: number;
  /** Files he has not got still, where he was sent what had failed once more. */
  readonly missing?: Pick<Version, 'failed' | 'failedCount'>;
};

function isEarlier(heard: Recipient, before: Recipient): boolean {
  const areBoth = heard.state === 'accepted' && before.state === 'accepted';
  return areBoth && (heard.turns ?? 0) < (before.turns ?? 0);
}

/** What is new in what one of them says: that he takes it or not, and that his user has paused it, or goes on. */
export function newsOf(
  before: Recipient | undefined,
  heard: Recipient,
): { readonly isAnswer: boolean; readonly isPaused?: boolean } {
  const isAnswer = before?.state !== heard.state || whyNotOf(before) !== whyNotOf(heard);
  const [was, is] = [before?.obstacle, heard.obstacle];
  if (is === 'paused') return was === 'paused' ? { isAnswer } : { isAnswer, isPaused: true };
  const goesOn = was === 'paused' && heard.state === 'accepted' && is === undefined;
  return goesOn ? { isAnswer, isPaused: false } : { isAnswer };
}

/** A pause is no answer: he takes it all the same. */
function whyNotOf({ obstacle }: Recipient): Obstacle | undefined {
  return obstacle === 'paused' ? undefined : obstacle;
}

/** Whether it may be said again and again: where it gets lost with the process, it is heard once more. */
export function isPassing(before: Recipient | undefined, heard: Recipient): boolean {
  const isFirst = before === undefined || before.state === 'offered';
  return !isFirst && heard.state !== 'received';
}

/** Of one offer to everybody: as many as a peer knows. Identities are free, and rows are kept. */
export const MOST_RECIPIENTS = 1024;

/**
 * An answer, or a receipt, which no later answer undoes.
 * @returns the recipients as they are now; undefined where that is nothing new, or there are too many.
 */
export function heardOf(
  recipients: readonly Recipient[],
  heard: Recipient,
): readonly Recipient[] | undefined {
  const at = recipients.findIndex(({ peerId }) => peerId === heard.peerId);
  const before = recipients[at];
  if (before === undefined) {
    return recipients.length < MOST_RECIPIENTS ? [...recipients, heard] : undefined;
  }
  const isSame = before.state === heard.state && before.obstacle === heard.obstacle;
  if (isSame && before.turns === heard.turns) return undefined;
  if (before.state === 'received' || isEarlier(heard, before)) return undefined;
  // How far he had come is known still where he gives up.
  const reached = before.bytes === undefined ? {} : { bytes: before.bytes };
  return recipients.with(at, { ...reached, ...heard });
}
