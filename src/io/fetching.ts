/**
 * One source being asked: its manifest, what it has, and chunks, pipelined over one session. A chunk is put
 * together in one piece of memory, proven, and written in its place; only then is it told.
 */
import type { Ranges } from '#src/domain/chunk-set.js';
import { P2pError } from '#src/domain/errors.js';
import type { ChunkIndex, ContentId } from '#src/domain/ids.js';
import { chunkLength } from '#src/domain/layout.js';
import { KiB } from '#src/domain/limits.js';
import { isChunk, type Manifest } from '#src/domain/manifest.js';
import { ToldChunks } from '#src/domain/told-chunks.js';
import type { Message } from '#src/wire/message.js';
import { blake3Of } from './blake3.js';
import type { Received } from './delivery.js';
import { type ManifestFetched, ManifestFetching } from './manifest-fetching.js';
import { MemoryPool } from './memory-pool.js';
import type { Session } from './session.js';
import type { StagedWriter } from './staged-writer.js';

/** Chunks in memory at a time: one arriving, one being written, one spare. More means a slow disk. */
const PIECES = 3;

/** A source may take this long for a chunk, or for this much of one: a line of 100 kbit/s brings it in six seconds. */
const DEADLINE_MS = 20_000;
const PART_BYTES = 64 * KiB;

/** A source that says it has chunks and refuses so many of them, with none in between, is left alone for a while. */
const MOST_REFUSALS = 64;

export type Fetched =
  | ManifestFetched
  | { readonly type: 'has'; readonly ranges: Ranges }
  | {
      readonly type: 'chunk';
      readonly index: ChunkIndex;
      readonly bytes: number;
      readonly ms: number;
    }
  /** So much more of chunks that are not whole yet. */
  | { readonly type: 'arriving'; readonly bytes: number }
  | { readonly type: 'wrong'; readonly index: ChunkIndex }
  | { readonly type: 'refused'; readonly index: ChunkIndex; readonly code: string }
  | { readonly type: 'unwritten'; readonly error: Error };

type Asked = {
  readonly index: ChunkIndex;
  readonly length: number;
  readonly askedAt: number;
  memory: Uint8Array | undefined;
  filled: number;
};

export class Fetching {
  readonly #id: ContentId;
  readonly #say: (fetched: Fetched) => void;
  readonly #asked = new Map<number, Asked>();
  readonly #manifestFetching: ManifestFetching;
  #session: Session | undefined;
  #manifest: Manifest | undefined;
  #writer: StagedWriter | undefined;
  /** What the source was told to have: what it repeats costs this thread something, and no other. */
  #told = new ToldChunks(0);
  #memory = new MemoryPool(0, 0);
  #haveRequest = 0;
  /** It had too much to do to say what it has. */
  #isHaveDue = false;
  #nextRequest = 1;
  /** Bytes of chunks since they were last counted. */
  #counted = 0;
  /** Bytes since the last chunk was whole, or the last part of one was told. */
  #arrived = 0;
  /** How long it has been waited for what is owed, in the caller's ticks. */
  #waitedMs = 0;
  #writing = 0;
  /** Since the last chunk came. */
  #refusals = 0;

  constructor(id: ContentId, say: (fetched: Fetched) => void) {
    this.#id = id;
    this.#say = say;
    this.#manifestFetching = new ManifestFetching(id, (message) => this.#send(message), say);
  }

  attach(session: Session): void {
    this.#session = session;
  }

  askManifest(): void {
    this.#manifestFetching.ask();
  }

  /** From here on chunks can be asked for. */
  begin(manifest: Manifest, writer: StagedWriter): void {
    this.#manifest = manifest;
    this.#writer = writer;
    this.#told = new ToldChunks(manifest.layout.chunks);
    this.#memory = new MemoryPool(manifest.layout.chunkBytes, PIECES);
    this.#askHave();
  }

