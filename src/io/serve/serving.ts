/**
 * One peer being served: manifests, have-maps and chunks over one session.
 */
import { interval, map, Observable } from 'rxjs';
import type { Ranges } from '#src/domain/content/chunk-set.js';
import { HEARS_HELD_BACK } from '#src/domain/download/crawl.js';
import { P2pError } from '#src/domain/errors.js';
import type { ContentId } from '#src/domain/ids.js';
import { LIMITS } from '#src/domain/limits.js';
import type { Preferences } from '#src/domain/send/preferred.js';
import { FairMemory } from '#src/io/memory/fair-memory.js';
import { MemoryPool } from '#src/io/memory/memory-pool.js';
import type { Drawer } from '#src/io/net/allowance.js';
import type { Received } from '#src/io/net/delivery.js';
import type { Session } from '#src/io/net/session.js';
import type { Refusal } from '#src/wire/message-fields.js';
import { FRAMED_CHUNK_BYTES } from './chunk-frames.js';
import { ChunkSending } from './chunk-sending.js';
import { FollowedContents } from './followed-contents.js';
import type { SegmentShelf } from './segment-shelf.js';
import type { ServedTo } from './served-bytes.js';
import type { Gain, Shelf } from './shelf.js';
import type { Showing } from './showing.js';

/** Chunks in memory for one peer, over all its sessions: one leaving, one being read. */
const PIECES_PER_PEER = 2;

/** Chunks in memory for all who let theirs lie: a quarter, so that they get on, and nobody waits for them. */
const PIECES_OF_SLOW = 4;

/** How finely it is measured how long a chunk takes to leave: its deadlines are tens of seconds. */
const TICK_MS = 1000;
const TICKS = interval(TICK_MS).pipe(map(() => TICK_MS));

export type Served =
  | { readonly type: 'stale'; readonly id: ContentId }
  | ({ readonly type: 'served' } & ServedTo);

/** What is served: contents, and how they are cut by their bytes; and which of them come first. */
export type Shelves = {
  readonly shelf: Shelf;
  readonly segments: SegmentShelf;
  readonly preferences: Pick<Preferences, 'weightOf'>;
};

/** @returns memory for all sessions of a thread: as many chunks at a time as may be in flight in all. */
export function servingMemory(): FairMemory {
  const pool = new MemoryPool(FRAMED_CHUNK_BYTES, LIMITS.bytesInFlight / LIMITS.chunkBytes);
  return new FairMemory(pool, { each: PIECES_PER_PEER, slow: PIECES_OF_SLOW });
}

/**
 * Serves a session until it ends, however it ends: a session's failure is nobody else's business.
 * @param drawer of what may leave.
 * @param ticks tell how many ms passed since the last: a process that was suspended blames nobody.
 */
export function serve(
  session: Session,
  shelves: Shelves,
  memory: FairMemory,
  showing: Showing,
  drawer: Drawer,
  ticks: Observable<number> = TICKS,
): Observable<Served> {
  return new Observable((subscriber) => {
    const say = (said: Served) => subscriber.next(said);
    const serving = new Serving(session, shelves, memory, showing, drawer, say);
    const { shelf } = shelves;
    const end = () => subscriber.complete();
    subscriber.add(shelf.gains.subscribe((gain) => serving.tellGain(gain)));
    subscriber.add(shelf.renewed.subscribe((id) => serving.tellAnew(id)));
    subscriber.add(ticks.subscribe((ms) => serving.tick(ms)));
    subscriber.add(() => serving.end());
    subscriber.add(
      session.received.subscribe({
        next: (received) => serving.take(received),
        complete: end,
        error: end,
      }),
    );
  });
}

class Serving {
  readonly #session: Session;
  readonly #shelf: Shelf;
  readonly #sending: ChunkSending;
  readonly #segments: SegmentShelf;
  /** One list at a time may be waited for. */
  #isCutAwaited = false;
  readonly #followed: FollowedContents;
  #isEnded = false;

  constructor(
    session: Session,
    { shelf, segments, preferences }: Shelves,
    memory: FairMemory,
    showing: Showing,
    drawer: Drawer,
    say: (said: Served) => void,
  ) {
    this.#session = session;
    this.#shelf = shelf;
    this.#segments = segments;
    this.#followed = new FollowedContents(session, showing);
    const { peerId } = session;
    const outcome = {
      left: (id: ContentId, bytes: number) => say({ type: 'served', id, peerId, bytes }),
      stale: (id: ContentId) => say({ type: 'stale', id }),
    };
    const weightOf = (id: ContentId) => preferences.weightOf(id, peerId);
    this.#sending = new ChunkSending(session, shelf, memory, outcome, drawer, weightOf);
  }

