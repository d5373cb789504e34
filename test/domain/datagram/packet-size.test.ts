import { describe, expect, it } from 'vitest';
import { BASE_BYTES, PacketSize } from '#src/domain/datagram/packet-size.js';

const SECOND = 1_000_000;

/** Tries sizes on a way that carries so much, until there is none to try. */
function search(size: PacketSize, carries: number, now: number): readonly number[] {
  const tried: number[] = [];
  for (let bytes = size.toTry(now); bytes !== undefined; bytes = size.toTry(now)) {
    tried.push(bytes);
    size.tried();
    if (bytes <= carries) size.arrived(bytes, true, now);
    else size.lost(bytes, true, now);
  }
  return tried;
}

describe('the size of packets', () => {
  it('is what every way carries, until what the interface carries was proven', () => {
    const size = new PacketSize(1472);
    expect(size.bytes).toBe(BASE_BYTES);
    expect(search(size, 1472, 0)).toEqual([1472]);
    expect(size.bytes).toBe(1472);
  });

  it('is the largest usual one that gets through where the interface promises more than the way', () => {
    const size = new PacketSize(8952);
    const tried = search(size, 1460, 0);
    expect(size.bytes).toBe(1452);
    // A lost packet may have been bad luck.
    expect(tried.filter((bytes) => bytes === 8952)).toHaveLength(3);
    expect(Math.max(...tried)).toBe(8952);
  });

  it('is never larger than what the interface carries', () => {
    const size = new PacketSize(1300);
    expect(Math.max(...search(size, 65_507, 0))).toBe(1300);
  });

  it('falls back when nothing of that size arrives any more, and is tried again later', () => {
    const size = new PacketSize(1472);
    search(size, 1472, 0);
    size.arrived(1472, false, SECOND);
    let hasFallen = false;
    for (let lost = 0; lost < 100; lost += 1) {
      hasFallen = size.lost(1472, false, 2 * SECOND) || hasFallen;
    }
    expect(hasFallen).toBe(true);
    expect(size.bytes).toBe(BASE_BYTES);
    expect(size.toTry(3 * SECOND)).toBeUndefined();
    expect(search(size, 1472, 60 * SECOND)).toEqual([1472]);
  });

  it('does not fall for as many losses at once as a buffer that overflows makes', () => {
    const size = new PacketSize(1472);
    search(size, 1472, 0);
    size.arrived(1472, false, SECOND);
    for (let lost = 0; lost < 100; lost += 1) size.lost(1472, false, SECOND + 1000);
    expect(size.bytes).toBe(1472);
  });
});