  askChunks(chunks: readonly ChunkIndex[], now: number): void {
    const manifest = this.#manifest;
    if (manifest === undefined) return;
    if (this.#asked.size === 0) this.#waitedMs = 0;
    for (const index of chunks) {
      const length = chunkLength(manifest.layout, manifest.entries, index);
      const request = this.#send({ type: 'get-chunk', id: this.#id, index });
      this.#asked.set(request, { index, length, askedAt: now, memory: undefined, filled: 0 });
    }
  }

  cancelChunks(chunks: readonly ChunkIndex[]): void {
    for (const [request, asked] of this.#asked) {
      if (!chunks.includes(asked.index)) continue;
      this.#forget(request, asked);
      this.#session?.send({ type: 'cancel' }, request);
    }
  }

  /** Part of a chunk, valid during the call only. @throws P2pError `protocol` */
  takeBytes(request: number, bytes: Uint8Array, now: number): void {
    const asked = this.#asked.get(request);
    // Of a chunk that was cancelled some may still be on its way.
    if (asked === undefined) return;
    if (asked.filled + bytes.length > asked.length) {
      throw new P2pError('protocol', 'more bytes than the chunk has');
    }
    asked.memory ??= this.#takeMemory();
    asked.memory.set(bytes, asked.filled);
    asked.filled += bytes.length;
    this.#arrived += bytes.length;
    this.#counted += bytes.length;
    if (asked.filled < asked.length) return;
    this.#asked.delete(request);
    this.#prove(asked, asked.memory, now);
  }

  /** @throws P2pError `protocol`, `version` */
  take({ message, request }: Received): void {
    switch (message.type) {
      case 'root':
      case 'page':
        this.#manifestFetching.take(message);
        break;
      case 'have':
        this.#takeHave(message.ranges);
        break;
      case 'refused':
        this.#takeRefusal(request, message.reason);
        break;
      default:
        throw new P2pError('protocol', `${message.type} was not asked for`);
    }
  }

  /**
   * So much more time has passed, counted in ticks: a process that was suspended blames nobody when it wakes.
   * @throws P2pError `timed-out` where the source owes chunks for too long
   */
  tick(ms: number): void {
    if (this.#isHaveDue) this.#askHave();
    if (!this.isOwed) return;
    if (this.#arrived >= PART_BYTES) {
      this.#say({ type: 'arriving', bytes: this.#arrived });
      this.#arrived = 0;
      this.#waitedMs = 0;
    }
    this.#waitedMs += ms;
    if (this.#waitedMs > DEADLINE_MS) {
      throw new P2pError('timed-out', 'it did not bring a chunk in time');
    }
  }

  /** Whether it is the source that is waited for: nothing is read while all memory waits for our own disk. */
  get isOwed(): boolean {
    const isOurDisk = this.#memory.available <= 0 && this.#writing > 0;
    return this.#asked.size > 0 && !isOurDisk;
  }

  /** @returns bytes of chunks that arrived since it was asked last. */
  countArrived(): number {
    const counted = this.#counted;
    this.#counted = 0;
    return counted;
  }

  #takeMemory(): Uint8Array {
    // What was read before the pause still comes: small chunks may be many in one read.
    const piece = this.#memory.takeBeyond();
    if (this.#memory.available <= 0) this.#session?.pause();
    return piece;
  }

  #giveBack(piece: Uint8Array): void {
    this.#memory.giveBack(piece);
    if (this.#memory.available > 0) this.#session?.resume();
  }

  #prove(asked: Asked, memory: Uint8Array, now: number): void {
    const bytes = memory.subarray(0, asked.length);
    if (this.#manifest === undefined || this.#writer === undefined) return;
    if (!isChunk(this.#manifest, asked.index, bytes, blake3Of)) {
      this.#giveBack(memory);
      this.#say({ type: 'wrong', index: asked.index });
      return;
    }
    this.#arrived = 0;
    this.#waitedMs = 0;
    this.#refusals = 0;
    const told = { index: asked.index, bytes: asked.length, ms: now - asked.askedAt };
    this.#writing += 1;
    const written = () => {
      this.#writing -= 1;
      this.#giveBack(memory);
    };
    this.#writer.write(asked.index, bytes).then(
      () => {
        written();
        this.#say({ type: 'chunk', ...told });
      },
      (error: Error) => {
        written();
        this.#say({ type: 'unwritten', error });
      },
    );
  }

  #takeHave(ranges: Ranges): void {
    const gained = this.#told.take(ranges);
    if (gained !== undefined) this.#say({ type: 'has', ranges: gained });
  }

  #takeRefusal(request: number, code: string): void {
    const asked = this.#asked.get(request);
    if (asked !== undefined) {
      this.#forget(request, asked);
      this.#told.refused(asked.index);
      this.#say({ type: 'refused', index: asked.index, code });
      if (code !== 'busy') this.#refusals += 1;
      if (this.#refusals < MOST_REFUSALS) return;
      throw new P2pError('not-found', 'it does not give what it says it has');
    }
    if (request === this.#haveRequest && code === 'busy') this.#isHaveDue = true;
    // A refused cancelled chunk is nothing; a refused manifest or have-map means that it let go of the content.
    if (code !== 'unknown') return;
    throw new P2pError('not-found', 'it does not have it any more');
  }

  #askHave(): void {
    this.#isHaveDue = false;
    this.#haveRequest = this.#send({ type: 'get-have', id: this.#id });
  }

  #forget(request: number, asked: Asked): void {
    this.#asked.delete(request);
    if (asked.memory !== undefined) this.#giveBack(asked.memory);
  }

  #send(message: Message): number {
    const request = this.#nextRequest;
    this.#nextRequest = request === 0xffffffff ? 1 : request + 1;
    this.#session?.send(message, request);
    return request;
  }
}
