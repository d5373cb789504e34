/** What becomes of links and dials, as the mesh tells it and the peer table hears it. */
import type { ErrorRecord } from '#src/domain/errors.js';
import type { Instance, PeerId } from '#src/domain/ids.js';
import type { Ports } from '#src/domain/ports.js';

/** `full`: there was no place for the link, here or there; the peer may well live. */
export type DownReason = 'stopped' | 'lost' | 'blocked' | 'replaced' | 'full';

/** What is dialled: a peer's port N. With `expect`, any other identity is refused before a frame is sent. */
export type DialTarget = { readonly host: string; readonly port: number; readonly expect?: PeerId };

export type LinkNews =
  /** Proven over TLS. `host` is where it can be dialled. */
  | {
      readonly type: 'link-up';
      readonly peerId: PeerId;
      readonly name: string;
      readonly host: string;
      readonly ports: Ports;
      readonly instance: Instance;
      /** What it says it can do that not every one can. */
      readonly features: readonly string[];
      readonly dialled: boolean;
    }
  | { readonly type: 'link-down'; readonly peerId: PeerId; readonly reason: DownReason }
  /** The dial led to a peer that is linked already, by another address perhaps. */
  | ({ readonly type: 'dial-reached'; readonly peerId: PeerId } & DialTarget)
  | ({ readonly type: 'dial-failed'; readonly error: ErrorRecord } & DialTarget);
