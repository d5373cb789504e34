/** Whether what somebody would send is taken without asking the user, by the settings `inbox.*`. Pure. */

import type { TrustState } from '#src/domain/peers/trust.js';
import type { HeardOffer, SendOffer } from './send-offer.js';

export type InboxRules = {
  /** From whom. */
  readonly accept: 'ask' | 'trusted' | 'all';
  /** And from this peer alone, by his id or name; from anybody where it is null. */
  readonly from: string | null;
  /** One offer; no limit where it is null. */
  readonly mostBytes: number | null;
  /** Endings of names without their dot, in lower case; `folder` for a folder. All where it is empty. */
  readonly types: readonly string[];
  /** All that was taken so and is still there. */
  readonly quotaBytes: number;
};

/** `why` is for the user, where the settings would have it taken but for that. */
export type Judged =
  | { readonly verdict: 'accept' }
  | { readonly verdict: 'ask'; readonly why?: string };

/**
 * As many things are taken unasked and still there: nothing at all, sent again and again, is no bytes. Each is looked
 * at before the next is taken.
 */
const MOST_UNASKED = 1000;

/**
 * @param trust of the sender, as the user of this peer has it
 * @param used what was taken so and is still there
 */
export function judgeOffer(
  offer: Pick<HeardOffer, 'name' | 'kind' | 'bytes' | 'from' | 'fromName'>,
  trust: TrustState,
  used: { readonly bytes: number; readonly count: number },
  rules: InboxRules,
): Judged {
  const isFrom = rules.accept === 'all' || (rules.accept === 'trusted' && trust === 'trusted');
  if (!isFrom || !isOffered(offer, rules.from)) return { verdict: 'ask' };
  if (rules.mostBytes !== null && offer.bytes > rules.mostBytes) return ask('inbox.mostBytes');
  if (!isOfType(offer, rules.types)) return ask('inbox.types');
  if (used.bytes + offer.bytes > rules.quotaBytes) return ask('inbox.quotaBytes');
  if (used.count >= MOST_UNASKED) return { verdict: 'ask', why: 'the inbox holds 1,000 already' };
  // A hidden file may be one that some program obeys: nobody gets one unasked.
  if (offer.name.startsWith('.')) return { verdict: 'ask', why: 'its name is a hidden one' };
  return { verdict: 'accept' };
}

/** Shorter ones begin too many ids. */
const SHORTEST_PREFIX = 4;

/** @param by his id, its beginning, or what he calls himself; anybody where it is null */
export function isOffered(
  { from, fromName }: Pick<HeardOffer, 'from' | 'fromName'>,
  by: string | null,
): boolean {
  if (by === null || fromName === by) return true;
  return by.length >= SHORTEST_PREFIX && from.startsWith(by.toLowerCase());
}

function ask(setting: string): Judged {
  return { verdict: 'ask', why: `the setting ${setting} does not allow it` };
}

function isOfType({ name, kind }: Pick<SendOffer, 'name' | 'kind'>, types: readonly string[]) {
  if (types.length === 0) return true;
  const dot = name.lastIndexOf('.');
  return types.includes(kind === 'directory' ? 'folder' : name.slice(dot + 1).toLowerCase());
}
