/**
 * What a peer tells the outside, in the terminal's `--json` lines and in the library alike: an object with a
 * `type`. Adding fields and types is fine; removing, renaming or changing a meaning is not.
 */

import type { Progress } from '#src/domain/download/download-events.js';
import type { Transport, WhyMoved } from '#src/domain/download/transport-choice.js';
import type { ContentId, PeerId } from '#src/domain/ids.js';
import type { DownReason } from '#src/domain/peers/link-news.js';
import type { Profile } from '#src/domain/peers/profile.js';
import type { TrustState } from '#src/domain/peers/trust.js';
import type { VerifyFailure } from '#src/domain/peers/verification.js';
import type { OfferEvent } from './offer-events.js';
import type { Candidate, MessageRow, Share, Verified } from './rows.js';
import type { TransferEvent } from './transfer-rows.js';

/** Why one was not delivered. */
export type TellFailure =
  | 'offline'
  | 'timed-out'
  | 'full'
  | 'refused'
  | 'expired'
  | 'closed'
  | 'cancelled';

export type DownloadFailure =
  | 'not-found'
  | 'ambiguous'
  | 'no-sources'
  | 'timed-out'
  | 'disk-full'
  | 'denied'
  | 'too-large'
  /** Its sender has taken it back, or has it no more. */
  | 'withdrawn'
  | 'cancelled'
  | 'io';

/** A private message of ours: its id, and to whom it is. */
type Told = {
  readonly id: string;
  readonly to: PeerId;
  /** What that one calls himself, as far as is known. */
  readonly name: string;
};

export type PeerEvent =
  | {
      readonly type: 'ready';
      readonly peerId: PeerId;
      readonly name: string;
      readonly host: string;
      readonly ports: {
        readonly mesh: number;
        readonly transfer: number;
        readonly distributor: number;
        readonly receiver: number;
        readonly discovery: number;
      };
      /** Whether it is in a private network, which has a key. */
      readonly private: boolean;
    }
  | {
      readonly type: 'peer-up';
      readonly peerId: PeerId;
      readonly name: string;
      readonly host: string;
      readonly port: number;
    }
  | { readonly type: 'peer-down'; readonly peerId: PeerId; readonly reason: DownReason }
  /** By the user's word, or as a peer was met for the first time: it is `known` from then on. */
  | {
      readonly type: 'trust-changed';
      readonly peerId: PeerId;
      /** Empty where it was never here. */
      readonly name: string;
      readonly state: TrustState;
    }
  /** A neighbour in the mesh came, and who asked whom. */
  | {
      readonly type: 'link-up';
      readonly peerId: PeerId;
      readonly direction: 'dialled' | 'accepted';
    }
  | {
      readonly type: 'link-down';
      readonly peerId: PeerId;
      readonly reason: 'lost' | 'evicted' | 'left' | 'forgotten';
    }
  /** Each once, our own too where they are to everybody. */
  | ({ readonly type: 'message' } & MessageRow)
  /** The other has stored a private message of ours. */
  | ({ readonly type: 'message-delivered' } & Told)
  /** It is kept until the other is back: `message-delivered` or `message-failed` follows. */
  | ({ readonly type: 'message-waiting' } & Told)
  | ({
      readonly type: 'message-failed';
      readonly code: TellFailure;
      readonly message: string;
    } & Told)
  /** This peer or a linked one calls itself so from now on, or its user is away or back. */
  | ({ readonly type: 'peer-changed'; readonly peerId: PeerId } & Profile)
  /** Both sides show the same words, or somebody is between them. `asked`: by the user here, or by the other's. */
  | ({ readonly type: 'verify'; readonly asked: boolean } & Verified)
  | {
      readonly type: 'verify-failed';
      readonly peerId: PeerId;
      readonly name: string;
      readonly code: VerifyFailure;
      readonly message: string;
      readonly asked: boolean;
      /** How often it came to nothing with this peer. */
      readonly failures: number;
    }
  /** Another peer asks the whole network to stop; where that is `obeyed`, this one ends in a second. */
  | {
      readonly type: 'stop-requested';
      readonly from: PeerId;
      /** What he calls himself. */
      readonly name: string;
      readonly obeyed: boolean;
    }
  | OfferEvent
  | ({ readonly type: 'share-added' } & Share)
  | ({ readonly type: 'share-changed'; readonly oldId: ContentId } & Share)
  | ({ readonly type: 'share-removed' } & Share)
  | {
      readonly type: 'hash-progress';
      readonly name: string;
      readonly doneBytes: number;
      readonly bytes: number;
    }
  | ({ readonly type: 'download-started'; readonly have: number; readonly sources: number } & Share)
  /** At most ten a second, at least one a second; `bytes` in all; `etaMs` null while unknown. */
  | ({ readonly type: 'download-progress'; readonly id: ContentId } & Progress)
  | {
      readonly type: 'download-waiting';
      readonly id: ContentId;
      readonly name: string;
      readonly reason: 'slot' | 'sources';
    }
  /** Where the transport is ours to choose (`auto`), a source is fetched from over another one now. */
  | {
      readonly type: 'source-moved';
      readonly id: ContentId;
      readonly name: string;
      readonly peerId: PeerId;
      readonly transport: Transport;
      /** What was wrong with the one before. */
      readonly why: WhyMoved;
    }
  | {
      readonly type: 'download-completed';
      readonly name: string;
      readonly id: ContentId;
      readonly path: string;
      readonly bytes: number;
      /** Those of them that were not here when it began or went on: what `ms` were spent on. */
      readonly fetchedBytes: number;
      /** How many it has, where that was looked at. */
      readonly files?: number;
      readonly ms: number;
      /** Chunks fetched in this run, by source and by what they came over: a source that was moved has two rows. */
      readonly sources: readonly {
        readonly peerId: PeerId;
        readonly chunks: number;
        readonly transport: Transport;
      }[];
      readonly alreadyHere?: true;
      /** Where it is: different contents of the same name that others have. */
      readonly candidates?: readonly Candidate[];
      /** The target that was asked for and given nothing, as the content lies at `path` already. */
      readonly notPutAt?: string;
    }
  | {
      readonly type: 'download-failed';
      readonly name: string;
      readonly id?: ContentId;
      readonly code: DownloadFailure;
      readonly message: string;
      readonly have?: number;
      readonly chunks?: number;
      readonly candidates?: readonly Candidate[];
    }
  | TransferEvent
  | { readonly type: 'chunk-received'; readonly id: ContentId; readonly index: number }
  | {
      readonly type: 'distribution-round';
      readonly sent: number;
      readonly bytes: number;
      readonly belowTarget: number;
    }
  /** Something that changes what is here was asked for from another terminal, a page or a script: an operation of the API. */
  | { readonly type: 'asked-for'; readonly operation: string }
  | { readonly type: 'actor-started'; readonly actor: string; readonly code: string }
  /** `code` is `normal`, `stopped`, `killed`, `hanging`, or the failure's own. */
  | {
      readonly type: 'actor-ended';
      readonly actor: string;
      readonly code: string;
      readonly message: string;
    }
  | {
      readonly type: 'actor-restarted';
      readonly actor: string;
      readonly code: string;
      readonly attempt: number;
    }
  /** The page is served there, for whoever has the whole address: it holds the token. */
  | { readonly type: 'ui'; readonly url: string }
  | { readonly type: 'notice'; readonly code: string; readonly message: string }
  | { readonly type: 'error'; readonly code: string; readonly message: string }
  | { readonly type: 'bye'; readonly exitCode: number };
