/**
 * The chunks that a source was asked for and has not brought yet: each is put together in one piece of memory. Those
 * pieces are few, and back only once their bytes are written; while none is left, no more is wanted.
 */
import { P2pError } from '#src/domain/errors.js';
import type { ChunkIndex } from '#src/domain/ids.js';
import { MemoryPool } from '#src/io/memory/memory-pool.js';

/** Chunks in memory at a time: one arriving, one being written, one spare. More means a slow disk. */
const PIECES = 3;

type Asked = {
  readonly index: ChunkIndex;
  readonly length: number;
  readonly askedAt: number;
  memory: Uint8Array | undefined;
  filled: number;
};

/** As long as it should be, and not proven yet. */
export type Whole = Pick<Asked, 'index' | 'askedAt'> & {
  /** Valid until they are given back. */
  readonly bytes: Uint8Array;
  readonly giveBack: () => void;
};

export class AskedChunks {
  readonly #memory: MemoryPool;
  readonly #want: (isMoreWanted: boolean) => void;
  readonly #asked = new Map<number, Asked>();
  #arrivedBytes = 0;

  /** @param want hears whether there is memory for more. */
  constructor(chunkBytes: number, want: (isMoreWanted: boolean) => void) {
    this.#memory = new MemoryPool(chunkBytes, PIECES);
    this.#want = want;
  }

  get count(): number {
    return this.#asked.size;
  }

  get isMemoryLeft(): boolean {
    return this.#memory.available > 0;
  }

  /** All that ever arrived of what was asked for. */
  get arrivedBytes(): number {
    return this.#arrivedBytes;
  }

  ask(request: number, index: ChunkIndex, length: number, now: number): void {
    this.#asked.set(request, { index, length, askedAt: now, memory: undefined, filled: 0 });
  }

  /** @param bytes valid during the call only. @returns the chunk that is whole now. @throws P2pError `protocol` */
  take(request: number, bytes: Uint8Array): Whole | undefined {
    const asked = this.#asked.get(request);
    // Of a chunk that was cancelled some may still be on its way.
    if (asked === undefined) return undefined;
    if (asked.filled + bytes.length > asked.length) {
      throw new P2pError('protocol', 'more bytes than the chunk has');
    }
    asked.memory ??= this.#takeMemory();
    asked.memory.set(bytes, asked.filled);
    asked.filled += bytes.length;
    this.#arrivedBytes += bytes.length;
    return asked.filled < asked.length ? undefined : this.#whole(request, asked, asked.memory);
  }

  /** @returns which chunk it was that is not expected any more, if any. */
  forget(request: number): ChunkIndex | undefined {
    const asked = this.#asked.get(request);
    if (asked === undefined) return undefined;
    this.#asked.delete(request);
    if (asked.memory !== undefined) this.#giveBack(asked.memory);
    return asked.index;
  }

  requestsOf(chunks: readonly ChunkIndex[]): readonly number[] {
    return [...this.#asked]
      .filter(([, { index }]) => chunks.includes(index))
      .map(([request]) => request);
  }

  #whole(request: number, { index, length, askedAt }: Asked, memory: Uint8Array): Whole {
    this.#asked.delete(request);
    return {
      index,
      askedAt,
      bytes: memory.subarray(0, length),
      giveBack: () => this.#giveBack(memory),
    };
  }

  #takeMemory(): Uint8Array {
    // What was read before the pause still comes: small chunks may be many in one read.
    const piece = this.#memory.takeBeyond();
    if (!this.isMemoryLeft) this.#want(false);
    return piece;
  }

  #giveBack(piece: Uint8Array): void {
    this.#memory.giveBack(piece);
    if (this.isMemoryLeft) this.#want(true);
  }
}
