/** Identities for tests, made once per process: a key costs a few milliseconds and nothing here is secret. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NetworkKey } from '#src/domain/network-key.js';
import type { Place, Self } from '#src/domain/peers/self.js';
import { portsFrom } from '#src/domain/ports.js';
import { type Identity, newInstance, openIdentity } from '#src/io/disk/identity.js';

export async function newIdentity(): Promise<Identity> {
  const data = await mkdtemp(join(tmpdir(), 'p2p-identity-'));
  try {
    return await openIdentity(data);
  } finally {
    await rm(data, { recursive: true, force: true });
  }
}

/** The same peer in a private network. */
export function withKey(identity: Identity, networkKey = newNetworkKey()): Identity {
  return { ...identity, credentials: { ...identity.credentials, networkKey } };
}

export function newNetworkKey(): NetworkKey {
  return randomBytes(32).toString('hex') as NetworkKey;
}

export function selfOf(
  { peerId }: Identity,
  name = 'tester',
  base = 27_460,
  features: readonly string[] = [],
): Self {
  return { peerId, name, ports: portsFrom(base), instance: newInstance(), features };
}

/** Where a listening actor of a test lives: loopback, any free port unless told. */
export function placeOf(identity: Identity, name = 'tester', port = 0): Place {
  return {
    host: '127.0.0.1',
    port,
    self: selfOf(identity, name),
    credentials: identity.credentials,
  };
}
