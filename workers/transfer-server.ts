import type { Ranges } from '#src/domain/chunk-set.js';
import type { ContentSource } from '#src/domain/content-source.js';
import type { ErrorRecord } from '#src/domain/errors.js';
import type { ContentId, PeerId } from '#src/domain/ids.js';
import type { Place } from '#src/domain/self.js';

export type Init = Place & {
  /** Where manifests lie as files by id. */
  readonly manifests: string;
  readonly refused: readonly PeerId[];
};

export type In =
  /** Serve this content from here; a later one for the same id takes its place. */
  | { readonly type: 'serve'; readonly id: ContentId; readonly source: ContentSource }
  | { readonly type: 'withdraw'; readonly id: ContentId }
  /** More chunks of a partial or kept content are here now. */
  | { readonly type: 'chunks-added'; readonly id: ContentId; readonly ranges: Ranges }
  | { readonly type: 'refuse'; readonly peers: readonly PeerId[] };

export type Out =
  | { readonly type: 'listening'; readonly port: number }
  /** The bytes are not what was hashed: somebody changed them. Nothing wrong has left. */
  | { readonly type: 'content-stale'; readonly id: ContentId }
  | {
      readonly type: 'chunks-served';
      readonly id: ContentId;
      readonly peerId: PeerId;
      readonly chunks: number;
      readonly bytes: number;
    }
  | { readonly type: 'trouble'; readonly error: ErrorRecord };
