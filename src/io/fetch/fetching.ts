/**
 * One source being asked: its manifest, what it has, and chunks, pipelined over one session. A chunk that is whole
 * (`asked-chunks.ts`) is proven and written in its place; only then is it told.
 */
import type { Ranges } from '#src/domain/content/chunk-set.js';
import { chunkLength } from '#src/domain/content/layout.js';
import { isChunk, type Manifest } from '#src/domain/content/manifest.js';
import { P2pError } from '#src/domain/errors.js';
import type { ChunkIndex, ContentId, PeerId } from '#src/domain/ids.js';
import { LIMITS } from '#src/domain/limits.js';
import { blake3Of } from '#src/io/content/blake3.js';
import type { Drawer } from '#src/io/net/allowance.js';
import type { Received } from '#src/io/net/delivery.js';
import { PacedReading } from '#src/io/net/paced-reading.js';
import type { Session } from '#src/io/net/session.js';
import type { Message } from '#src/wire/message.js';
import { AskedChunks, type Whole } from './asked-chunks.js';
import { ChunkPatience } from './chunk-patience.js';
import { type ManifestFetched, ManifestFetching } from './manifest-fetching.js';
import { SaidPriority, type Weighed } from './said-priority.js';
import { SegmentFetching, type SegmentsFetched } from './segment-fetching.js';
import { type HoldingsSaid, SourceHoldings } from './source-holdings.js';
import type { StagedWriter } from './staged-writer.js';

/** A source that says it has chunks and refuses so many of them, with none in between, is left alone for a while. */
const MOST_REFUSALS = 64;

export type Fetched =
  | ManifestFetched
  | SegmentsFetched
  | HoldingsSaid
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

export class Fetching {
  readonly #id: ContentId;
  readonly #say: (fetched: Fetched) => void;
  readonly #manifestFetching: ManifestFetching;
  readonly #segmentFetching: SegmentFetching;
  readonly #holdings: SourceHoldings;
  #session: Session | undefined;
  #manifest: Manifest | undefined;
  #writer: StagedWriter | undefined;
  #chunks = new AskedChunks(0, () => undefined);
  #nextRequest = 1;
  /** Bytes of chunks that had arrived when they were last counted. */
  #countedBytes = 0;
  readonly #patience = new ChunkPatience();
  #writing = 0;
  /** Since the last chunk came. */
  #refusals = 0;
  readonly #pace: PacedReading;
  readonly #priority = new SaidPriority();
  /** Our own limit kept it from being read at some time since the tick before last. */
  #wasHeldBack = false;

  /** @param drawer of what may be read. @param sender of the draft this is of, where it is one. */
  constructor(id: ContentId, drawer: Drawer, say: (fetched: Fetched) => void, sender?: PeerId) {
    this.#id = id;
    this.#pace = new PacedReading(drawer, () => this.#readOrNot());
    this.#say = say;
    const form = sender === undefined ? 'manifest' : 'draft';
    const send = (message: Message) => this.#send(message);
    this.#manifestFetching = new ManifestFetching(id, send, say, form);
    this.#segmentFetching = new SegmentFetching(send, say);
    this.#holdings = new SourceHoldings(id, send, say, sender);
  }

  attach(session: Session): void {
    this.#session = session;
  }

  /** @param like one that is here already, maybe of the same tree. */
  askManifest(like?: Manifest): void {
    this.#manifestFetching.ask(like);
  }

  /** How the source's content is cut by its bytes. */
  askSegments(manifest: Manifest): void {
    this.#segmentFetching.ask(manifest, this.#session?.peer.features ?? []);
  }

  /** From here on chunks can be asked for. @param holds which are here already. */
  begin(manifest: Manifest, writer: StagedWriter, holds: Ranges): void {
    this.#manifest = manifest;
    this.#writer = writer;
    this.#chunks = new AskedChunks(manifest.layout.chunkBytes, () => this.#readOrNot());
    this.#holdings.ask(manifest, holds);
  }

