/** Carries out the rules of links: dials, opens, reads, closes, and tells what became of it. */
import {
  catchError,
  concat,
  defer,
  EMPTY,
  from,
  map,
  merge,
  type Observable,
  of,
  race,
  Subject,
  startWith,
  switchMap,
  timer,
} from 'rxjs';
import type { CatalogueRow, RowKey } from '#src/domain/catalogue.js';
import { type P2pError, toRecord } from '#src/domain/errors.js';
import type { PeerId } from '#src/domain/ids.js';
import type { DialTarget, LinkNews } from '#src/domain/link-news.js';
import { refusalOf, step } from '#src/domain/links.js';
import {
  type Link,
  type LinkEffect,
  type LinkEvent,
  type LinksState,
  linkOf,
  noLinks,
} from '#src/domain/links-state.js';
import type { Contact } from '#src/domain/mesh/membership-message.js';
import type { History, MeshNews, Saying } from '#src/domain/mesh/said-news.js';
import type { Platform } from '#src/domain/name.js';
import type { Credentials, Self } from '#src/domain/self.js';
import type { Standing } from '#src/domain/standing.js';
import { unreachable } from '#src/domain/unreachable.js';
import type { MeshMessage } from '#src/wire/mesh-message.js';
import type { LineEvent, Told } from './line-reader.js';
import { Lines } from './lines.js';
import { dialLink } from './link.js';
import { type MeshWord, Neighbourhood } from './neighbourhood.js';
import { Outbox } from './outbox.js';
import type { Session } from './session.js';

/** A goodbye leaves in a round trip, or it is not read at all. */
const FLUSH_MS = 1000;

/** A round trip over a bad wireless link, several times over. */
const PROBE_MS = 2000;

/** Words of the mesh to those with whom there is no link yet. */
const BEGINNINGS: ReadonlySet<MeshMessage['type']> = new Set(['neighbour', 'shuffle-answer']);

export type KeeperOptions = {
  readonly self: Self;
  readonly credentials: Credentials;
  readonly pingMs: number;
  readonly deadAfterMs: number;
  readonly refused: readonly PeerId[];
  readonly trusted: readonly PeerId[];
  readonly catalogue: readonly CatalogueRow[];
  readonly history: History;
};

/** What became of links and of the mesh over them, for whoever keeps them. */
type LinkTold = Told | LinkNews | MeshNews;

/** What the keeper turns on. Each goes through `take`, and so does what follows from it. */
export type LinkTurn =
  | LineEvent
  | { readonly type: 'opened'; readonly session: Session; readonly target?: DialTarget }
  | { readonly type: 'told'; readonly told: LinkTold }
  /** Something of the mesh is due. */
  | { readonly type: 'ticked' }
  /** Every goodbye has left, or has had its time. */
  | { readonly type: 'flushed' };

export class LinkKeeper {
  readonly #options: KeeperOptions;
  readonly #lines: Lines;
  readonly #mesh: Neighbourhood;
  readonly #outbox = new Outbox();
  /** Emits when something else may be due next. */
  readonly #touched = new Subject<void>();
  #links: LinksState;

  constructor(options: KeeperOptions, platform: Platform) {
    this.#options = options;
    this.#lines = new Lines(options.catalogue, platform);
    this.#mesh = new Neighbourhood(options);
    this.#links = noLinks(options.self.peerId, options.refused);
  }

