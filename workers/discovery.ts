import type { ErrorRecord } from '#src/domain/errors.js';
import type { Instance, PeerId } from '#src/domain/ids.js';
import type { Ports } from '#src/domain/ports.js';
import type { Credentials, Self } from '#src/domain/self.js';

export type Init = {
  /** The UDP port that all peers of a network share. */
  readonly discoveryPort: number;
  /** Restricts announcing and hearing to this address; `0.0.0.0` for every interface. */
  readonly host: string;
  readonly self: Self;
  readonly credentials: Credentials;
  readonly heartbeatMs: number;
  readonly expiryMs: number;
};

export type In = { readonly type: 'set-load'; readonly load: number };

export type Out =
  | { readonly type: 'listening'; readonly port: number }
  /** Signed and fresh; still no more than a hint where to dial. `stopping` is its own goodbye. */
  | {
      readonly type: 'peer-heard';
      readonly peerId: PeerId;
      readonly instance: Instance;
      readonly host: string;
      readonly ports: Ports;
      readonly load: number;
      readonly flag: 'start' | 'alive' | 'stop';
    }
  | { readonly type: 'peer-silent'; readonly peerId: PeerId; readonly instance: Instance }
  /** Trouble the user should know of: no interface can announce, the port cannot be bound, a flood. */
  | { readonly type: 'trouble'; readonly error: ErrorRecord };
