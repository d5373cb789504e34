import type { Ranges } from '#src/domain/chunk-set.js';
import type { ErrorRecord } from '#src/domain/errors.js';
import type { ChunkIndex, ContentId, PeerId } from '#src/domain/ids.js';
import type { Credentials, Self } from '#src/domain/self.js';

export type Init = {
  readonly id: ContentId;
  readonly source: PeerId;
  readonly host: string;
  readonly port: number;
  readonly self: Self;
  readonly credentials: Credentials;
  readonly manifests: string;
  /** The staging folder of this download. */
  readonly staging: string;
};

export type In =
  | { readonly type: 'ask-manifest' }
  /** The manifest is here: load it, and ask the source which chunks it has. */
  | { readonly type: 'ask-have' }
  | { readonly type: 'ask-chunks'; readonly chunks: readonly ChunkIndex[] }
  | { readonly type: 'cancel-chunks'; readonly chunks: readonly ChunkIndex[] };

export type Out =
  | { readonly type: 'connected'; readonly rttMs: number }
  | { readonly type: 'manifest-stored' }
  /** What the source says it holds: all of it first, later only what it gained. */
  | { readonly type: 'source-has'; readonly ranges: Ranges }
  /** Verified and written in its place; `ms` since it was asked for. */
  | {
      readonly type: 'chunk-stored';
      readonly index: ChunkIndex;
      readonly bytes: number;
      readonly ms: number;
    }
  /** Bytes that do not hash to what the manifest proves: the source is convicted. */
  | { readonly type: 'chunk-wrong'; readonly index: ChunkIndex }
  | { readonly type: 'chunk-refused'; readonly index: ChunkIndex; readonly code: string }
  /** The source is gone, slow beyond its deadline, or broke the protocol; the actor ends after it. */
  | { readonly type: 'source-failed'; readonly error: ErrorRecord }
  /** Our own disk refused; the actor ends after it. */
  | { readonly type: 'write-failed'; readonly error: ErrorRecord };
