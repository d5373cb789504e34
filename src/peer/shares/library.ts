/** What this peer holds, and the actors that are told of it: the transfer server, the distributor, the mesh. */
import { merge, type Observable, Subject, Subscription, throttleTime } from 'rxjs';
import { Contents, type ContentsOrder, type Holding } from '#src/domain/catalogue/contents.js';
import type { Ranges } from '#src/domain/content/chunk-set.js';
import type { Manifest } from '#src/domain/content/manifest.js';
import type { ContentId } from '#src/domain/ids.js';
import { unreachable } from '#src/domain/unreachable.js';
import { inSharedMemory } from '#src/io/content/shared-manifest.js';
import type { Crew } from '#src/peer/crew.js';
import { PacedOrders } from '#src/peer/paced-orders.js';
import type * as Distributor from '#workers/distributor.js';
import type * as Receiver from '#workers/receiver.js';
import type * as TransferServer from '#workers/transfer-server.js';

/** Gained chunks are gathered for so long before those who fetch here hear of them: less than a chunk takes to leave. */
const GAINS_MS = 25;

/** Changes of the catalogue are gathered for so long: a person sees them at once, and the links stay quiet. */
const GATHER_MS = 100;

/** How much there is of what grows all links hear once a second; that there is any at all, at once. */
const GROWTH_MS = 1000;

/** Rows told to the mesh at once: its mailbox is bounded, and so is a message. */
const ROWS_AT_ONCE = 500;

export class Library {
  readonly contents = new Contents();
  readonly #crew: Crew;
  readonly #parsed: (id: ContentId) => Manifest | undefined;
  readonly #gained = new Subject<void>();
  readonly #grown = new Subject<void>();
  readonly #changed = new Subject<void>();
  /** More is here than before, less, or elsewhere. */
  readonly changes: Observable<void> = merge(this.#gained, this.#changed);
  readonly #telling = new Subscription();
  readonly #server: PacedOrders<TransferServer.In>;
  readonly #distributor: PacedOrders<Distributor.In>;
  readonly #receiver: PacedOrders<Receiver.In>;

  /** @param parsed a manifest that this thread has already: whoever serves it need not parse it. */
  constructor(crew: Crew, parsed: (id: ContentId) => Manifest | undefined = () => undefined) {
    this.#crew = crew;
    this.#parsed = parsed;
    this.#server = new PacedOrders((order) => crew.send('transfer-server', order));
    this.#distributor = new PacedOrders((order) => crew.send('distributor', order));
    this.#receiver = new PacedOrders((order) => crew.send('receiver', order));
    this.#every(GAINS_MS, this.#gained, () => this.#tellGains());
    this.#every(GROWTH_MS, this.#grown, () => this.#changed.next());
    this.#every(GATHER_MS, this.#changed, () => this.#tell());
  }

  put(key: string, holding: Holding): void {
    this.#obey(this.contents.put(key, holding));
  }

  remove(key: string): void {
    this.#obey(this.contents.remove(key));
  }

  gain(key: string, ranges: Ranges): void {
    const isFirst = this.contents.gain(key, ranges);
    this.#gained.next();
    if (isFirst) this.#changed.next();
    else this.#grown.next();
  }

  /** Where a whole content lies here, and under which name; undefined unless it is whole and at one place. */
  whole(id: ContentId): { readonly path: string; readonly name: string } | undefined {
    const best = this.contents.best(id);
    if (best?.source.kind !== 'share' || best.source.parts !== undefined) return undefined;
    return { path: best.source.path, name: best.name };
  }

  /** What is whole here under this name, but for this content, in the order in which it came. */
  similar(name: string, but: ContentId) {
    return [...this.contents.all()].flatMap(({ id, source, ...held }) =>
      held.name === name && id !== but && source.kind === 'share' && source.parts === undefined
        ? [{ path: source.path, known: { id, fingerprints: source.fingerprints } }]
        : [],
    );
  }

  /** Whether whoever links hears that it is whole here. */
  isListed(id: ContentId): boolean {
    return [...this.contents.all()].some(
      (held) => held.id === id && held.isOffered && held.source.kind === 'share',
    );
  }

  /** What is kept here for others of a content. */
  kept(id: ContentId) {
    for (const held of this.contents.all()) {
      if (held.id === id && held.source.kind === 'kept') return held;
    }
    return undefined;
  }

  /** What a distributor that starts anew is told: all there is to give. */
  distributorOrders(): readonly Distributor.In[] {
    return this.contents
      .offered()
      .filter(({ source }) => source.kind !== 'partial')
      .map(({ id, name, source }) => ({ type: 'hold', id, name, source }));
  }

  /** What a receiver that starts anew is told: all that need not be kept. */
  receiverOrders(): readonly Receiver.In[] {
    return this.contents
      .offered()
      .filter(({ source }) => source.kind === 'share')
      .map(({ id }) => ({ type: 'owned', id, owned: true }));
  }

  close(): void {
    this.#telling.unsubscribe();
    for (const change of [this.#gained, this.#grown, this.#changed]) change.complete();
    for (const orders of [this.#server, this.#distributor, this.#receiver]) orders.close();
  }

  #obey(orders: readonly ContentsOrder[]): void {
    for (const order of orders) this.#send(order);
    this.#changed.next();
  }

  #send(order: ContentsOrder): void {
    switch (order.type) {
      case 'serve':
        return this.#server.send({ ...order, ...this.#manifestOf(order.id) });
      case 'withdraw':
        return this.#server.send(order);
      case 'hold':
        return this.#distributor.send({ ...order, ...this.#manifestOf(order.id) });
      case 'let-go':
        return this.#distributor.send(order);
      case 'chunks-added':
        this.#server.send(order);
        // What is still being downloaded here is not given on by the distributor.
        if (this.contents.best(order.id)?.source.kind === 'partial') return;
        return this.#distributor.send(order);
      case 'owned':
        return this.#receiver.send({ type: 'owned', id: order.id, owned: order.isOwned });
      default:
        return unreachable(order);
    }
  }

  /** Whoever parsed it, no other thread has to; as far as it is here. */
  #manifestOf(id: ContentId): { readonly manifest?: Manifest } {
    const parsed = this.#parsed(id);
    return parsed === undefined ? {} : { manifest: inSharedMemory(parsed) };
  }

  /** At once, and then at most so often. */
  #every(ms: number, what: Subject<void>, act: () => void): void {
    const paced = what.pipe(throttleTime(ms, undefined, { leading: true, trailing: true }));
    this.#telling.add(paced.subscribe(act));
  }

  #tellGains(): void {
    for (const order of this.contents.takeGains()) this.#send(order);
  }

  /** What the links hear of can be had here by then. */
  #tell(): void {
    this.#tellGains();
    this.tellMesh();
  }

  /** Tells the links now what has changed: whoever asks from here on is told of it. */
  tellMesh(): void {
    const { changed, removed } = this.contents.takeChanges();
    for (let at = 0; at < Math.max(changed.length, removed.length); at += ROWS_AT_ONCE) {
      this.#crew.send('mesh', {
        type: 'offer',
        changed: changed.slice(at, at + ROWS_AT_ONCE),
        removed: removed.slice(at, at + ROWS_AT_ONCE),
      });
    }
  }
}
