/** Frames cut smaller, so that a limit holds over short times too, and pings and cancels slip in between. */
import { FRAME, FRAME_HEADER_BYTES, writeFrameHeader } from '#src/wire/frame.js';

/**
 * @param frames whole frames, one behind the other. @param pieceBytes how much of a chunk the next frame is to hold at most;
 * undefined leaves what is left of them as it is.
 * @returns the same bytes of chunks in the same order; copies where a frame was cut.
 */
export function* framePieces(
  frames: Uint8Array,
  pieceBytes: () => number | undefined,
): Generator<Uint8Array> {
  const view = new DataView(frames.buffer, frames.byteOffset, frames.length);
  for (let at = 0; at < frames.length; ) {
    if (pieceBytes() === undefined) {
      yield frames.subarray(at);
      return;
    }
    const end = at + FRAME_HEADER_BYTES + view.getUint32(at);
    const frame = frames.subarray(at, end);
    if (view.getUint8(at + 4) === FRAME.chunkBytes) yield* cut(frame, pieceBytes);
    else yield frame;
    at = end;
  }
}

function* cut(frame: Uint8Array, pieceBytes: () => number | undefined): Generator<Uint8Array> {
  const body = frame.subarray(FRAME_HEADER_BYTES);
  const { buffer, byteOffset } = frame;
  const request = new DataView(buffer, byteOffset, FRAME_HEADER_BYTES).getUint32(5);
  for (let at = 0; at < body.length; ) {
    const part = body.subarray(at, at + (pieceBytes() ?? body.length));
    at += part.length;
    if (part.length === body.length) {
      yield frame;
      return;
    }
    const piece = new Uint8Array(FRAME_HEADER_BYTES + part.length);
    writeFrameHeader(piece, 0, FRAME.chunkBytes, request, part.length);
    piece.set(part, FRAME_HEADER_BYTES);
    yield piece;
  }
}
