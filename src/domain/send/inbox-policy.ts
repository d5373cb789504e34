/** Whether what somebody would send is taken without asking the user, by the settings `inbox.*`. Pure. */

import type { TrustState } from '#src/domain/peers/trust.js';
import { printable } from '#src/domain/printable.js';
import type { HeardOffer, SendOffer } from './send-offer.js';

export type InboxRules = {
  /** From whom. */
  readonly accept: 'ask' | 'trusted' | 'all';
  /** And from this peer alone, by so much of his id that it proves him, or the name of one who is trusted; from anybody where it is null. */
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
  if (!isFrom || !isProvenFrom(offer, trust, rules.from)) return { verdict: 'ask' };
  if (rules.mostBytes !== null && offer.bytes > rules.mostBytes) return ask('inbox.mostBytes');
  if (!isOfType(offer, rules.types)) return ask('inbox.types');
  if (used.bytes + offer.bytes > rules.quotaBytes) return ask('inbox.quotaBytes');
  if (used.count >= MOST_UNASKED) return { verdict: 'ask', why: 'the inbox holds 1,000 already' };
  // A hidden file may be one that some program obeys: nobody gets one unasked.
  if (offer.name.startsWith('.')) return { verdict: 'ask', why: 'its name is a hidden one' };
  return { verdict: 'accept' };
}

/**
 * 80 bits: who would make keys until one begins so needs a million machines for a million years. The 4 to 8 that people
 * compare take him seconds to days.
 */
const PROVING_CHARACTERS = 16;

/** Of an id, shorter ones begin too many. */
const SHORTEST_PREFIX = 4;

type Sender = Pick<HeardOffer, 'from' | 'fromName'>;

/**
 * Whether it is of whom is named, though nobody looks.
 * @param trust of the sender. @param by so much of his id, or as what he calls himself who is trusted; anybody where it is null
 */
export function isProvenFrom(
  { from, fromName }: Sender,
  trust: TrustState,
  by: string | null,
): boolean {
  if (by === null || (fromName === by && trust === 'trusted')) return true;
  return by.length >= PROVING_CHARACTERS && from.startsWith(by.toLowerCase());
}

/** Whether it may be of whom is named: to be asked about, with his id. @param by his id, its beginning, or what he calls himself */
export function isCalled({ from, fromName }: Sender, by: string | null): boolean {
  if (by === null || fromName === by) return true;
  return by.length >= SHORTEST_PREFIX && from.startsWith(by.toLowerCase());
}

/** So much of an id as proves whose it is; what is wrong in it, no id begins with. */
const PROVING = new RegExp(`^[a-z2-7]{${PROVING_CHARACTERS},}$`, 'i');

/** @param trusted names of those who are. @returns what is wrong with a word by which something is to be taken unasked. */
export function unproven(by: string, trusted: readonly string[]): string | undefined {
  if (PROVING.test(by) || trusted.includes(by)) return undefined;
  return `${printable(by)} may be anybody: to take things without asking give ${PROVING_CHARACTERS} characters of the sender's id or more (80 bits), or the name of a peer you trust`;
}

function ask(setting: string): Judged {
  return { verdict: 'ask', why: `the setting ${setting} does not allow it` };
}

function isOfType({ name, kind }: Pick<SendOffer, 'name' | 'kind'>, types: readonly string[]) {
  if (types.length === 0) return true;
  const dot = name.lastIndexOf('.');
  return types.includes(kind === 'directory' ? 'folder' : name.slice(dot + 1).toLowerCase());
}
