import { describe, expect, it } from 'vitest';
import { contextOf } from '#src/io/net/secure-context.js';
import { newIdentity } from '#test/support/identities.js';

describe('our key and certificate for TLS', () => {
  it('are read once, though each request brings a copy of them', async () => {
    const { credentials } = await newIdentity();
    expect(contextOf(structuredClone(credentials))).toBe(contextOf(credentials));
  });

  it('are read anew for another peer', async () => {
    const [alice, bob] = [await newIdentity(), await newIdentity()];
    const ofAlice = contextOf(alice.credentials);
    expect(contextOf(bob.credentials)).not.toBe(ofAlice);
    const mixed = { ...bob.credentials, certificatePem: alice.credentials.certificatePem };
    expect(() => contextOf(mixed)).toThrow('key values mismatch');
  });
});
