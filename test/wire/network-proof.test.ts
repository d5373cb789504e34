import { createHmac, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { isProof, networkProof, PROOF_BYTES } from '#src/wire/network-proof.js';
import { newNetworkKey } from '#test/support/identities.js';

const key = newNetworkKey();
const exported = randomBytes(32);
const proof = networkProof(key, exported, 'client');

describe('a proof of the network key', () => {
  it('is the HMAC-SHA-256, under the key, of what was exported and of who speaks', () => {
    const hmac = createHmac('sha256', Buffer.from(key, 'hex'));
    const expected = hmac.update(Buffer.concat([exported, Buffer.from('client')])).digest();
    expect(proof).toEqual(expected);
    expect(proof).toHaveLength(PROOF_BYTES);
    expect(isProof(proof, key, exported, 'client')).toBe(true);
  });

  it('is none with another key, in another session or of the other end', () => {
    expect(isProof(proof, newNetworkKey(), exported, 'client')).toBe(false);
    expect(isProof(proof, key, randomBytes(32), 'client')).toBe(false);
    expect(isProof(proof, key, exported, 'server')).toBe(false);
  });

  it('is none with any bit flipped, cut short or longer', () => {
    for (let bit = 0; bit < proof.length * 8; bit += 1) {
      const changed = Uint8Array.from(proof);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(isProof(changed, key, exported, 'client'), `bit ${bit}`).toBe(false);
    }
    expect(isProof(proof.subarray(1), key, exported, 'client')).toBe(false);
    expect(isProof(Buffer.concat([proof, proof]), key, exported, 'client')).toBe(false);
  });
});
