import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ENVELOPE_BYTES } from '#src/domain/datagram/packet.js';
// As whoever uses the library gets them.
import { createPacket, parsePacket, udpChecksum } from '#src/peer.js';

const bytes = fc.uint8Array({ maxLength: 2000 });
const chunkNumber = fc.integer({ min: 0, max: 2 ** 48 - 1 });

/** The same, worked out with exact integers. */
function plainChecksum(data: Uint8Array): number {
  let sum = 0n;
  for (let at = 0; at < data.length; at += 4) {
    const word = [0, 1, 2, 3].map((byte) => BigInt(data[at + byte] ?? 0));
    sum += word.reduce((whole, byte) => whole * 256n + byte, 0n);
  }
  while (sum >= 2n ** 32n) sum = (sum % 2n ** 32n) + sum / 2n ** 32n;
  return Number(2n ** 32n - 1n - sum);
}

describe('udpChecksum', () => {
  it('is the complement of the sum of words of 32 bits, with carries brought round', () => {
    expect(udpChecksum(new Uint8Array(0))).toBe(0xffff_ffff);
    expect(udpChecksum(Uint8Array.of(0, 0, 0, 1))).toBe(0xffff_fffe);
    expect(udpChecksum(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0, 0, 0, 2))).toBe(0xffff_fffd);
    // A last word that is not whole is filled up with zeros.
    expect(udpChecksum(Uint8Array.of(0x80))).toBe(0x7fff_ffff);
  });

  it('is the same for any bytes, wherever they lie in memory', () => {
    fc.assert(
      fc.property(bytes, fc.integer({ min: 0, max: 7 }), (data, shift) => {
        const moved = new Uint8Array(data.length + shift).subarray(shift);
        moved.set(data);
        expect(udpChecksum(moved)).toBe(plainChecksum(data));
      }),
    );
  });
});

describe('the functions for packets', () => {
  it('take nothing but bytes, and say so: what is alike would be read as other bytes', () => {
    const untyped = { createPacket, parsePacket, udpChecksum } as unknown as Record<
      string,
      (...given: unknown[]) => unknown
    >;
    const wrong = ['hello, a longer text', 7, null, undefined, {}, [1, 2, 3]];
    const alike = [Uint16Array.of(258, 772), new Int8Array(20), new ArrayBuffer(20)];
    for (const [name, call] of Object.entries(untyped)) {
      for (const given of [...wrong, ...alike, new DataView(new ArrayBuffer(20))]) {
        expect(() => call(given, 7), `${name} of ${typeof given}`).toThrow(
          expect.objectContaining({ code: 'usage', message: expect.stringMatching('Uint8Array') }),
        );
      }
    }
    expect(parsePacket(createPacket(Buffer.from('hello'), 7)).valid).toBe(true);
  });
});

describe('a packet', () => {
  it('comes back out of its envelope as it went in', () => {
    fc.assert(
      fc.property(bytes, chunkNumber, (data, number) => {
        const parsed = parsePacket(createPacket(data, number));
        expect(parsed.valid).toBe(true);
        expect(parsed.chunkNumber).toBe(number);
        expect(parsed.data).toEqual(data);
        expect(parsed.checksum).toBe(udpChecksum(createPacket(data, number).subarray(4)));
      }),
    );
  });

  it('is told from one that any single burst of up to 31 bits has changed', () => {
    const burst = fc.integer({ min: 1, max: 2 ** 31 - 1 });
    fc.assert(
      fc.property(bytes, chunkNumber, burst, fc.nat(), (data, number, flips, place) => {
        const packet = createPacket(data, number);
        const first = place % (packet.length * 8 - 30);
        for (let bit = 0; bit < 31; bit += 1) {
          if ((flips & (1 << bit)) === 0) continue;
          const at = first + bit;
          packet[at >> 3] = (packet[at >> 3] ?? 0) ^ (0x80 >> (at & 7));
        }
        expect(parsePacket(packet).valid).toBe(false);
      }),
    );
  });

  it('is told from one that was cut off, or had something added, zeros too', () => {
    const packet = createPacket(new Uint8Array(100), 7);
    for (let length = 0; length < packet.length; length += 1) {
      expect(parsePacket(packet.subarray(0, length)).valid, `${length} bytes`).toBe(false);
    }
    const longer = new Uint8Array(packet.length + 4);
    longer.set(packet);
    expect(parsePacket(longer).valid).toBe(false);
  });

  it('may be any bytes at all: they are judged, and nothing is thrown', () => {
    fc.assert(
      fc.property(bytes, (data) => {
        const parsed = parsePacket(data);
        expect(parsed.data.length).toBe(Math.max(0, data.length - ENVELOPE_BYTES));
        if (data.length >= ENVELOPE_BYTES) expect(parsed.data.buffer).toBe(data.buffer);
      }),
    );
  });

  it('holds at most what a datagram does, and a chunk number below 2^48', () => {
    expect(parsePacket(createPacket(new Uint8Array(65_495), 2 ** 48 - 1)).valid).toBe(true);
    expect(() => createPacket(new Uint8Array(65_496), 0)).toThrow(
      expect.objectContaining({ code: 'too-large' }),
    );
    for (const number of [-1, 0.5, 2 ** 48, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => createPacket(new Uint8Array(1), number)).toThrow(
        expect.objectContaining({ code: 'usage' }),
      );
    }
  });
});
