/**
 * Frames: how messages and bytes share one stream. A header of nine bytes, then a body:
 *
 *     length of the body  u32, big endian
 *     type                u8
 *     request id          u32, big endian; 0 where nothing is answered
 *
 * Control bodies are collected whole; bulk bodies (manifest pieces, chunk bytes) may be larger and chunk bytes
 * are handed on as they arrive, so that a chunk is copied once, to where it belongs.
 */
import { P2pError } from '#src/domain/errors.js';
import { LIMITS } from '#src/domain/limits.js';

export const FRAME_HEADER_BYTES = 9;

/** The number of each frame type on the wire. Never reuse one. */
export const FRAME = {
  hello: 1,
  ping: 2,
  pong: 3,
  bye: 4,
  refused: 5,
  cancel: 6,
  offer: 10,
  getRoot: 20,
  getPage: 21,
  root: 22,
  page: 23,
  getHave: 24,
  have: 25,
  getChunk: 26,
  chunkBytes: 27,
  hashes: 28,
  hold: 29,
  give: 30,
  want: 31,
  putChunk: 32,
  kept: 33,
  getSegments: 34,
  segments: 35,
  heldBack: 36,
  prefer: 37,
  offerFile: 40,
  takeFile: 41,
  fileEnd: 42,
  fileKept: 43,
  mesh: 50,
  direct: 51,
  tracker: 60,
} as const;

export type FrameType = (typeof FRAME)[keyof typeof FRAME];

const TYPES: ReadonlySet<number> = new Set(Object.values(FRAME));

/** Bodies that are bytes, not CBOR. */
const RAW: ReadonlySet<FrameType> = new Set([
  FRAME.root,
  FRAME.page,
  FRAME.chunkBytes,
  FRAME.segments,
]);

function longest(type: FrameType): number {
  if (type === FRAME.chunkBytes || type === FRAME.segments) return LIMITS.chunkFrameBytes;
  return RAW.has(type) ? LIMITS.manifestPageBytes : LIMITS.controlFrameBytes;
}

export type FrameSink = {
  /** A whole frame; its body belongs to the receiver. */
  frame(type: FrameType, request: number, body: Uint8Array): void;
  /** Part of a chunk, in order; `bytes` is valid during the call only. */
  chunkBytes(request: number, bytes: Uint8Array): void;
};

/** Writes a frame's header into `target` at `offset`. */
export function writeFrameHeader(
  target: Uint8Array,
  offset: number,
  type: FrameType,
  request: number,
  bodyBytes: number,
): void {
  const view = new DataView(target.buffer, target.byteOffset + offset, FRAME_HEADER_BYTES);
  view.setUint32(0, bodyBytes);
  view.setUint8(4, type);
  view.setUint32(5, request);
}

/** @returns one frame in one piece. */
export function encodeFrame(type: FrameType, request: number, body: Uint8Array): Uint8Array {
  const frame = new Uint8Array(FRAME_HEADER_BYTES + body.length);
  writeFrameHeader(frame, 0, type, request, body.length);
  frame.set(body, FRAME_HEADER_BYTES);
  return frame;
}

/** Cuts a stream of bytes into frames. Allocates a body once its header is sound, never more than its limit. */
export class FrameReader {
  readonly #sink: FrameSink;
  readonly #header = new Uint8Array(FRAME_HEADER_BYTES);
  #headerFilled = 0;
  #type: FrameType = FRAME.ping;
  #request = 0;
  #left = 0;
  #body: Uint8Array | undefined;
  #bodyFilled = 0;

  constructor(sink: FrameSink) {
    this.#sink = sink;
  }

  /** @throws P2pError `protocol`: the stream is lost, close it. */
  push(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) {
      at =
        this.#headerFilled < FRAME_HEADER_BYTES
          ? this.#takeHeader(bytes, at)
          : this.#takeBody(bytes, at);
    }
  }

  #takeHeader(bytes: Uint8Array, at: number): number {
    const take = Math.min(FRAME_HEADER_BYTES - this.#headerFilled, bytes.length - at);
    this.#header.set(bytes.subarray(at, at + take), this.#headerFilled);
    this.#headerFilled += take;
    if (this.#headerFilled === FRAME_HEADER_BYTES) this.#openBody();
    return at + take;
  }

  #openBody(): void {
    const view = new DataView(this.#header.buffer);
    const length = view.getUint32(0);
    const type = view.getUint8(4);
    if (!TYPES.has(type)) throw new P2pError('protocol', `a frame of unknown type ${type}`);
    this.#type = type as FrameType;
    this.#request = view.getUint32(5);
    if (length > longest(this.#type)) {
      throw new P2pError('protocol', `a frame of type ${type} with ${length} bytes, too long`);
    }
    this.#left = length;
    this.#bodyFilled = 0;
    this.#body = type === FRAME.chunkBytes ? undefined : new Uint8Array(length);
    if (length === 0) this.#close();
  }

  #takeBody(bytes: Uint8Array, at: number): number {
    const take = Math.min(this.#left, bytes.length - at);
    const part = bytes.subarray(at, at + take);
    this.#left -= take;
    if (this.#body === undefined) {
      this.#sink.chunkBytes(this.#request, part);
    } else {
      this.#body.set(part, this.#bodyFilled);
      this.#bodyFilled += take;
    }
    if (this.#left === 0) this.#close();
    return at + take;
  }

  #close(): void {
    this.#headerFilled = 0;
    const body = this.#body;
    this.#body = undefined;
    if (body !== undefined) this.#sink.frame(this.#type, this.#request, body);
  }
}
