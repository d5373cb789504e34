/** An offer: what one peer wants to send to another, or to all, and what becomes of it. */
import type { ContentKind } from '#src/domain/content/entries.js';
import type { ContentId, PeerId } from '#src/domain/ids.js';
import { KiB } from '#src/domain/limits.js';
import { utf8Length } from '#src/domain/utf8-length.js';
import type { Obstacle } from './obstacles.js';

/** Names one offer: 16 random bytes as 32 lower-case hexadecimal characters. */
export type OfferId = string & { readonly __brand: 'OfferId' };

const OFFER_ID = /^[0-9a-f]{32}$/;

/** @returns the offer id, or undefined if the text is none. */
export function parseOfferId(text: string): OfferId | undefined {
  return OFFER_ID.test(text) ? (text as OfferId) : undefined;
}

/** Whoever hears an offer can make another with the same id: one is known by its sender too. */
export type OfferKey = `${PeerId} ${OfferId}`;

export function offerKey(from: PeerId, offerId: OfferId): OfferKey {
  return `${from} ${offerId}`;
}

/** Where somebody says he is reached: his port N, and addresses of his. */
export type Reached = { readonly port: number; readonly hosts: readonly string[] };

/** As its sender signs it. */
export type SendOffer = {
  readonly offerId: OfferId;
  /** Under which it is to lie at the other's; not proven, and judged as any name that comes from outside. */
  readonly name: string;
  readonly kind: ContentKind;
  readonly bytes: number;
  /** Files in it: 1 for a single one. */
  readonly files: number;
  /** Lists what there is (draft.ts). */
  readonly draft: ContentId;
  /** Where it was hashed by then. */
  readonly id: ContentId | undefined;
  /** To whom; to everybody where it is undefined. */
  readonly to: PeerId | undefined;
  /** Of one that goes beyond the links. */
  readonly at?: Reached;
  /** The earlier offer of which this is what did not come, where it is. */
  readonly rest?: OfferId;
};

/** An offer that came in, proven to be its sender's. */
export type HeardOffer = SendOffer & {
  readonly from: PeerId;
  /** What its sender calls himself. */
  readonly fromName: string;
  /** By his clock, milliseconds since 1970. */
  readonly sentAt: number;
};

type Stated = Pick<SendOffer, 'name' | 'kind' | 'bytes' | 'files' | 'draft'>;

/** To whoever is to say yes to it. */
export function isSameOffer(one: Stated, other: Stated): boolean {
  return (
    one.name === other.name &&
    one.kind === other.kind &&
    one.bytes === other.bytes &&
    one.files === other.files &&
    one.draft === other.draft
  );
}

/** `full`: as many wait there for an answer as are kept. */
export type OfferAnswer = 'accepted' | 'rejected' | 'full';

/** With an obstacle: `rejected` where that is for good, `accepted` where nothing is fetched for now. */
export type Answered = {
  readonly offerId: OfferId;
  readonly answer: OfferAnswer;
  readonly obstacle?: Obstacle;
  /** One more whenever his user pauses it or goes on: of two such answers the one with more is the later. */
  readonly turns?: number;
  /** He has it, and asks for the files that did not come. */
  readonly again?: true;
};

/** Why there is nothing more to an offer: taken back, changed meanwhile, or its receipt has been kept. */
export type OfferEnd = 'cancelled' | 'changed' | 'noted';

/** What an offer came to be, once all of it is hashed; and again where it changed before it was fetched. */
export type Sealed = {
  readonly offerId: OfferId;
  readonly id: ContentId;
  readonly bytes: number;
  /** Files that were offered and are not in it, as they changed or vanished: the first of them. */
  readonly failed?: readonly string[];
  readonly failedCount?: number;
};

/** Said in one message: a screen of names. */
export const MOST_SAID_FAILED = 100;
const MOST_SAID_BYTES = 16 * KiB;

/** @returns those of them that are said by name. */
export function saidFailed(failed: readonly string[]): readonly string[] {
  let bytes = 0;
  const end = failed.findIndex((path, at) => {
    bytes += utf8Length(path);
    return at === MOST_SAID_FAILED || bytes > MOST_SAID_BYTES;
  });
  return end === -1 ? failed : failed.slice(0, end);
}

type Failed = { readonly failed?: readonly string[]; readonly failedCount?: number };

/** @returns whether files failed of which that was not known before. */
export function haveMoreFailed(before: Failed, { failed = [], failedCount = 0 }: Failed): boolean {
  const known = new Set(before.failed);
  return failedCount > (before.failedCount ?? 0) || failed.some((path) => !known.has(path));
}

/** What whoever received it signs: all of this content lies on his disk, proven. */
export type Receipt = {
  readonly offerId: OfferId;
  readonly id: ContentId;
  readonly bytes: number;
  /** Who sent it. */
  readonly sender: PeerId;
  /** By the receiver's clock, milliseconds since 1970. */
  readonly at: number;
};

/** Of one author: as often as somebody sends by hand, and a program some at once. */
export const OFFER_RATE = { perSecond: 1, burst: 20 } as const;
