import type { ErrorRecord } from '#src/domain/errors.js';
import type { ChunkIndex, ContentId } from '#src/domain/ids.js';

export type Init = {
  /** Where manifests are written as files by id. */
  readonly manifests: string;
};

/** What was known of a path when it was last indexed: its manifest, and how each file looked. */
export type Known = { readonly id: ContentId; readonly fingerprints: string };

export type In =
  /**
   * Turn the file or directory at `path` into a manifest, reading only what differs from `known`;
   * writes how each file looked to the file `fingerprints`. `job` comes back in every answer.
   */
  | {
      readonly type: 'index';
      readonly job: number;
      readonly path: string;
      readonly fingerprints: string;
      readonly known?: Known;
    }
  /** Hash these chunks of a staged download on the spot and tell which are good. */
  | {
      readonly type: 'verify';
      readonly job: number;
      readonly id: ContentId;
      readonly staging: string;
      readonly chunks: readonly ChunkIndex[];
    }
  | { readonly type: 'cancel'; readonly job: number };

/** An entry that no one could take, and why; `path` is relative to the share's root. */
export type Skipped = { readonly path: string; readonly why: string };

export type Out =
  /** At most ten a second for each job. */
  | {
      readonly type: 'progress';
      readonly job: number;
      readonly doneBytes: number;
      readonly bytes: number;
    }
  | {
      readonly type: 'indexed';
      readonly job: number;
      readonly id: ContentId;
      readonly kind: 'file' | 'directory';
      readonly bytes: number;
      readonly chunks: number;
      readonly entries: number;
      /** Bytes that had to be read; 0 when nothing had changed. */
      readonly readBytes: number;
      /** The first 100; `skippedCount` has them all. */
      readonly skipped: readonly Skipped[];
      readonly skippedCount: number;
    }
  | { readonly type: 'verified'; readonly job: number; readonly good: readonly ChunkIndex[] }
  | { readonly type: 'job-failed'; readonly job: number; readonly error: ErrorRecord };
