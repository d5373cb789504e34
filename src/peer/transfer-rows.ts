/** What a peer tells of its transfers: rows of `transfers`, and events beside those of downloads. */
import type { ContentId, PeerId } from '#src/domain/ids.js';
import type { Priority, TransferState } from '#src/domain/transfer.js';

export type { Priority, TransferState } from '#src/domain/transfer.js';

/** One row of `transfers`, as far as is known: numbers that are not yet are null. */
export type TransferRow = {
  readonly transferId: string;
  readonly direction: 'down';
  readonly state: TransferState;
  readonly name: string;
  readonly id: ContentId;
  /** Whose it is, where it is one peer's. */
  readonly peerId?: PeerId;
  /** Proven and here. */
  readonly bytes: number;
  readonly totalBytes: number | null;
  readonly bytesPerSecond: number;
  readonly etaMs: number | null;
  /** Peers it is connected to for it now. */
  readonly sources: number;
  readonly priority: Priority;
  readonly files: number | null;
  readonly filesDone: number | null;
  /** Files that came to nothing. */
  readonly failed: number;
};

export type TransferEvent =
  /** At every change of state, and at most once a second between. */
  | ({ readonly type: 'transfer' } & TransferRow)
  | {
      readonly type: 'transfer-completed';
      readonly transferId: string;
      readonly path: string;
      readonly bytes: number;
      /** What had to come from others; the rest was here. */
      readonly fetchedBytes: number;
      readonly files: number;
      readonly ms: number;
      /** The content id, which proves all of it. */
      readonly root: ContentId;
    }
  | {
      readonly type: 'transfer-failed';
      readonly transferId: string;
      readonly code: string;
      readonly message: string;
      /** Paths of files that came to nothing while the rest arrived. */
      readonly failed: readonly string[];
    };
