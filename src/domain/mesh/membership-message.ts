/** What peers say to each other to keep the mesh together (HyParView). */
import type { PeerId } from '#src/domain/ids.js';

/** Somebody who may become a neighbour, and where to dial him. */
export type Contact = {
  readonly peerId: PeerId;
  readonly host: string;
  readonly port: number;
};

/**
 * `join`: he is new, and others are to hear of him; `high`: he has no neighbour at all. Either is refused only where too
 * many ask so. `low`: he has some and wants another.
 */
export type Priority = 'join' | 'high' | 'low';

/** How many neighbours somebody asked himself, and how many asked him. */
export type LinkCounts = { readonly dialled: number; readonly accepted: number };

export type MembershipMessage =
  /** Be my neighbour. `request` ties the answer to it. */
  | {
      readonly type: 'neighbour';
      readonly request: number;
      readonly priority: Priority;
      readonly links: LinkCounts;
    }
  | { readonly type: 'neighbour-answer'; readonly request: number; readonly isAccepted: boolean }
  /** Somebody is new: whoever has it when `ttl` is 0 asks him. */
  | { readonly type: 'forward-join'; readonly joiner: Contact; readonly ttl: number }
  /** No neighbour any more. `isLeaving`: nor will he be there. */
  | { readonly type: 'disconnect'; readonly isLeaving: boolean }
  /** Some of the peers its origin knows; whoever has it at the end of its way answers with as many. */
  | {
      readonly type: 'shuffle';
      readonly request: number;
      readonly origin: Contact;
      readonly ttl: number;
      readonly sample: readonly Contact[];
    }
  | {
      readonly type: 'shuffle-answer';
      readonly request: number;
      readonly sample: readonly Contact[];
    };