  take({ message, request }: Received): void {
    switch (message.type) {
      case 'get-root':
        this.#detached(this.#sendManifest(request, message.id));
        break;
      case 'get-page':
        this.#detached(this.#sendManifest(request, message.id, message.page));
        break;
      case 'get-have':
        this.#detached(this.#sendHave(request, message.id, message.holds));
        break;
      case 'hold':
        this.#detached(this.#takeHold(request, message.ranges));
        break;
      case 'get-segments':
        this.#detached(this.#sendSegments(request, message.id, message.page));
        break;
      case 'get-chunk':
        if (this.#followed.mayAsk(message.id, message.index)) {
          this.#detached(this.#sending.ask({ request, id: message.id, index: message.index }));
        } else this.#refuse(request, 'absent');
        break;
      case 'prefer':
        this.#sending.prefer(message.priority);
        break;
      case 'cancel':
        this.#cancel(request);
        break;
      default:
        // A newer peer may say more than this one understands.
        this.#refuse(request, 'unknown');
    }
  }

  tellGain(gain: Gain): void {
    this.#followed.tellGain(gain);
  }

  /** What was refused as changed or gone may be here again: whoever follows hears all of it once more. */
  tellAnew(id: ContentId): void {
    if (this.#followed.has(id)) this.#detached(this.#tellAll(id));
  }

  /** One that asks and does not take would hold memory for ever. */
  tick(ms: number): void {
    const hearsIt = this.#session.peer.features.includes(HEARS_HELD_BACK);
    if (this.#sending.wasHeldBack(ms) && hearsIt) this.#session.send({ type: 'held-back' });
    if (!this.#sending.tick(ms)) return;
    this.#session.destroy(new P2pError('timed-out', 'it did not take a chunk in time'));
  }

  end(): void {
    this.#isEnded = true;
    this.#followed.unfollowAll();
    this.#sending.end();
  }

  async #sendManifest(request: number, id: ContentId, page?: number): Promise<void> {
    const book = await this.#shelf.bookFor(this.#session.peerId, id);
    if (book === undefined) return this.#refuse(request, 'unknown');
    const { root, pages } = book.cut;
    const bytes = page === undefined ? root : pages[page];
    if (bytes === undefined) return this.#refuse(request, 'absent');
    return this.#session.send({ type: page === undefined ? 'root' : 'page', bytes }, request);
  }

  /** Only of what is whole here, once it is made: whoever asks waits for that. */
  async #sendSegments(request: number, id: ContentId, page: number): Promise<void> {
    const book = await this.#shelf.bookFor(this.#session.peerId, id);
    if (book === undefined) return this.#refuse(request, 'unknown');
    if (!book.have.isFull) return this.#refuse(request, 'absent');
    if (this.#isCutAwaited) return this.#refuse(request, 'busy');
    this.#isCutAwaited = true;
    const bytes = await this.#segments.page(id, page);
    this.#isCutAwaited = false;
    if (bytes === undefined) return this.#refuse(request, 'absent');
    return this.#session.send({ type: 'segments', bytes }, request);
  }

  async #sendHave(request: number, id: ContentId, holds: Ranges | undefined): Promise<void> {
    const book = await this.#shelf.bookFor(this.#session.peerId, id);
    if (book === undefined) return this.#refuse(request, 'unknown');
    if (!this.#followed.isRoom) return this.#refuse(request, 'busy');
    // Whoever left meanwhile follows nothing.
    if (!this.#isEnded) this.#followed.follow(request, id, book, holds);
  }

  async #takeHold(request: number, ranges: Ranges): Promise<void> {
    this.#followed.takeHold(request, ranges);
  }

  async #tellAll(id: ContentId): Promise<void> {
    const book = await this.#shelf.bookFor(this.#session.peerId, id);
    if (book !== undefined) this.#followed.tellAll(id, book);
  }

  #cancel(request: number): void {
    this.#followed.unfollow(request);
    this.#sending.cancel(request);
  }

  #refuse(request: number, reason: Refusal): void {
    this.#session.send({ type: 'refused', reason }, request);
  }

  /** What fails here is the disk or a defect: this session ends, and the reason goes with it. */
  #detached(work: Promise<void>): void {
    work.catch((error: unknown) => this.#session.destroy(error as never));
  }
}