  /** @returns why this peer gets no link. */
  refusal(peer: PeerId): P2pError | undefined {
    return refusalOf(this.#links, peer);
  }

  probe(peer: PeerId): void {
    const link = linkOf(this.#links, peer);
    if (link !== undefined) this.#lines.probe(link, PROBE_MS);
  }

  offer(changed: readonly CatalogueRow[], removed: readonly RowKey[]): void {
    this.#lines.offer(changed, removed);
  }

  /** The host has dealt with a page of somebody's catalogue. */
  taken(): void {
    this.#lines.taken();
  }

  /** What time brings; begins once and never ends. */
  ticks(): Observable<LinkTurn> {
    const due = () => timer(Math.max(0, this.#mesh.dueAt - performance.now()));
    return this.#touched.pipe(
      startWith(undefined),
      switchMap(due),
      map((): LinkTurn => ({ type: 'ticked' })),
    );
  }

  /** Who is preferred as a neighbour in the mesh. */
  trust(peers: readonly PeerId[]): void {
    this.#mesh.trust(peers);
  }

  /** Somebody announces himself, and how he stands in the mesh. */
  announced(contact: Contact, standing: Standing): Observable<LinkTurn> {
    return this.#utter(this.#mesh.announced(contact, standing));
  }

  /** To everybody. */
  say(saying: Saying): Observable<LinkTurn> {
    return this.#utter(this.#mesh.say(saying));
  }

  take(turn: LinkTurn): Observable<LinkTurn> {
    switch (turn.type) {
      case 'opened':
        return this.#open(turn.session, turn.target);
      case 'link':
        return this.#step(turn.event);
      case 'mesh-heard':
        return this.#hear(turn.link, turn.message);
      case 'ticked':
        return this.#utter(this.#mesh.tick());
      case 'told':
      case 'flushed':
        return EMPTY;
      default:
        return unreachable(turn);
    }
  }

  #open(session: Session, target?: DialTarget): Observable<LinkTurn> {
    const link = this.#lines.open(session, target?.host);
    const opened: LinkEvent = { type: 'opened', link, ...(target && { target }) };
    return merge(this.#step(opened), this.#lines.gone(link));
  }

  #step(event: LinkEvent): Observable<LinkTurn> {
    const goodbyes = this.#goodbyes(event);
    const { state, effects } = step(this.#links, event, performance.now());
    this.#links = state;
    const following = effects.map((effect) => defer(() => this.#carryOut(effect)));
    if (event.type === 'stop') return concat(goodbyes, ...following, this.#flushed());
    return concat(goodbyes, merge(...following));
  }

  /** What neighbours in the mesh are told while they still have a link. */
  #goodbyes(event: LinkEvent): Observable<LinkTurn> {
    if (event.type === 'stop') return this.#utter(this.#mesh.leave());
    return event.type === 'refuse' ? this.#utter(this.#mesh.refuse(event.peers)) : EMPTY;
  }

  #carryOut(effect: LinkEffect): Observable<LinkTurn> {
    switch (effect.type) {
      case 'connect':
        return this.#connect(effect.target);
      case 'tell-failed':
        return this.#failed(effect);
      case 'tell-reached':
        return say({ type: 'dial-reached', ...effect.target, peerId: effect.peerId });
      case 'tell-up':
        return this.#sayUp(effect.link);
      case 'tell-down':
        return merge(
          say({ type: 'link-down', peerId: effect.peerId, reason: effect.reason }),
          this.#utter(this.#mesh.unlinked(effect.peerId)),
        );
      case 'adopt':
        return this.#lines.adopt(effect.link);
      case 'hold':
        return this.#lines.hold(effect.link);
      case 'close':
        this.#lines.close(effect.link);
        return EMPTY;
      default:
        return unreachable(effect);
    }
  }

  #connect(target: DialTarget): Observable<LinkTurn> {
    return dialLink(target, { ...this.#options, refusal: (peer) => this.refusal(peer) }).pipe(
      map((session): LinkTurn => ({ type: 'opened', session, target })),
      catchError((error: unknown) =>
        of<LinkTurn>({
          type: 'link',
          event: { type: 'dial-failed', target, error: toRecord(error) },
        }),
      ),
    );
  }

  #sayUp(link: Link): Observable<LinkTurn> {
    const hello = this.#lines.helloOf(link);
    if (hello === undefined) return EMPTY;
    const { peerId, host, instance, dialled } = link;
    const { name, ports, features } = hello;
    const contact = this.#lines.contactOf(link);
    return merge(
      say({ type: 'link-up', peerId, name, host, ports, instance, features, dialled }),
      contact === undefined ? EMPTY : this.#utter(this.#mesh.linked(contact)),
      defer(() => this.#postAll(link)),
    );
  }

  #failed({ target, error }: Extract<LinkEffect, { type: 'tell-failed' }>): Observable<LinkTurn> {
    const told = say({ type: 'dial-failed', ...target, error });
    const { expect } = target;
    if (expect === undefined || !this.#outbox.drop(expect)) return told;
    return merge(told, this.#utter(this.#mesh.unreachable(expect)));
  }

  // The mesh.

  #hear(link: Link, message: MeshMessage): Observable<LinkTurn> {
    const from = this.#lines.contactOf(link);
    if (from === undefined) return EMPTY;
    try {
      return this.#utter(this.#mesh.heard(from, message));
    } catch (error) {
      this.#lines.cut(link, error as P2pError);
      return EMPTY;
    }
  }

  /** Carries out what the mesh wants said. */
  #utter(words: readonly MeshWord[]): Observable<LinkTurn> {
    this.#touched.next();
    return merge(
      ...words.map((word) =>
        word.type === 'news' ? say(word.news) : this.#post(word.to, word.message),
      ),
    );
  }

  /** Whoever has no link is dialled for what begins something; all else is for links that are there. */
  #post(to: Contact, message: MeshMessage): Observable<LinkTurn> {
    const link = linkOf(this.#links, to.peerId);
    if (link !== undefined) this.#lines.post(link, message);
    if (link !== undefined || !BEGINNINGS.has(message.type)) return EMPTY;
    this.#outbox.put(to.peerId, message);
    const target = { host: to.host, port: to.port, expect: to.peerId };
    return of({ type: 'link', event: { type: 'dial', target } });
  }

  #postAll(link: Link): Observable<never> {
    for (const message of this.#outbox.take(link.peerId)) this.#lines.post(link, message);
    return EMPTY;
  }

  #flushed(): Observable<LinkTurn> {
    return race(from(this.#lines.closed()), timer(FLUSH_MS)).pipe(
      map((): LinkTurn => ({ type: 'flushed' })),
    );
  }
}

function say(told: LinkTold): Observable<LinkTurn> {
  return of({ type: 'told', told });
}
