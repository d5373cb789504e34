/**
 * A chunk laid out as it travels: frames of at most 256 KiB in one piece of memory, headers written, with views
 * of the gaps between them for the bytes. The disk reads straight into them and the socket takes them as they
 * are: nobody copies.
 */
import { LIMITS, MiB } from '#src/domain/limits.js';
import { FRAME, FRAME_HEADER_BYTES, writeFrameHeader } from '#src/wire/frame.js';

/** Written at a time: pings and cancels slip in between, and a call carries many TLS records. */
const SLICE_FRAMES = MiB / LIMITS.chunkFrameBytes;

const FRAME_BYTES = FRAME_HEADER_BYTES + LIMITS.chunkFrameBytes;

/** What the largest chunk takes with its headers. */
export const FRAMED_CHUNK_BYTES =
  LIMITS.chunkBytes + (LIMITS.chunkBytes / LIMITS.chunkFrameBytes) * FRAME_HEADER_BYTES;

export type FramedChunk = {
  /** Where the chunk's bytes belong, in order. */
  readonly gaps: readonly Uint8Array[];
  /** Headers and gaps, a few whole frames each. */
  readonly slices: readonly Uint8Array[];
};

/** @param memory at least as long as the framed chunk. @param bytes the chunk's length. */
export function frameChunk(memory: Uint8Array, request: number, bytes: number): FramedChunk {
  const gaps: Uint8Array[] = [];
  let at = 0;
  for (let left = bytes; left > 0; left -= LIMITS.chunkFrameBytes) {
    const length = Math.min(left, LIMITS.chunkFrameBytes);
    writeFrameHeader(memory, at, FRAME.chunkBytes, request, length);
    gaps.push(memory.subarray(at + FRAME_HEADER_BYTES, at + FRAME_HEADER_BYTES + length));
    at += FRAME_HEADER_BYTES + length;
  }
  const slices: Uint8Array[] = [];
  for (let from = 0; from < at; from += SLICE_FRAMES * FRAME_BYTES) {
    slices.push(memory.subarray(from, Math.min(at, from + SLICE_FRAMES * FRAME_BYTES)));
  }
  return { gaps, slices };
}
