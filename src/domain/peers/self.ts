import type { Instance, PeerId } from '#src/domain/ids.js';
import type { NetworkKey } from '#src/domain/network-key.js';
import type { Ports } from '#src/domain/ports.js';

/** What one peer tells another once the channel is proven, and what each of its actors knows of itself. */
export type Self = {
  readonly peerId: PeerId;
  /** May change while the peer lives: whoever says it reads it then. */
  name: string;
  readonly ports: Ports;
  readonly instance: Instance;
  /** What it can do that not every one can: words of hello. None unless told. */
  readonly features?: readonly string[];
};

/** The secret side of an identity, handed to the actors that speak: PEM texts, and the network's key. Never logged. */
export type Credentials = {
  readonly keyPem: string;
  readonly certificatePem: string;
  /** Of the private network that this peer is in; without it, it speaks with those that have none either. */
  readonly networkKey?: NetworkKey | undefined;
};

/** What every listening actor is given. `host` is the address it binds, `0.0.0.0` for all. */
export type Place = {
  readonly host: string;
  readonly port: number;
  readonly self: Self;
  readonly credentials: Credentials;
};
