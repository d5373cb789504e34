import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LIMITS } from '#src/domain/limits.js';
import {
  encodeFrame,
  FRAME,
  FRAME_HEADER_BYTES,
  FrameReader,
  type FrameType,
  writeFrameHeader,
} from '#src/wire/frame.js';
import { encodeMessage } from '#src/wire/message.js';
import { anyMessage } from '#test/support/messages.js';

type Seen = { readonly type: FrameType; readonly request: number; readonly body: string };

/** Cuts `bytes` at `cuts` and reads the parts; parts of a chunk are joined again. */
function read(bytes: Uint8Array, cuts: readonly number[]): readonly Seen[] {
  const seen: Seen[] = [];
  const reader = new FrameReader({
    frame: (type, request, body) => {
      seen.push({ type, request, body: Buffer.from(body).toString('hex') });
    },
    chunkBytes: (request, part) => {
      const last = seen.at(-1);
      const body = Buffer.from(part).toString('hex');
      const continues = last?.type === FRAME.chunkBytes && last.request === request;
      if (continues) seen.pop();
      const before = continues ? last.body : '';
      seen.push({ type: FRAME.chunkBytes, request, body: before + body });
    },
  });
  let from = 0;
  for (const cut of [...cuts.map((each) => each % (bytes.length + 1)), bytes.length].toSorted(
    (a, b) => a - b,
  )) {
    reader.push(bytes.subarray(from, cut));
    from = cut;
  }
  return seen;
}

function header(type: number, bodyBytes: number): Uint8Array {
  const bytes = new Uint8Array(FRAME_HEADER_BYTES);
  writeFrameHeader(bytes, 0, type as FrameType, 0, bodyBytes);
  return bytes;
}

describe('frames', () => {
  it('are the same however the stream is cut', () => {
    const frame = fc.oneof(
      fc.tuple(anyMessage, fc.nat(9)).map(([message, request]) => encodeMessage(message, request)),
      fc
        .tuple(fc.nat(9), fc.uint8Array({ maxLength: 300 }))
        .map(([request, body]) => encodeFrame(FRAME.chunkBytes, request, body)),
    );
    fc.assert(
      fc.property(
        fc.array(frame, { maxLength: 6 }),
        fc.array(fc.nat(), { maxLength: 12 }),
        (frames, cuts) => {
          const stream = Buffer.concat(frames);
          expect(read(stream, cuts)).toEqual(read(stream, []));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('come out one by one when every byte comes alone', () => {
    const stream = Buffer.concat([
      encodeFrame(FRAME.ping, 1, new Uint8Array()),
      encodeFrame(FRAME.root, 2, Uint8Array.of(1, 2, 3)),
      encodeFrame(FRAME.bye, 3, new Uint8Array()),
    ]);
    const every = Array.from({ length: stream.length }, (_, at) => at);
    expect(read(stream, every)).toEqual([
      { type: FRAME.ping, request: 1, body: '' },
      { type: FRAME.root, request: 2, body: '010203' },
      { type: FRAME.bye, request: 3, body: '' },
    ]);
  });

  it.each([
    ['control', FRAME.offer, LIMITS.controlFrameBytes],
    ['manifest', FRAME.page, LIMITS.manifestPageBytes],
    ['chunk', FRAME.chunkBytes, LIMITS.chunkFrameBytes],
    ['list', FRAME.segments, LIMITS.chunkFrameBytes],
  ])('of a %s are refused by their header when they are too long', (_, type, most) => {
    expect(() => read(header(type, most), [])).not.toThrow();
    for (const length of [most + 1, 2 ** 31, 2 ** 32 - 1]) {
      expect(() => read(header(type, length), [])).toThrow(
        expect.objectContaining({ code: 'protocol' }),
      );
    }
  });

  it('of unknown types are refused', () => {
    for (const type of [0, 7, 255]) {
      expect(() => read(header(type, 0), [])).toThrow(
        expect.objectContaining({ code: 'protocol' }),
      );
    }
  });

  it('of random bytes throw nothing but one clear error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.array(fc.nat()), (bytes, cuts) => {
        try {
          read(bytes, cuts);
        } catch (error) {
          expect(error).toMatchObject({ name: 'P2pError', code: 'protocol' });
        }
      }),
      { numRuns: 2000 },
    );
  });
});
