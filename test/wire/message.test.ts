import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { P2pError } from '#src/domain/errors.js';
import { encodeCbor } from '#src/wire/cbor.js';
import { FRAME, FRAME_HEADER_BYTES, FrameReader, type FrameType } from '#src/wire/frame.js';
import { decodeMessage, encodeMessage, type Message } from '#src/wire/message.js';
import { oneOfEach } from '#test/support/messages.js';

const ID = new Uint8Array(32);
/** Every number a hostile peer has tried on somebody. */
const WRONG_NUMBERS = [
  -1,
  2 ** 53,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  1e308,
  0.5,
  '1',
  null,
  true,
];
const TYPES = Object.values(FRAME).filter((type) => type !== FRAME.chunkBytes);

function roundTrip(message: Message, request: number): unknown {
  const frames: unknown[] = [];
  new FrameReader({
    frame: (type, id, body) => frames.push([id, decodeMessage(type, body)]),
    chunkBytes: () => frames.push('chunk bytes'),
  }).push(encodeMessage(message, request));
  return frames;
}

/** A body as cborg never writes it: floats where integers are due. */
function decodeRaw(type: FrameType, body: unknown): () => Message {
  return () => decodeMessage(type, encodeCbor(body));
}

function codeOf(attempt: () => unknown): string | undefined {
  try {
    attempt();
  } catch (error) {
    if (error instanceof P2pError) return error.code;
    throw error;
  }
  return undefined;
}

describe('messages', () => {
  it.each(oneOfEach)('of type %s come out as they went in', (_, arbitrary) => {
    fc.assert(
      fc.property(arbitrary, fc.nat(2 ** 32 - 1), (message, request) => {
        expect(roundTrip(message, request)).toEqual([[request, message]]);
      }),
      { numRuns: 50 },
    );
  });

  it('never throw anything but one clear error, whatever bytes come', () => {
    const body = fc.uint8Array({ maxLength: 200 });
    fc.assert(
      fc.property(fc.constantFrom(...TYPES), body, (type, bytes) => {
        expect([undefined, 'protocol']).toContain(codeOf(() => decodeMessage(type, bytes)));
      }),
      { numRuns: 2000 },
    );
  });

  it('never throw anything but one clear error when sound ones are damaged', () => {
    const arbitraries = oneOfEach.map(([, arbitrary]) => arbitrary);
    const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(fc.oneof(...arbitraries), damage, (message, blows) => {
        const frame = encodeMessage(message);
        const body = frame.slice(FRAME_HEADER_BYTES);
        for (const [at, value] of blows) if (body.length > 0) body[at % body.length] = value;
        const type = frame[4] as FrameType;
        expect([undefined, 'protocol']).toContain(codeOf(() => decodeMessage(type, body)));
      }),
      { numRuns: 2000 },
    );
  });

  it('know no chunk bytes', () => {
    expect(codeOf(() => decodeMessage(FRAME.chunkBytes, new Uint8Array(3)))).toBe('protocol');
  });

  it.each(WRONG_NUMBERS)('refuse %s where a number is due', (wrong) => {
    const row = ['x', ID, 1, 1, 1];
    const bodies: readonly (readonly [FrameType, unknown])[] = [
      [FRAME.getPage, { id: ID, page: wrong }],
      [FRAME.getChunk, { id: ID, index: wrong }],
      [FRAME.putChunk, { index: wrong }],
      [FRAME.kept, { index: wrong }],
      [FRAME.have, { ranges: [wrong, 1] }],
      [FRAME.have, { ranges: [0, wrong] }],
      ...[2, 3, 4].map((at) => {
        const changed = [row.with(at, wrong as never)];
        return [FRAME.offer, { fresh: true, complete: true, changed, removed: [] }] as const;
      }),
    ];
    for (const [type, body] of bodies) {
      if (wrong === true && type === FRAME.have) continue;
      expect(codeOf(decodeRaw(type, body)), JSON.stringify(body)).toBe('protocol');
    }
  });

  it.each([
    ['more held than there is', FRAME.offer, [['x', ID, 1, 1, 2]]],
    ['a row that is no list', FRAME.offer, [7]],
    ['a name that is too long', FRAME.offer, [['n'.repeat(256), ID, 1, 1, 1]]],
    ['a short content id', FRAME.offer, [['x', ID.slice(1), 1, 1, 1]]],
    [
      'more rows than a frame may have',
      FRAME.offer,
      Array.from({ length: 1025 }, () => ['x', ID, 1, 1, 1]),
    ],
  ] as const)('refuse a catalogue with %s', (_, type, changed) => {
    const body = { fresh: true, complete: true, changed, removed: [] };
    expect(codeOf(decodeRaw(type, body))).toBe('protocol');
  });

  it.each([
    ['unordered', [5, 1, 3, 1]],
    ['overlapping', [0, 5, 4, 2]],
    ['empty', [0, 0]],
    ['half', [0]],
    ['endless', [0, 2 ** 22 + 1]],
  ])('refuse %s runs of chunks', (_, ranges) => {
    expect(codeOf(decodeRaw(FRAME.have, { ranges }))).toBe('protocol');
  });

  it.each(['', 'HIGH', 'highest-ever', 'high\0', 4, null, ['high'], undefined])(
    'refuse a priority that is %j',
    (priority) => {
      const body = priority === undefined ? {} : { priority };
      expect(codeOf(decodeRaw(FRAME.prefer, body))).toBe('protocol');
    },
  );

  it('ignore what a newer peer says beyond them', () => {
    const body = { index: 3, colour: 'red', ['__proto__']: { index: 4 } };
    expect(decodeRaw(FRAME.kept, body)()).toEqual({ type: 'kept', index: 3 });
  });
});
