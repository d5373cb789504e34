/** What a download is given, what can happen to it, and what it can want done. */
import type { Ranges } from '#src/domain/content/chunk-set.js';
import type { Manifest } from '#src/domain/content/manifest.js';
import type { ErrorRecord } from '#src/domain/errors.js';
import type { ChunkIndex, PeerId } from '#src/domain/ids.js';
import type { Failure } from './disk-failure.js';

export type DownloadSettings = {
  /** Given up after so long without progress; infinite while nobody waits for it. */
  readonly timeoutMs: number;
  readonly random: () => number;
  /** Whether the manifest is here already. */
  readonly manifestHere: boolean;
  /** Only its sender can say what it came to be. */
  readonly isDraft?: boolean;
  /** The folder it is put in, told to the user where that cannot be. */
  readonly folder?: string;
};

/** What a request actor says of its one source. */
export type SourceEvent =
  | { readonly type: 'connected'; readonly rttMs: number }
  /** `manifest`, in shared memory, saves the others the parsing. */
  | { readonly type: 'manifest-stored'; readonly manifest?: Manifest }
  /** It contradicts its own proof, or holds a path that escapes (`hostile`): the source is convicted. */
  | { readonly type: 'manifest-wrong'; readonly error: ErrorRecord }
  /** What the source says it holds: all of it first, later only what it gained. */
  | {
      readonly type: 'source-has';
      readonly ranges: Ranges;
      /** It shows part of what it has, and wants to hear what is held here. */
      readonly partly?: true;
    }
  /** Verified and written in its place; `ms` since it was asked for. */
  | {
      readonly type: 'chunk-stored';
      readonly index: ChunkIndex;
      readonly bytes: number;
      readonly ms: number;
    }
  /** So much more of chunks that are not whole yet; told once a second at most. */
  | { readonly type: 'chunk-arriving'; readonly bytes: number }
  /** Bytes that do not hash to what the manifest proves: the source is convicted. */
  | { readonly type: 'chunk-wrong'; readonly index: ChunkIndex }
  | { readonly type: 'chunk-refused'; readonly index: ChunkIndex; readonly code: string }
  /** The source is gone, slow beyond its deadline, or broke the protocol; the actor ends after it. */
  | { readonly type: 'source-failed'; readonly error: ErrorRecord }
  /** Our own disk refused; the actor ends after it. */
  | { readonly type: 'write-failed'; readonly error: ErrorRecord };

/** What it says of the list of segments that it was to ask for: told before anything is fetched, to whoever wants it. */
export type SegmentsEvent =
  /** In the file for what was heard. */
  | { readonly type: 'segments-stored' }
  /** This source does not give one. */
  | { readonly type: 'segments-absent' };

export type DownloadIn =
  | { readonly type: 'peer-known'; readonly peer: PeerId }
  | { readonly type: 'peer-gone'; readonly peer: PeerId }
  | { readonly type: 'heard'; readonly peer: PeerId; readonly event: SourceEvent }
  /** Its request actor ended; `crashed` when it did not mean to. */
  | { readonly type: 'request-ended'; readonly peer: PeerId; readonly crashed: boolean }
  /** There was no thread for it, or its peer is not linked just now. */
  | { readonly type: 'request-not-started'; readonly peer: PeerId }
  /** How many request actors this download may have now. */
  | { readonly type: 'slots'; readonly count: number }
  | {
      readonly type: 'staged';
      readonly chunks: number;
      readonly chunkBytes: number;
      readonly bytes: number;
      readonly have: Ranges;
      readonly haveBytes: number;
    }
  | { readonly type: 'finished' }
  | { readonly type: 'failed'; readonly error: ErrorRecord }
  /** Somebody waits for it: given up after so long without progress. Until then it is patient for ever. */
  | { readonly type: 'awaited'; readonly timeoutMs: number }
  /** It asks nobody until `resume`, and nobody's patience runs out meanwhile. */
  | { readonly type: 'pause' }
  | { readonly type: 'resume' }
  | { readonly type: 'tick' };

export type DownloadOut =
  | {
      readonly type: 'start-request';
      readonly peer: PeerId;
      readonly restart: boolean;
      readonly attempt: number;
    }
  | { readonly type: 'stop-request'; readonly peer: PeerId }
  | { readonly type: 'ask-manifest'; readonly peer: PeerId }
  /** The manifest is here: the actor may load it and ask what the source has. */
  | { readonly type: 'ask-have'; readonly peer: PeerId; readonly holds: Ranges }
  /** To one that shows part of what it has: this is here by now, too. */
  | { readonly type: 'tell-held'; readonly peer: PeerId; readonly ranges: Ranges }
  | { readonly type: 'ask-chunks'; readonly peer: PeerId; readonly chunks: readonly ChunkIndex[] }
  | {
      readonly type: 'cancel-chunks';
      readonly peer: PeerId;
      readonly chunks: readonly ChunkIndex[];
    }
  | { readonly type: 'stage' }
  | {
      readonly type: 'convict';
      readonly peer: PeerId;
      readonly lie: 'chunk' | 'manifest';
      /** What no fault can explain. */
      readonly isAttack: boolean;
    }
  | { readonly type: 'chunk-here'; readonly index: ChunkIndex; readonly peer: PeerId }
  | { readonly type: 'waiting'; readonly reason: 'slot' | 'sources' }
  | ({ readonly type: 'progress' } & Progress)
  | { readonly type: 'finish' }
  | ({ readonly type: 'fail' } & Failure);

export type Progress = {
  readonly have: number;
  readonly chunks: number;
  readonly bytes: number;
  readonly doneBytes: number;
  readonly bytesPerSecond: number;
  readonly etaMs: number | null;
  readonly sources: number;
};
