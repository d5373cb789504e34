import type { Ranges } from '#src/domain/chunk-set.js';
import type { ContentSource } from '#src/domain/content-source.js';
import type { ErrorRecord } from '#src/domain/errors.js';
import type { ContentId, PeerId } from '#src/domain/ids.js';
import type { Place } from '#src/domain/self.js';

export type Init = Place & {
  readonly manifests: string;
  readonly intervalMs: number;
  /** How many peers besides one holder are to hold each chunk. */
  readonly copies: number;
  /** Bytes given in one round at most. */
  readonly roundBytes: number;
};

export type In =
  | {
      readonly type: 'hold';
      readonly id: ContentId;
      readonly name: string;
      readonly source: ContentSource;
    }
  | { readonly type: 'let-go'; readonly id: ContentId }
  | { readonly type: 'chunks-added'; readonly id: ContentId; readonly ranges: Ranges }
  /** A peer that can be given chunks; `port` is its receiver's (N+3). */
  | {
      readonly type: 'peer-up';
      readonly peerId: PeerId;
      readonly host: string;
      readonly port: number;
    }
  | { readonly type: 'peer-down'; readonly peerId: PeerId }
  /** What a peer's catalogue says it holds of a content: `have` of all its chunks, 0 when it let go. */
  | {
      readonly type: 'peer-holds';
      readonly peerId: PeerId;
      readonly id: ContentId;
      readonly have: number;
    };

export type Out =
  | { readonly type: 'listening'; readonly port: number }
  | {
      readonly type: 'round-done';
      /** Chunks and bytes given in this round; chunks held here that still have too few copies. */
      readonly sent: number;
      readonly bytes: number;
      readonly belowTarget: number;
    }
  | { readonly type: 'content-stale'; readonly id: ContentId }
  | { readonly type: 'trouble'; readonly error: ErrorRecord };
