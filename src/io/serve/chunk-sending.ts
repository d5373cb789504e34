/**
 * The chunks one peer asks for over one session, sent in the order they were asked for. The next one is read
 * while the last one leaves.
 */
import type { ContentId } from '#src/domain/ids.js';
import { LIMITS } from '#src/domain/limits.js';
import { PRIORITY_WEIGHTS, type Priority } from '#src/domain/send/transfer.js';
import type { FairMemory } from '#src/io/memory/fair-memory.js';
import type { Drawer } from '#src/io/net/allowance.js';
import { framePieces } from '#src/io/net/frame-pieces.js';
import type { Session } from '#src/io/net/session.js';
import type { Refusal } from '#src/wire/message-fields.js';
import { frameChunk } from './chunk-frames.js';
import { LeavingChunks } from './leaving-chunks.js';
import { heldLength, type Shelf } from './shelf.js';

export type ChunkRequest = {
  readonly request: number;
  readonly id: ContentId;
  readonly index: number;
};

/** What came of it: chunks that left in full or in part, and ones whose bytes somebody changed. */
type Outcome = {
  readonly left: (id: ContentId, bytes: number) => void;
  readonly stale: (id: ContentId) => void;
};

/** How much of a content leaves for this peer where 1 of another does, by our user's word. */
type WeightOf = (id: ContentId) => number;

export class ChunkSending {
  readonly #session: Session;
  readonly #shelf: Shelf;
  readonly #memory: FairMemory;
  readonly #outcome: Outcome;
  readonly #drawer: Drawer;
  readonly #weightOf: WeightOf;
  readonly #queue: ChunkRequest[] = [];
  /** Requests whose chunks are being read or are leaving, until they are cancelled. */
  readonly #atWork = new Set<number>();
  readonly #leaving = new LeavingChunks();
  #isRunning = false;
  #isMemoryAwaited = false;
  #isEnded = false;

  /** @param drawer of what may leave. */
  constructor(
    session: Session,
    shelf: Shelf,
    memory: FairMemory,
    outcome: Outcome,
    drawer: Drawer,
    weightOf: WeightOf,
  ) {
    this.#session = session;
    this.#shelf = shelf;
    this.#memory = memory;
    this.#outcome = outcome;
    this.#drawer = drawer;
    this.#weightOf = weightOf;
  }

  /** The peer says how much this session matters to it among its own. */
  prefer(priority: Priority): void {
    this.#drawer.precedence = PRIORITY_WEIGHTS[priority];
  }

  /** @returns once this chunk and those before it are on their way. @throws what the disk says. */
  async ask(asked: ChunkRequest): Promise<void> {
    if (this.#queue.length >= LIMITS.chunksInFlight) return this.#refuse(asked.request, 'busy');
    this.#queue.push(asked);
    return this.#isRunning ? undefined : this.#sendQueued();
  }

  cancel(request: number): void {
    this.#atWork.delete(request);
    const at = this.#queue.findIndex((asked) => asked.request === request);
    if (at >= 0) this.#queue.splice(at, 1);
  }

  /** So much more time has passed. @returns whether the peer lets a chunk lie for too long. */
  tick(ms: number): boolean {
    // It is not the other's fault that our own limit lets nothing leave.
    if (this.#drawer.isWaiting) this.#leaving.moved();
    const { peerId } = this.#session;
    const { isScarce } = this.#memory;
    // One of the same peer, which started anew perhaps and left this session behind without a word.
    const isInTheWay = this.#memory.isScarceFor(peerId, this);
    const isStuck = this.#leaving.tick(ms, isScarce || isInTheWay);
    if (isStuck && isScarce) this.#memory.stalled(peerId);
    return isStuck;
  }

  /**
   * Whether our own limit kept chunks from leaving for most of so many ms, or others' chunks that it keeps from leaving hold
   * the memory for these.
   */
  wasHeldBack(ms: number): boolean {
    const isLimited = this.#drawer.pieceBytes !== undefined;
    return (isLimited && this.#isMemoryAwaited) || this.#drawer.takeWaitedMs() > ms / 2;
  }

  end(): void {
    this.#isEnded = true;
    this.#queue.length = 0;
    this.#session.close();
  }

  /** Reads one chunk ahead: while the last one's slices leave, the next one's bytes come in. */
  async #sendQueued(): Promise<void> {
    this.#isRunning = true;
    try {
      let leaving: Promise<void> = Promise.resolve();
      for (let asked = this.#queue.shift(); asked !== undefined; asked = this.#queue.shift()) {
        this.#atWork.add(asked.request);
        const memory = await this.#takeMemory(asked);
        const slices = await this.#read(asked, memory).catch((error: unknown) => {
          this.#giveBack(memory);
          throw error;
        });
        await leaving;
        leaving = this.#leave(asked, slices, memory);
        if (this.#queue.length === 0) await leaving;
      }
    } finally {
      this.#isRunning = false;
    }
  }

  async #takeMemory({ id }: ChunkRequest): Promise<Uint8Array> {
    this.#isMemoryAwaited = true;
    this.#drawer.weight = this.#weightOf(id);
    const { turnWeight } = this.#drawer;
    const memory = await this.#memory.take(this.#session.peerId, this, turnWeight);
    this.#isMemoryAwaited = false;
    return memory;
  }