  askChunks(chunks: readonly ChunkIndex[], now: number): void {
    const manifest = this.#manifest;
    if (manifest === undefined) return;
    if (this.#chunks.count === 0) this.#patience.begin();
    for (const index of chunks) {
      const length = chunkLength(manifest.layout, manifest.entries, index);
      const request = this.#send({ type: 'get-chunk', id: this.#id, index });
      this.#chunks.ask(request, index, length, now);
    }
  }

  /** These are here too by now. */
  tellHeld(ranges: Ranges): void {
    for (let at = 0; at < ranges.length; at += LIMITS.elements) {
      const some = ranges.slice(at, at + LIMITS.elements);
      this.#session?.send({ type: 'hold', ranges: some }, this.#holdings.request);
    }
  }

  cancelChunks(chunks: readonly ChunkIndex[]): void {
    for (const request of this.#chunks.requestsOf(chunks)) {
      this.#chunks.forget(request);
      this.#session?.send({ type: 'cancel' }, request);
    }
  }

  /** Part of a chunk, valid during the call only. @throws P2pError `protocol` */
  takeBytes(request: number, bytes: Uint8Array, now: number): void {
    const whole = this.#chunks.take(request, bytes);
    this.#pace.took(bytes.length);
    if (whole !== undefined) this.#prove(whole, now);
  }

  /** @throws P2pError `protocol`, `version` */
  take({ message, request }: Received): void {
    switch (message.type) {
      case 'root':
      case 'page':
        this.#manifestFetching.take(message);
        break;
      case 'segments':
        this.#segmentFetching.take(request, message.bytes);
        break;
      case 'hashes':
        this.#holdings.takeHashes(message);
        break;
      case 'have':
        this.#holdings.take(message.ranges, message.partly);
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
   * @param isHeldBack the source says that it is its own limit that chunks wait for
   * @throws P2pError `timed-out` where the source owes chunks for too long
   */
  tick(ms: number, isHeldBack = false): void {
    this.#holdings.tick();
    const heldMs = Math.min(ms, this.#pace.takeHeldMs());
    this.#wasHeldBack = heldMs > 0;
    if (!this.isOwed) return;
    const bytes = this.#patience.tick(ms - heldMs, this.#chunks.arrivedBytes, isHeldBack);
    if (bytes > 0) this.#say({ type: 'arriving', bytes });
  }

  weigh({ weight, priority }: Weighed): void {
    this.#pace.weight = weight;
    this.#priority.tell(this.#session, priority);
  }

  /** Whether nothing but the source kept more from coming since the last tick. */
  get isSourceAlone(): boolean {
    return this.isOwed && !this.#wasHeldBack;
  }

  /** Whether it is the source that is waited for: nothing is read while all memory waits for our own disk. */
  get isOwed(): boolean {
    const isOurDisk = !this.#chunks.isMemoryLeft && this.#writing > 0;
    return this.#chunks.count > 0 && !isOurDisk;
  }

  /** @returns bytes of chunks that arrived since it was asked last. */
  countArrived(): number {
    const { arrivedBytes } = this.#chunks;
    const counted = arrivedBytes - this.#countedBytes;
    this.#countedBytes = arrivedBytes;
    return counted;
  }

  #readOrNot(): void {
    if (this.#chunks.isMemoryLeft && !this.#pace.isHeldBack) this.#session?.resume();
    else this.#session?.pause();
  }

  #prove({ index, bytes, askedAt, giveBack }: Whole, now: number): void {
    if (this.#manifest === undefined || this.#writer === undefined) return;
    if (!isChunk(this.#manifest, index, bytes, blake3Of)) {
      giveBack();
      this.#say({ type: 'wrong', index });
      return;
    }
    this.#patience.whole(this.#chunks.arrivedBytes);
    this.#refusals = 0;
    this.#writing += 1;
    const written = () => {
      this.#writing -= 1;
      giveBack();
    };
    this.#writer.write(index, bytes).then(
      () => {
        written();
        this.#say({ type: 'chunk', index, bytes: bytes.length, ms: now - askedAt });
      },
      (error: Error) => {
        written();
        this.#say({ type: 'unwritten', error });
      },
    );
  }

  #takeRefusal(request: number, code: string): void {
    if (this.#segmentFetching.refused(request)) return;
    const index = this.#chunks.forget(request);
    if (index !== undefined) {
      this.#holdings.refusedChunk(index);
      this.#say({ type: 'refused', index, code });
      if (code !== 'busy') this.#refusals += 1;
      if (this.#refusals < MOST_REFUSALS) return;
      throw new P2pError('not-found', 'it does not give what it says it has');
    }
    if (code === 'busy') this.#holdings.wasBusy(request);
    // A refused cancelled chunk is nothing; a refused manifest or have-map means that it let go of the content.
    if (code !== 'unknown') return;
    throw new P2pError('not-found', 'it does not have it any more');
  }

  #send(message: Message): number {
    const request = this.#nextRequest;
    this.#nextRequest = request === 0xffffffff ? 1 : request + 1;
    this.#session?.send(message, request);
    return request;
  }
}
