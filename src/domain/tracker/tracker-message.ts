/** What a peer and a tracker say to each other once both have said hello. */

import { LAST_PORT } from '#src/domain/host-port.js';
import type { PeerId } from '#src/domain/ids.js';
import { PORTS_PER_PEER } from '#src/domain/ports.js';

/** Marks those who have the same network key, or none: 32 hexadecimal characters, or empty. */
export type NetworkTag = string & { readonly __brand: 'NetworkTag' };

/** A peer as a tracker tells of it: where it may be dialled, and who has to be there. `port` is its base N. */
export type Member = { readonly peerId: PeerId; readonly host: string; readonly port: number };

/** Why a tracker does not take a peer. */
export type TurnedDown = 'flag' | 'full';

export type TrackerMessage =
  /** The first message, of who wants to be found: it can be dialled at base `port`. */
  | {
      readonly type: 'register';
      readonly flag: string;
      readonly network: NetworkTag;
      readonly port: number;
    }
  /** Still here. Answered by `members` as `register` is, by fewer of them. */
  | { readonly type: 'alive' }
  | { readonly type: 'members'; readonly members: readonly Member[] }
  /** The only message, of who looks for a base port from this one on that no member of its address has. */
  | { readonly type: 'ask-base'; readonly flag: string; readonly from: number }
  | { readonly type: 'base'; readonly port: number }
  /** The last message. */
  | { readonly type: 'turned-down'; readonly reason: TurnedDown };

/** Enough to be let into a mesh, from where a newcomer finds everybody; two kilobytes. */
export const MEMBERS_AT_START = 20;

/** Two networks become one by one link between them: somebody's next heartbeats bring it. */
export const MEMBERS_AT_HEARTBEAT = 3;

/** A word, not a text. */
export const FLAG_BYTES = 128;

/** Ports below belong to the system's services (RFC 6335): no peer needs one, and no tracker shall have one knocked at. */
export const FIRST_BASE = 1024;
export const LAST_BASE = LAST_PORT - (PORTS_PER_PEER - 1);
