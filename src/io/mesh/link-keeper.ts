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
import type { CatalogueRow, RowKey } from '#src/domain/catalogue/catalogue.js';
import type { Platform } from '#src/domain/content/name.js';
import { type P2pError, toRecord } from '#src/domain/errors.js';
import type { PeerId } from '#src/domain/ids.js';
import type { History } from '#src/domain/mesh/said-news.js';
import type { DialTarget } from '#src/domain/peers/link-news.js';
import { GUEST_MS } from '#src/domain/peers/link-room.js';
import { refusalOf, step } from '#src/domain/peers/links.js';
import {
  isGuest,
  type Link,
  type LinkEffect,
  type LinkEvent,
  type LinksState,
  linkOf,
  noLinks,
} from '#src/domain/peers/links-state.js';
import type { Credentials, Self } from '#src/domain/peers/self.js';
import type { Question } from '#src/domain/query/query.js';
import { unreachable } from '#src/domain/unreachable.js';
import type { Session } from '#src/io/net/session.js';
import { DirectTalk } from './direct-talk.js';
import { Lines } from './lines.js';
import { dialLink, type LinkOptions } from './link.js';
import { type MeasuredNews, measure, measured } from './link-measures.js';
import { type LinkTold, type LinkTurn, linkTurn, toldTurn } from './link-turn.js';
import { MeshTalk } from './mesh-talk.js';

/** A goodbye leaves in a round trip, or it is not read at all. */
const FLUSH_MS = 1000;

/** A round trip over a bad wireless link, several times over. */
const PROBE_MS = 2000;

export type KeeperOptions = {
  readonly self: Self;
  readonly credentials: Credentials;
  readonly pingMs: number;
  readonly deadAfterMs: number;
  /** Peers that get no link. */
  readonly refused: readonly PeerId[];
  /** Peers that are preferred as neighbours in the mesh. */
  readonly trusted: readonly PeerId[];
  /** Peers that come before others where there are as many links as may be. */
  readonly kept: readonly PeerId[];
  /** How many peers may be linked, but for a few who come as neighbours. */
  readonly most: number;
  /** What this peer offers at the start of this life. */
  readonly catalogue: readonly CatalogueRow[];
  /** What was heard and said in earlier lives. */
  readonly history: History;
};

export class LinkKeeper {
  readonly #options: KeeperOptions & LinkOptions;
  readonly #lines: Lines;
  readonly mesh: MeshTalk;
  readonly direct: DirectTalk;
  #links: LinksState;

  constructor(options: KeeperOptions, platform: Platform) {
    this.#options = { ...options, refusal: (peer) => this.refusal(peer) };
    this.#lines = new Lines(options.catalogue, platform);
    this.#links = noLinks(options.self.peerId, options.refused, options.most, options.kept);
    const linkTo = (peer: PeerId) => linkOf(this.#links, peer);
    this.mesh = new MeshTalk(options, this.#lines, linkTo);
    this.direct = new DirectTalk(this.#options, this.#lines, linkTo);
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

  /** Those linked already are told by whoever orders this; later ones hear it in hello. */
  rename(name: string): void {
    this.#options.self.name = name;
  }

  /** Asks everybody; answers come one by one. */
  ask(question: Question): Observable<LinkTurn> {
    this.direct.asked(question.id);
    return this.mesh.ask(question);
  }

  get measured(): MeasuredNews {
    return measured(
      this.#lines,
      [...this.#links.peers.values()].map(({ current }) => current),
    );
  }

  take(turn: LinkTurn): Observable<LinkTurn> {
    switch (turn.type) {
      case 'opened':
        return this.#open(turn.session, turn.target);
      case 'link':
        return this.#step(turn.event);
      case 'mesh-heard':
        return this.mesh.hear(turn.link, turn.message);
      case 'ticked':
        return this.mesh.tick();
      case 'direct-heard':
        return this.direct.hear(turn.peerId, turn.message);
      case 'visited':
        return this.direct.receive(turn.session);
      case 'measure':
        measure(this.#lines, turn);
        return this.#links.peers.size === 0 ? EMPTY : say(this.measured);
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
    const goodbyes = this.mesh.goodbyes(event);
    const { state, effects } = step(this.#links, event, performance.now(), Math.random());
    this.#links = state;
    const following = effects.map((effect) => defer(() => this.#carryOut(effect)));
    if (event.type === 'stop') return concat(goodbyes, ...following, this.#flushed());
    return concat(goodbyes, merge(...following));
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
          this.mesh.unlinked(effect.peerId, effect.reason),
        );
      case 'adopt':
        return this.#lines.adopt(effect.link, isGuest(this.#links, effect.link.peerId));
      case 'hold':
        return this.#lines.hold(effect.link);
      case 'close':
        this.#lines.close(effect.link);
        return EMPTY;
      case 'await-place':
        return timer(GUEST_MS).pipe(
          map(() => linkTurn({ type: 'guest-expired', peerId: effect.peerId })),
        );
      case 'turn-out':
        this.#lines.turnOut(effect.link);
        return EMPTY;
      case 'drop':
        this.#lines.drop(effect.link);
        return EMPTY;
      default:
        return unreachable(effect);
    }
  }

  #connect(target: DialTarget): Observable<LinkTurn> {
    return dialLink(target, this.#options).pipe(
      map((session): LinkTurn => ({ type: 'opened', session, target })),
      catchError((error: unknown) =>
        of(linkTurn({ type: 'dial-failed', target, error: toRecord(error) })),
      ),
    );
  }

  #sayUp(link: Link): Observable<LinkTurn> {
    const hello = this.#lines.helloOf(link);
    if (hello === undefined) return EMPTY;
    const { peerId, host, instance, dialled } = link;
    const { name, ports, features } = hello;
    return merge(
      say({ type: 'link-up', peerId, name, host, ports, instance, features, dialled }),
      this.mesh.linked(link),
    );
  }

  #failed({ target, error }: Extract<LinkEffect, { type: 'tell-failed' }>): Observable<LinkTurn> {
    const told = say({ type: 'dial-failed', ...target, error });
    const { expect } = target;
    return expect === undefined ? told : merge(told, this.mesh.unreachable(expect));
  }

  #flushed(): Observable<LinkTurn> {
    return race(from(this.#lines.closed()), timer(FLUSH_MS)).pipe(
      map((): LinkTurn => ({ type: 'flushed' })),
    );
  }
}

function say(told: LinkTold): Observable<LinkTurn> {
  return of(toldTurn(told));
}
