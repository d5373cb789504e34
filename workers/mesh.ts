import type { CatalogueRow } from '#src/domain/catalogue.js';
import type { ErrorRecord } from '#src/domain/errors.js';
import type { ContentId, Instance, PeerId } from '#src/domain/ids.js';
import type { Ports } from '#src/domain/ports.js';
import type { Place } from '#src/domain/self.js';

export type Init = Place & {
  readonly pingMs: number;
  readonly deadAfterMs: number;
  /** Peers that get no link. */
  readonly refused: readonly PeerId[];
  /** What this peer offers at the start of this life. */
  readonly catalogue: readonly CatalogueRow[];
};

export type DownReason = 'stopped' | 'lost' | 'blocked' | 'replaced';

export type In =
  /** Dials a peer's port N. With `expect`, any other identity is refused before a frame is sent. */
  | {
      readonly type: 'dial';
      readonly host: string;
      readonly port: number;
      readonly expect?: PeerId;
    }
  | { readonly type: 'close-link'; readonly peerId: PeerId; readonly reason: DownReason }
  /** Asks a linked peer for a sign of life now; silence ends the link. */
  | { readonly type: 'probe'; readonly peerId: PeerId }
  | { readonly type: 'refuse'; readonly peers: readonly PeerId[] }
  | {
      readonly type: 'offer';
      readonly changed: readonly CatalogueRow[];
      readonly removed: readonly RowKey[];
    };

export type RowKey = { readonly name: string; readonly id: ContentId };

export type Out =
  | { readonly type: 'listening'; readonly port: number }
  /** Proven over TLS. `host` is where it can be dialled; `replaced` when another instance of it was linked. */
  | {
      readonly type: 'link-up';
      readonly peerId: PeerId;
      readonly name: string;
      readonly host: string;
      readonly ports: Ports;
      readonly instance: Instance;
      readonly dialled: boolean;
    }
  | { readonly type: 'link-down'; readonly peerId: PeerId; readonly reason: DownReason }
  | {
      readonly type: 'dial-failed';
      readonly host: string;
      readonly port: number;
      readonly expect?: PeerId;
      readonly error: ErrorRecord;
    }
  /** A linked peer's offer. `fresh`: forget what it offered before. `complete`: nothing more for now. */
  | {
      readonly type: 'offered';
      readonly peerId: PeerId;
      readonly fresh: boolean;
      readonly complete: boolean;
      readonly changed: readonly CatalogueRow[];
      readonly removed: readonly RowKey[];
    }
  | { readonly type: 'trouble'; readonly error: ErrorRecord };
