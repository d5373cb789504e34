/** What a peer tells of its transfers: rows of `transfers`, and events beside those of downloads. */
import type { ContentId, PeerId } from '#src/domain/ids.js';
import type { Priority, TransferState } from '#src/domain/send/transfer.js';

export type { Priority, TransferState } from '#src/domain/send/transfer.js';

/** One row of `transfers`, as far as is known: numbers that are not yet are null. */
export type TransferRow = {
  readonly transferId: string;
  /** `up`: a send, with a row for each peer that takes it, and one for an offer to all as long as that stands. */
  readonly direction: 'down' | 'up';
  readonly state: TransferState;
  readonly name: string;
  /** Of which transfer it is what did not come: its `transferId`. */
  readonly completes?: string;
  /** Null while its content is not known yet. */
  readonly id: ContentId | null;
  /** Whose it is, where it is one peer's. */
  readonly peerId?: PeerId;
  /** What that one called himself when he was last heard of it, where that is known. */
  readonly peerName?: string;
  /** Proven and here; of a send, what that peer has of it, from whomever, as it says. */
  readonly bytes: number;
  /** Of a send: what has left from here for that peer in this run, what was lost or sent twice included. */
  readonly sentBytes?: number;
  /** Of an offer to all: how many fetch it or have it. */
  readonly taken?: number;
  readonly totalBytes: number | null;
  readonly bytesPerSecond: number;
  readonly etaMs: number | null;
  /** Peers it is connected to for it now. */
  readonly sources: number;
  /** Who they are, of what comes, while there are any. */
  readonly from?: readonly PeerId[];
  readonly priority: Priority;
  /** Those of its content; as it was offered until that is known. */
  readonly files: number | null;
  readonly filesDone: number | null;
  /**
   * Files of the offer that are not among `files`, as they changed, vanished or cannot be read; less those that came later by
   * one that `completes` it.
   */
  readonly failed: number;
  /** Their paths, where one transfer was asked for: the first 10,000 of what is sent, 100 of what comes. */
  readonly failedFiles?: readonly string[];
  /** When it was over, milliseconds since 1970, where it is and that is known. */
  readonly endedAt?: number;
  /** Why it waits or has failed, where more is known than that. */
  readonly why?: { readonly code: string; readonly message: string };
};

export type TransferEvent =
  /** At every change of state, and at most once a second between. */
  | ({ readonly type: 'transfer' } & TransferRow)
  | {
      readonly type: 'transfer-completed';
      readonly transferId: string;
      readonly path: string;
      readonly bytes: number;
      /** Of what comes: what had to be fetched; the rest was here. */
      readonly fetchedBytes?: number;
      readonly files: number;
      /** Files of the offer that are not among them, and the first 100 of their paths. */
      readonly failed: number;
      readonly failedFiles: readonly string[];
      readonly ms: number;
      /** The content id, which proves all of it. */
      readonly root: ContentId;
    }
  | {
      readonly type: 'transfer-failed';
      readonly transferId: string;
      readonly code: string;
      readonly message: string;
      /** Paths of files that its sender could not give: the first 100. */
      readonly failed: readonly string[];
    };
