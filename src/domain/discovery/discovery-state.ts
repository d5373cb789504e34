/** What discovery holds, hears and wants done. Times are monotonic milliseconds. */

import type { Instance, PeerId } from '#src/domain/ids.js';
import type { Standing } from '#src/domain/peers/standing.js';
import type { Announcement, Claim, Flag } from './announcement.js';
import type { Intake } from './announcement-limits.js';
import type { Heard } from './heard-peers.js';

export type Settings = {
  /** This peer's raw key in hexadecimal, and its instance: how it knows its own datagrams. */
  readonly key: string;
  readonly instance: Instance;
  readonly heartbeatMs: number;
  readonly expiryMs: number;
};

export type Due = { readonly at: number; readonly flag: Flag };

export type State = {
  readonly settings: Settings;
  readonly phase: 'waiting' | 'running' | 'stopping';
  /** Announcements still owed, besides the heartbeat. */
  readonly due: readonly Due[];
  readonly heartbeatAt: number;
  readonly lastExtraAt: number;
  readonly sequence: number;
  readonly standing: Standing;
  /** By raw key. */
  readonly heard: ReadonlyMap<string, Heard>;
  readonly intake: Intake;
  readonly floodToldAt: number;
  readonly twinTold: boolean;
  readonly mute: boolean;
};

export type Event =
  /** The sockets stand (or never will): start announcing. */
  | { readonly type: 'opened' }
  | { readonly type: 'wake' }
  | { readonly type: 'interfaces-changed' }
  /** Announced with whatever is announced next. */
  | ({ readonly type: 'set-standing' } & Standing)
  | {
      readonly type: 'received';
      readonly claim: Claim;
      readonly source: string;
      /** From this very machine: all its peers share the address, so the limit per source is not for it. */
      readonly sameMachine: boolean;
    }
  | { readonly type: 'proven'; readonly announcement: Announcement; readonly source: string }
  /** On how many interfaces an announcement went out. */
  | { readonly type: 'announced'; readonly reached: number }
  | { readonly type: 'stop' };

export type Effect =
  | { readonly type: 'verify' }
  /** Takes `SEQUENCE_STRIDE` numbers from `sequence` on, one for each interface. */
  | ({
      readonly type: 'announce';
      readonly flag: Flag;
      readonly sequence: number;
    } & Standing)
  | { readonly type: 'heard'; readonly announcement: Announcement; readonly source: string }
  | { readonly type: 'silent'; readonly peerId: PeerId; readonly instance: Instance }
  /** No interface at all could announce; said once until one can again. */
  | { readonly type: 'mute' }
  | { readonly type: 'flood' }
  /** Somebody else announces with our key: a copied data folder. */
  | { readonly type: 'twin' }
  | { readonly type: 'finish' };

export type Step = { readonly state: State; readonly effects: readonly Effect[] };