  /** @returns what to send, nothing where the chunk cannot be had; that is said then. */
  async #read(asked: ChunkRequest, memory: Uint8Array): Promise<readonly Uint8Array[]> {
    if (!this.#isWanted(asked)) return [];
    const book = await this.#shelf.bookFor(this.#session.peerId, asked.id);
    const bytes = book === undefined ? undefined : heldLength(book, asked.index);
    if (book === undefined || bytes === undefined) {
      this.#refuse(asked.request, book === undefined ? 'unknown' : 'absent');
      return [];
    }
    const framed = frameChunk(memory, asked.request, bytes);
    const answer = await book.reader.readChunk(asked.index, framed.gaps);
    if (answer === 'ok') return framed.slices;
    // Put anew while it was read: only the new one may say what is here.
    const current =
      answer === 'stale' ? await this.#shelf.bookFor(this.#session.peerId, asked.id) : book;
    if (current !== undefined && current !== book) return this.#read(asked, memory);
    this.#refuse(asked.request, answer);
    if (answer === 'stale') this.#outcome.stale(asked.id);
    return [];
  }

  async #leave(
    asked: ChunkRequest,
    slices: readonly Uint8Array[],
    memory: Uint8Array,
  ): Promise<void> {
    let unflushed = slices.length;
    let bytes = 0;
    if (unflushed === 0) return this.#giveBack(memory);
    this.#leaving.begin(slices.reduce((sum, slice) => sum + slice.length, 0));
    const flushed = () => {
      unflushed -= 1;
      this.#leaving.moved();
      if (unflushed > 0) return;
      this.#leaving.end();
      this.#giveBack(memory);
    };
    for (const slice of slices) {
      if (!this.#isWanted(asked)) {
        flushed();
        continue;
      }
      bytes += await this.#pass(asked, slice, flushed);
    }
    this.#atWork.delete(asked.request);
    if (bytes > 0) {
      this.#outcome.left(asked.id, bytes);
    }
    return undefined;
  }

  /** Whole, or in smaller frames where there is a limit: then each waits for its turn. */
  async #pass(asked: ChunkRequest, slice: Uint8Array, flushed: () => void): Promise<number> {
    let left = 0;
    let drawn: Uint8Array | undefined;
    const pieceBytes = () => {
      this.#drawer.weight = this.#weightOf(asked.id);
      return this.#drawer.pieceBytes;
    };
    for (const piece of framePieces(slice, pieceBytes)) {
      if (drawn !== undefined) await this.#write(drawn, () => this.#leaving.moved());
      left += drawn?.length ?? 0;
      await this.#drawer.draw(piece.length, slice.length - left - piece.length);
      drawn = this.#isWanted(asked) ? piece : undefined;
      if (drawn === undefined) break;
    }
    if (drawn === undefined) flushed();
    else await this.#write(drawn, flushed);
    return left + (drawn?.length ?? 0);
  }

  async #write(frames: Uint8Array, flushed: () => void): Promise<void> {
    await this.#session.write(frames, flushed).catch(() => this.end());
  }

  #giveBack(memory: Uint8Array): void {
    this.#memory.giveBack(this.#session.peerId, memory);
  }

  #isWanted({ request }: ChunkRequest): boolean {
    return !this.#isEnded && this.#atWork.has(request);
  }

  #refuse(request: number, reason: Refusal): void {
    this.#session.send({ type: 'refused', reason }, request);
  }
}
