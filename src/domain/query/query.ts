/** A question to everybody, and what a peer answers the one who asked, and him alone. */
import type { CatalogueRow } from '#src/domain/catalogue/catalogue.js';
import type { PeerId } from '#src/domain/ids.js';
import type { Address } from '#src/domain/peers/peer-row.js';

/** Names one question: 16 random bytes as 32 hexadecimal characters, so that nobody answers what he has not heard. */
export type QueryId = string & { readonly __brand: 'QueryId' };

export type Asked =
  /** Who is there, and whom is he linked with? */
  | { readonly about: 'topology' }
  /** Who has something under this name, or whose id is this or begins so? */
  | { readonly about: 'content'; readonly word: string };

/** As it is put here; the mesh adds where this peer is reached. */
export type Question = {
  readonly id: QueryId;
  readonly asked: Asked;
  /** Who is so many links away is the last to hear of it. */
  readonly hops: number;
  /** Whoever has no link with the asker spreads his answer over so long. */
  readonly withinMs: number;
};

/** As it travels. */
export type Query = Question & {
  /** Where the asker says he is reached: his port N, and addresses of his. */
  readonly port: number;
  readonly hosts: readonly string[];
};

/** One link of whoever answers. */
export type AnsweredLink = {
  readonly peerId: PeerId;
  /** Null where it was not measured yet. */
  readonly rttMs: number | null;
  /** Whether the one who answers dialled it. */
  readonly dialled: boolean;
  /** Whether the other is a neighbour in the mesh; else they are acquainted. */
  readonly neighbour: boolean;
};

export type TopologyAnswer = {
  readonly about: 'topology';
  readonly name: string;
  /** How many neighbours it has in the mesh. */
  readonly load: number;
  readonly links: readonly AnsweredLink[];
};

type ContentAnswer = { readonly about: 'content'; readonly rows: readonly CatalogueRow[] };

export type Answer = { readonly query: QueryId } & (TopologyAnswer | ContentAnswer);

/** Who answered, where he is reached and what he calls himself. */
export type Answerer = Address & { readonly peerId: PeerId; readonly name: string };

export const QUERY_LIMITS = {
  /**
   * Farther than any message went among 10,000 peers (13 links, docs/scale.md), so that nobody is left out, and an end
   * to a question that goes astray in a network of any size.
   */
  hops: 16,
  mostHops: 64,
  /** Home, office, cable and radio. */
  hosts: 4,
  /** A name, or an id. */
  wordBytes: 255,
  /** Beyond a minute nobody waits for an answer. */
  mostWithinMs: 60_000,
  /** Links told in an answer, neighbours first: 6 KB; the rest are only counted. */
  links: 128,
  /** Contents told in an answer: a name that means more at one peer is too short. */
  rows: 16,
  /** Who has no clock that is right to this cannot ask; whoever recorded a question can ask it again for so long. */
  freshMs: 600_000,
} as const;

/** Of one author: a question makes the whole network work. As often as somebody types one, and some of a program at once. */
export const QUERY_RATE = { perSecond: 1, burst: 5 } as const;
