/**
 * What a peer's state is told in: what calls are answered with, and what events carry. The terminal's `--json` lines and
 * the library show them alike. Adding fields and types is fine; removing, renaming or changing a meaning is not.
 */

import type { ContentKind } from '#src/domain/content/entries.js';
import type { Strays } from '#src/domain/datagram/strays.js';
import type { Transport } from '#src/domain/download/transport-choice.js';
import type { ContentId, PeerId } from '#src/domain/ids.js';
import type { PeerLine } from '#src/domain/peers/peer-table.js';
import type { Colour } from '#src/domain/peers/profile.js';
import type { TrustState } from '#src/domain/peers/trust.js';
import type { RateLimits } from '#src/domain/rates/limit-schedule.js';
import type { Recipient } from '#src/domain/send/recipients.js';
import type { OfferId } from '#src/domain/send/send-offer.js';
import type { TrackerStanding } from '#src/domain/tracker/tracker-standing.js';

export type Share = {
  readonly name: string;
  readonly id: ContentId;
  readonly bytes: number;
  readonly chunks: number;
};

/** One row of `list`. `path` is null unless the content is whole here; `sources` counts other peers. */
export type ListRow = Share & {
  readonly have: number;
  readonly path: string | null;
  readonly sources: number;
  /** The user of this peer shares it under this name: `unshare` ends that. */
  readonly shared?: true;
};

/** What became of a private message of ours; `waiting`: it is delivered once the other is back. */
export type TellState = 'waiting' | 'sent' | 'delivered' | 'failed';

/** A message that was said to all, or to one. */
export type MessageRow = {
  readonly id: string;
  /** Proven: its author's key. */
  readonly from: PeerId;
  /** What its author calls himself; not proven. */
  readonly name: string;
  readonly text: string;
  /** By its author's clock, milliseconds since 1970. */
  readonly sentAt: number;
  readonly private: boolean;
  /** To whom, where it is private. */
  readonly to?: PeerId;
  /** What that one calls himself, in the history of a private one of ours, where it is known. */
  readonly toName?: string;
  /** Of a private one of ours. */
  readonly state?: TellState;
};

/** What two people read to each other. */
export type Verified = {
  readonly peerId: PeerId;
  readonly name: string;
  readonly words: readonly string[];
};

/** What another peer would send to this one. */
export type OfferRow = {
  /** By which it is accepted: counted from 1 at each start. */
  readonly number: number;
  readonly offerId: OfferId;
  /** Proven: its sender's key. */
  readonly from: PeerId;
  /** What he calls himself; not proven. */
  readonly fromName: string;
  readonly name: string;
  readonly kind: ContentKind;
  /** Null where its sender had not hashed all of it when he offered it. */
  readonly id: ContentId | null;
  readonly bytes: number;
  readonly files: number;
  /** By his clock, milliseconds since 1970. */
  readonly sentAt: number;
  /** To this peer alone. */
  readonly private: boolean;
  /** The folder here that it becomes a part of, where it is what did not come of that. */
  readonly into?: string;
};

/** What this peer sends. */
export type SendRow = {
  readonly offerId: OfferId;
  readonly name: string;
  /** Of which transfer it is what did not come: its `transferId`. */
  readonly completes?: string;
  readonly path: string;
  /** Null until all of it is hashed. */
  readonly id: ContentId | null;
  readonly bytes: number;
  readonly files: number;
  /** Files that were offered and changed or vanished: it goes without them. */
  readonly failed: number;
  /** When it was offered, milliseconds since 1970. */
  readonly at: number;
  /** Null: to everybody. */
  readonly to: PeerId | null;
  /** What that one called himself then, where that was known. */
  readonly toName?: string;
  /** Whether it can still be had. */
  readonly isOpen: boolean;
  /** Those who have answered. */
  readonly recipients: readonly Recipient[];
};

/** One row of `peers`. */
export type PeerRow = PeerLine & {
  readonly trust: TrustState;
  /** It sent what its own proof contradicts, and is shut out until then: ms since 1970. Told of the blocked alone. */
  readonly bannedUntil?: number;
};

/** Somebody who has a content, or some of it. */
export type FindSource = {
  readonly peerId: PeerId;
  readonly name: string;
  /** How many chunks it has. */
  readonly have: number;
  /** Whether it is linked with this peer; others were found by asking everybody. */
  readonly linked: boolean;
};

/** One row of `find`: a content under a name, and who has it. `path` is null unless it is whole here. */
export type FindRow = Share & {
  /** Chunks that are here. */
  readonly have: number;
  readonly path: string | null;
  readonly sources: readonly FindSource[];
};

/** One link with another peer. */
export type LinkRow = {
  readonly peerId: PeerId;
  readonly name: string;
  /** Where it can be dialled. */
  readonly host: string;
  readonly port: number;
  readonly direction: 'dialled' | 'accepted';
  /** Whether the two are neighbours in the mesh. */
  readonly neighbour: boolean;
  /** For how long it has been there. */
  readonly sinceMs: number;
  /** How long an answer takes, smoothed; null until it was measured. */
  readonly rttMs: number | null;
  /** On the wire, some seconds ago at most. */
  readonly bytesIn: number;
  readonly bytesOut: number;
};

export type { Topology, TopologyLink, TopologyNode } from '#src/domain/query/topology.js';
export type { LimitKind, RateLimits } from '#src/domain/rates/limit-schedule.js';

/** A content that could have been meant, where a name means several. */
export type Candidate = Share & {
  /** Others that have some of it. */
  readonly peers: readonly PeerId[];
  /** It is whole here. */
  readonly here?: true;
};

export type Status = {
  readonly peerId: PeerId;
  readonly name: string;
  /** Where its user chose one. */
  readonly colour?: Colour;
  /** Whether it is in a private network, which has a key. */
  readonly private: boolean;
  readonly uptimeMs: number;
  /** Whether actors may be broken on purpose. */
  readonly drills: boolean;
  readonly peers: number;
  readonly shares: number;
  readonly hashing: number;
  readonly links: readonly LinkRow[];
  /** Those that the user named, in that order. */
  readonly trackers: readonly TrackerStanding[];
  readonly keptChunks: number;
  readonly servedBytes: number;
  /** How fast bytes of contents may move now, in bytes a second; null: no limit. */
  readonly limits: RateLimits;
  /** Datagrams at the port for transfers that came to nothing. */
  readonly strays: Readonly<Strays>;
  readonly downloads: readonly {
    readonly name: string;
    readonly id: ContentId;
    readonly have: number;
    readonly chunks: number;
    readonly bytesPerSecond: number;
    /** Those connected to now, and how. */
    readonly sources: readonly { readonly peerId: PeerId; readonly transport: Transport }[];
  }[];
  readonly actors: readonly {
    readonly actor: string;
    readonly state: 'starting' | 'running' | 'restarting' | 'stopped';
    readonly restarts: number;
  }[];
};
