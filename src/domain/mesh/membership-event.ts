/** What membership is told, and what it has done. */
import type { PeerId } from '#src/domain/ids.js';
import type { Direction } from './active-view.js';
import type { Contact, MembershipMessage } from './membership-message.js';

export type MembershipEvent =
  /** Somebody was heard of who can be dialled. `load`: how many neighbours it says it has. */
  | { readonly type: 'heard'; readonly contact: Contact; readonly load: number }
  /** Somebody was heard of who belongs to a network that is not ours. */
  | { readonly type: 'foreign'; readonly contact: Contact }
  | { readonly type: 'received'; readonly from: Contact; readonly message: MembershipMessage }
  /** Somebody sent what only neighbours send each other. */
  | { readonly type: 'taken-for-neighbour'; readonly by: Contact }
  /** There is no link with that peer any more. */
  | { readonly type: 'lost'; readonly peerId: PeerId }
  /** That peer said goodbye. */
  | { readonly type: 'left'; readonly peerId: PeerId }
  /** What was to be sent to that peer will not arrive: it cannot be dialled. */
  | { readonly type: 'unreachable'; readonly peerId: PeerId }
  /** That peer is not to be a neighbour: blocked, or too old. */
  | { readonly type: 'forget'; readonly peerId: PeerId }
  | { readonly type: 'tick' }
  /** The peer stops. */
  | { readonly type: 'leave' };

/** `lost`: no link; `evicted`: it has, or we have, somebody else now; `left`: it stopped; `forgotten`: not wanted here. */
export type DownReason = 'lost' | 'evicted' | 'left' | 'forgotten';

export type MembershipEffect =
  | { readonly type: 'send'; readonly to: Contact; readonly message: MembershipMessage }
  | { readonly type: 'neighbour-up'; readonly peerId: PeerId; readonly direction: Direction }
  | { readonly type: 'neighbour-down'; readonly peerId: PeerId; readonly reason: DownReason };
