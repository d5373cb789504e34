/** Every number that another peer sends, as everything it could be. */
import { describe, expect, it } from 'vitest';
import { P2pError } from '#src/domain/errors.js';
import { ANNOUNCEMENT_BYTES, parseClaim } from '#src/wire/announcement.js';
import { FRAME, FrameReader, type FrameType } from '#src/wire/frame.js';
import { decodeMessage } from '#src/wire/message.js';
import { NUMBER_FIELDS } from '#test/support/number-fields.js';
import { head, NUMBERS, rawNumber } from '#test/support/raw-cbor.js';

/** The numbers in what was decoded, wherever they stand. */
function numbersIn(value: unknown): readonly number[] {
  if (typeof value === 'number') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(numbersIn);
}

function decoded(type: FrameType, body: Uint8Array): readonly number[] | 'refused' {
  try {
    return numbersIn(decodeMessage(type, body));
  } catch (error) {
    if (error instanceof P2pError && error.code === 'protocol') return 'refused';
    throw error;
  }
}

describe('every number of every message', () => {
  it.each(NUMBER_FIELDS)(
    'is taken only in its range, and never rounded: $of (CVE-2026-70462, CVE-2021-21404, varint PR#20)',
    ({ type, body, least = 0, most }) => {
      for (const { name, raw, exact } of NUMBERS) {
        const numbers = decoded(type, body(rawNumber(raw)));
        const isDue = exact !== undefined && exact >= least && exact <= most;
        expect(numbers === 'refused', name).toBe(!isDue);
        if (isDue) expect(numbers, name).toContain(exact);
      }
    },
  );

  it.each([most(0x80), most(0xa0), most(0x60), most(0x40)])(
    'is no length that anything is allocated for: %s (CVE-2024-12084)',
    (claim) => {
      const body = Buffer.from(`a166${Buffer.from('ranges').toString('hex')}${claim}`, 'hex');
      const before = process.memoryUsage().arrayBuffers;
      for (let time = 0; time < 100; time += 1) expect(decoded(FRAME.have, body)).toBe('refused');
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1 << 20);
    },
  );
});

/** A container or string that claims 2^32-1 items and has none. */
function most(major: number): string {
  return Buffer.from(head(major, 2 ** 32 - 1)).toString('hex');
}

describe('the header of a frame', () => {
  const LONGEST: Readonly<Record<number, number>> = {
    [FRAME.root]: 1 << 20,
    [FRAME.page]: 1 << 20,
    [FRAME.chunkBytes]: 1 << 18,
    [FRAME.segments]: 1 << 18,
  };

  it.each(Array.from({ length: 256 }, (_, type) => type))(
    'of type %i is refused with a length beyond its own, before anything is allocated (CVE-2021-21404)',
    (type) => {
      const known = (Object.values(FRAME) as number[]).includes(type);
      const longest = known ? (LONGEST[type] ?? 1 << 16) : -1;
      for (const length of [0, 1, 2 ** 16, 2 ** 18, 2 ** 20, 2 ** 20 + 1, 2 ** 31, 2 ** 32 - 1]) {
        const header = Buffer.alloc(9);
        header.writeUInt32BE(length, 0);
        header.writeUInt8(type, 4);
        const reader = new FrameReader({ frame: () => undefined, chunkBytes: () => undefined });
        const before = process.memoryUsage().arrayBuffers;
        const push = () => reader.push(header);
        if (length <= longest) push();
        else expect(push).toThrow(P2pError);
        const most = Math.max(0, longest) + (1 << 16);
        expect(process.memoryUsage().arrayBuffers - before).toBeLessThanOrEqual(most);
      }
    },
  );
});

describe('the numbers of an announcement', () => {
  const valid = Buffer.alloc(ANNOUNCEMENT_BYTES);
  valid.write('p2pd\u0001\u0001', 'latin1');
  valid.fill(1, 6, 14);

  it.each([
    [0n, true],
    [1n, true],
    [2n ** 31n, true],
    [2n ** 32n, true],
    [2n ** 53n - 1n, true],
    [2n ** 53n, false],
    [9663919463792641n, false],
    [2n ** 63n, false],
    [2n ** 64n - 1n, false],
  ])(
    'sequence %s is taken exactly or not at all: %s (protocol-buffers#41)',
    (sequence, isTaken) => {
      const bytes = Buffer.from(valid);
      bytes.writeBigUInt64BE(sequence, 54);
      const claim = parseClaim(bytes);
      expect(claim === undefined ? undefined : BigInt(claim.sequence)).toBe(
        isTaken ? sequence : undefined,
      );
    },
  );

  it('ports are 1 to 65535, versions and flags those that there are', () => {
    for (let port = 6; port < 14; port += 2) {
      const bytes = Buffer.from(valid);
      bytes.writeUInt16BE(0, port);
      expect(parseClaim(bytes)).toBeUndefined();
      bytes.writeUInt16BE(65_535, port);
      expect(parseClaim(bytes)).toBeDefined();
    }
    const takenOf = (at: number) =>
      Array.from({ length: 256 }, (_, value) => {
        const bytes = Buffer.from(valid);
        bytes.writeUInt8(value, at);
        return parseClaim(bytes) === undefined ? [] : [value];
      }).flat();
    expect(takenOf(4)).toEqual([1]);
    expect(takenOf(5)).toEqual([0, 1, 2]);
  });
});
