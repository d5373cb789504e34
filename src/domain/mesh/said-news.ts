/** What the mesh tells of messages and neighbours, as its owner hears it. */
import type { ErrorRecord } from '#src/domain/errors.js';
import type { PeerId } from '#src/domain/ids.js';
import type { Standing } from '#src/domain/peers/standing.js';
import type { Query } from '#src/domain/query/query.js';
import type { HeardOffer, SendOffer } from '#src/domain/send/send-offer.js';
import type { Direction } from './active-view.js';
import type { MessageId } from './broadcast-message.js';
import type { DownReason } from './membership-event.js';
import type { DatedRow, Place } from './reception.js';

/** A message that everybody may read, proven to be its author's. */
export type HeardMessage = Place & {
  readonly id: MessageId;
  /** By its author's clock, milliseconds since 1970. */
  readonly sentAt: number;
  /** What its author calls himself. */
  readonly name: string;
  readonly text: string;
  /** As it travels, signed. */
  readonly payload: Uint8Array;
};

/** Who asks the network to stop, as signed. */
export type StopHeard = {
  readonly author: PeerId;
  /** What he calls himself. */
  readonly name: string;
  /** By his clock, milliseconds since 1970. */
  readonly sentAt: number;
};

export type MeshNews =
  | { readonly type: 'neighbour-up'; readonly peerId: PeerId; readonly direction: Direction }
  | { readonly type: 'neighbour-down'; readonly peerId: PeerId; readonly reason: DownReason }
  /** How this peer stands in the mesh now, for its announcements. */
  | ({ readonly type: 'standing-changed' } & Standing)
  /** For the first time, ours among them. */
  | { readonly type: 'message-heard'; readonly message: HeardMessage }
  /** Somebody asks the whole network to stop; for the first time, ours among them. */
  | ({ readonly type: 'stop-heard' } & StopHeard)
  /** What the user should know of. */
  | { readonly type: 'trouble'; readonly error: ErrorRecord }
  /** For the first time, ours among them. */
  | { readonly type: 'query-heard'; readonly asker: PeerId; readonly query: Query }
  /** Somebody would send something, to all or to this peer. It may have been heard before. */
  | { readonly type: 'offer-heard'; readonly offer: HeardOffer };

/** What a life of the mesh is told of those before it. */
export type History = {
  readonly rows: readonly DatedRow[];
  /** Of reception. */
  readonly horizon: number;
  /** Oldest first. */
  readonly payloads: readonly Uint8Array[];
};

/** What everybody hears and nobody keeps, on the user's word. */
export type PassingWord =
  /** Asks all peers to stop. */
  { readonly kind: 'stop' } | { readonly kind: 'offer'; readonly offer: SendOffer };

/** What is to be said to everybody. */
export type Saying = {
  readonly epoch: number;
  readonly sequence: number;
  readonly sentAt: number;
  readonly text: string;
};
