/** What this peer holds, and the actors that are told of it: the transfer server, the distributor, the mesh. */
import { Subject, type Subscription, throttleTime } from 'rxjs';
import type { Ranges } from '#src/domain/chunk-set.js';
import { Contents, type ContentsOrder, type Holding } from '#src/domain/contents.js';
import type { ContentId } from '#src/domain/ids.js';
import { unreachable } from '#src/domain/unreachable.js';
import type * as Distributor from '#workers/distributor.js';
import type * as Receiver from '#workers/receiver.js';
import type * as TransferServer from '#workers/transfer-server.js';
import type { Crew } from './crew.js';
import { PacedOrders } from './paced-orders.js';

/** Gained chunks and changes of the catalogue are gathered for so long: a person sees them at once, and the links stay quiet. */
const GATHER_MS = 100;

/** Rows told to the mesh at once: its mailbox is bounded, and so is a message. */
const ROWS_AT_ONCE = 500;

export class Library {
  readonly contents = new Contents();
  readonly #crew: Crew;
  readonly #changed = new Subject<void>();
  readonly #telling: Subscription;
  readonly #server: PacedOrders<TransferServer.In>;
  readonly #distributor: PacedOrders<Distributor.In>;
  readonly #receiver: PacedOrders<Receiver.In>;

  constructor(crew: Crew) {
    this.#crew = crew;
    this.#server = new PacedOrders((order) => crew.send('transfer-server', order));
    this.#distributor = new PacedOrders((order) => crew.send('distributor', order));
    this.#receiver = new PacedOrders((order) => crew.send('receiver', order));
    this.#telling = this.#changed
      .pipe(throttleTime(GATHER_MS, undefined, { leading: true, trailing: true }))
      .subscribe(() => this.#tell());
  }

  put(key: string, holding: Holding): void {
    this.#obey(this.contents.put(key, holding));
  }

  remove(key: string): void {
    this.#obey(this.contents.remove(key));
  }

  gain(key: string, ranges: Ranges): void {
    this.contents.gain(key, ranges);
    this.#changed.next();
  }

  /** Where a whole content lies here, and under which name; undefined unless it is whole. */
  whole(id: ContentId): { readonly path: string; readonly name: string } | undefined {
    const best = this.contents.best(id);
    return best?.source.kind === 'share' ? { path: best.source.path, name: best.name } : undefined;
  }

  /** What is whole here under this name, but for this content, in the order in which it came. */
  similar(name: string, but: ContentId) {
    return [...this.contents.all()].flatMap(({ id, source, ...held }) =>
      held.name === name && id !== but && source.kind === 'share'
        ? [{ path: source.path, known: { id, fingerprints: source.fingerprints } }]
        : [],
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
    for (const orders of [this.#server, this.#distributor, this.#receiver]) orders.close();
  }

  #obey(orders: readonly ContentsOrder[]): void {
    for (const order of orders) this.#send(order);
    this.#changed.next();
  }

  #send(order: ContentsOrder): void {
    switch (order.type) {
      case 'serve':
      case 'withdraw':
        return this.#server.send(order);
      case 'hold':
      case 'let-go':
        return this.#distributor.send(order);
      case 'chunks-added':
        this.#server.send(order);
        return this.#distributor.send(order);
      case 'owned':
        return this.#receiver.send({ type: 'owned', id: order.id, owned: order.isOwned });
      default:
        return unreachable(order);
    }
  }

  #tell(): void {
    for (const order of this.contents.takeGains()) this.#send(order);
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
