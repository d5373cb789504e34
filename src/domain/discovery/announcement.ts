import type { Instance, PeerId } from '#src/domain/ids.js';
import type { Standing } from '#src/domain/peers/standing.js';
import type { Ports } from '#src/domain/ports.js';

/** `start`: a newcomer who has heard nobody yet. `alive`: the heartbeat. `stop`: its own goodbye. */
export type Flag = 'start' | 'alive' | 'stop';

/** What one datagram claims before its signature has been checked: true of nobody yet. */
export type Claim = Standing & {
  readonly flag: Flag;
  readonly ports: Ports;
  readonly instance: Instance;
  /** The announced raw Ed25519 key, 64 hexadecimal characters: cheaper to look up than a peer id. */
  readonly key: string;
  /** Grows with every datagram of one instance, so that a recorded one is worth nothing. Below 2^53. */
  readonly sequence: number;
};

/** A claim whose signature fits its key. Still only a hint where to dial. */
export type Announcement = Claim & { readonly peerId: PeerId };
