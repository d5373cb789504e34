import type { Ranges } from '#src/domain/chunk-set.js';
import type { ErrorRecord } from '#src/domain/errors.js';
import type { ChunkIndex, ContentId, PeerId } from '#src/domain/ids.js';
import type { Place } from '#src/domain/self.js';

export type Init = Place & {
  readonly manifests: string;
  /** The chunk store's folder: chunks by hash, and what is known of each kept content. */
  readonly store: string;
  readonly quotaBytes: number;
  /** Keep nothing new; what is kept stays and is served. */
  readonly enabled: boolean;
  readonly refused: readonly PeerId[];
};

export type In =
  /** How many other peers hold some of a content, as their catalogues say: what to evict first. */
  | { readonly type: 'holders'; readonly id: ContentId; readonly count: number }
  /** What this peer holds whole by itself and so need not keep. */
  | { readonly type: 'owned'; readonly id: ContentId; readonly owned: boolean }
  | { readonly type: 'refuse'; readonly peers: readonly PeerId[] };

export type Out =
  | { readonly type: 'listening'; readonly port: number }
  /** Said for every kept content at the start of a life, and when a new one is first kept. */
  | {
      readonly type: 'content-kept';
      readonly id: ContentId;
      readonly name: string;
      readonly bytes: number;
      readonly chunks: number;
      readonly have: Ranges;
    }
  | {
      readonly type: 'chunk-kept';
      readonly id: ContentId;
      readonly index: ChunkIndex;
      readonly from: PeerId;
    }
  | { readonly type: 'content-evicted'; readonly id: ContentId }
  | { readonly type: 'trouble'; readonly error: ErrorRecord };
