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
import type { Platform } from '#src/domain/name.js';
import type { Credentials, Self } from '#src/domain/self.js';
import { unreachable } from '#src/domain/unreachable.js';
import type { LineEvent, Told } from './line-reader.js';
import { Lines } from './lines.js';
import { dialLink } from './link.js';
import type { Session } from './session.js';

/** A goodbye leaves in a round trip, or it is not read at all. */
const FLUSH_MS = 1000;

/** A round trip over a bad wireless link, several times over. */
const PROBE_MS = 2000;

export type KeeperOptions = {
  readonly self: Self;
  readonly credentials: Credentials;
  readonly pingMs: number;
  readonly deadAfterMs: number;
  readonly refused: readonly PeerId[];
  readonly catalogue: readonly CatalogueRow[];
};

/** What became of links, for whoever keeps them. */
type LinkTold = Told | LinkNews;

/** What the keeper turns on. Each goes through `take`, and so does what follows from it. */
export type LinkTurn =
  | LineEvent
  | { readonly type: 'opened'; readonly session: Session; readonly target?: DialTarget }
  | { readonly type: 'told'; readonly told: LinkTold }
  /** Every goodbye has left, or has had its time. */
  | { readonly type: 'flushed' };

export class LinkKeeper {
  readonly #options: KeeperOptions;
  readonly #lines: Lines;
  #links: LinksState;

  constructor(options: KeeperOptions, platform: Platform) {
    this.#options = options;
    this.#lines = new Lines(options.catalogue, platform);
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

  take(turn: LinkTurn): Observable<LinkTurn> {
    switch (turn.type) {
      case 'opened':
        return this.#open(turn.session, turn.target);
      case 'link':
        return this.#step(turn.event);
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
    const { state, effects } = step(this.#links, event, performance.now());
    this.#links = state;
    const following = effects.map((effect) => defer(() => this.#carryOut(effect)));
    return event.type === 'stop' ? concat(...following, this.#flushed()) : merge(...following);
  }

  #carryOut(effect: LinkEffect): Observable<LinkTurn> {
    switch (effect.type) {
      case 'connect':
        return this.#connect(effect.target);
      case 'tell-failed':
        return say({ type: 'dial-failed', ...effect.target, error: effect.error });
      case 'tell-reached':
        return say({ type: 'dial-reached', ...effect.target, peerId: effect.peerId });
      case 'tell-up':
        return this.#sayUp(effect.link);
      case 'tell-down':
        return say({ type: 'link-down', peerId: effect.peerId, reason: effect.reason });
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
    return say({ type: 'link-up', peerId, name, host, ports, instance, features, dialled });
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
