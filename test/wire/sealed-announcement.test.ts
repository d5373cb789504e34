import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { parseClaim } from '#src/wire/announcement.js';
import { announcementSeal, SEALED_BYTES } from '#src/wire/sealed-announcement.js';
import { inventedAnnouncement } from '#test/support/announcers.js';
import { newNetworkKey } from '#test/support/identities.js';

/** The most that an announcement may have, sealed or not. */
const MOST_BYTES = 300;

const networkKey = newNetworkKey();
const seal = announcementSeal(networkKey);
const announcement = inventedAnnouncement();
const sealed = seal.seal(announcement);

describe('a sealed announcement', () => {
  it('comes back as it was, by any holder of the key, and is short', () => {
    expect(announcementSeal(networkKey).open(sealed)).toEqual(announcement);
    expect(sealed).toHaveLength(SEALED_BYTES);
    expect(SEALED_BYTES).toBeLessThanOrEqual(MOST_BYTES);
  });

  it('opens with no other key', () => {
    expect(announcementSeal(newNetworkKey()).open(sealed)).toBeUndefined();
  });

  it('is refused with any single bit flipped', () => {
    for (let bit = 0; bit < sealed.length * 8; bit += 1) {
      const changed = Uint8Array.from(sealed);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(seal.open(changed), `bit ${bit}`).toBeUndefined();
    }
  });

  it('is refused at every length but its own', () => {
    for (let length = 0; length <= MOST_BYTES; length += 1) {
      const bytes = new Uint8Array(length);
      bytes.set(sealed.subarray(0, length));
      expect(seal.open(bytes) === undefined, `length ${length}`).toBe(length !== SEALED_BYTES);
    }
  });

  it('shows nothing of what is in it, nor that two are of one peer', () => {
    const again = seal.seal(announcement);
    const differing = again.filter((byte, at) => at >= 5 && byte !== sealed[at]).length;
    // Of 156 bytes at random one in 256 is the same by chance.
    expect(differing).toBeGreaterThan(140);
    const ports = announcement.subarray(6, 14);
    const key = announcement.subarray(22, 54);
    for (const part of [ports, key, Buffer.from(networkKey, 'hex')]) {
      expect(Buffer.from(sealed).includes(part)).toBe(false);
    }
  });

  it('is no announcement to who has no key, and an open one is none inside', () => {
    expect(parseClaim(sealed)).toBeUndefined();
    expect(seal.open(announcement)).toBeUndefined();
    expect(seal.open(randomBytes(SEALED_BYTES))).toBeUndefined();
  });
});
