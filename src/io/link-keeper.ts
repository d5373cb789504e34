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
import { P2pError, toRecord } from '#src/domain/errors.js';
import type { PeerId } from '#src/domain/ids.js';
import type { DialTarget, LinkNews } from '#src/domain/link-news.js';
import { GUEST_MS } from '#src/domain/link-room.js';
import { refusalOf, step } from '#src/domain/links.js';
import {
  isGuest,
  type Link,
  type LinkEffect,
  type LinkEvent,
  type LinksState,
  linkOf,
  noLinks,
} from '#src/domain/links-state.js';
import type { History, MeshNews } from '#src/domain/mesh/said-news.js';
import type { Platform } from '#src/domain/name.js';
import type { Answer, Question } from '#src/domain/query.js';
import type { Credentials, Self } from '#src/domain/self.js';
import { unreachable } from '#src/domain/unreachable.js';
import type { DirectMessage } from '#src/wire/direct-message.js';
import { DirectJudge, type DirectNews } from './direct-judge.js';
import { type AnswerNews, type Errand, Errands } from './errands.js';
import type { LineEvent, Told } from './line-reader.js';
import { Lines } from './lines.js';
import { dialLink } from './link.js';
import { type MeasuredNews, type MeasureTurn, measure, measured } from './link-measures.js';
import { MeshTalk, type MeshTurn } from './mesh-talk.js';
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
  readonly trusted: readonly PeerId[];
  readonly kept: readonly PeerId[];
  readonly most: number;
  readonly catalogue: readonly CatalogueRow[];
  readonly history: History;
};

/** What became of links, of the mesh over them, and of what was said here alone, for whoever keeps them. */
export type LinkTold = Told | LinkNews | MeshNews | DirectNews | AnswerNews | MeasuredNews;

/** What the keeper turns on. Each goes through `take`, and so does what follows from it. */
export type LinkTurn =
  | LineEvent
  | MeshTurn
  | MeasureTurn
  | { readonly type: 'opened'; readonly session: Session; readonly target?: DialTarget }
  | { readonly type: 'told'; readonly told: LinkTold }
  /** Somebody without a link comes to answer. */
  | { readonly type: 'visited'; readonly session: Session }
  /** Every goodbye has left, or has had its time. */
  | { readonly type: 'flushed' };

export class LinkKeeper {
  readonly #options: KeeperOptions;
  readonly #lines: Lines;
  readonly #directJudge: DirectJudge;
  readonly mesh: MeshTalk;
  readonly #errands: Errands;
  #links: LinksState;

  constructor(options: KeeperOptions, platform: Platform) {
    this.#options = options;
    this.#lines = new Lines(options.catalogue, platform);
    this.#links = noLinks(options.self.peerId, options.refused, options.most, options.kept);
    this.#directJudge = new DirectJudge(options.self.peerId);
    this.#errands = new Errands({ ...options, refusal: (peer) => this.refusal(peer) });
    this.mesh = new MeshTalk(options, this.#lines, (peer) => linkOf(this.#links, peer));
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

  /** Says something to a linked peer alone. Without a link it is not said: whoever waits for an answer was told of its end. */
  tell(peer: PeerId, message: DirectMessage): void {
    const link = linkOf(this.#links, peer);
    if (link !== undefined) this.#lines.tell(link, message);
  }

  /** Asks everybody; answers come one by one. */
  ask(question: Question): Observable<LinkTurn> {
    this.#errands.asked(question.id);
    return this.mesh.ask(question);
  }

  /** Answers a question: over the link with the asker, or by dialling him. */
  answer(errand: Errand): Observable<LinkTurn> {
    const link = linkOf(this.#links, errand.peerId);
    if (link === undefined) return this.#errands.run(errand).pipe(map(asTold));
    this.#lines.tell(link, { type: 'answer', answer: errand.answer });
    return EMPTY;
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
        return this.#hearDirect(turn.peerId, turn.message);
      case 'visited':
        return this.#errands.receive(turn.session).pipe(map(asTold));
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

  #hearAnswer(peer: PeerId, answer: Answer): Observable<LinkTurn> {
    const link = linkOf(this.#links, peer);
    const session = link && this.#lines.sessionOf(link);
    return session === undefined ? EMPTY : this.#errands.heard(session, answer).pipe(map(asTold));
  }

  #hearDirect(peer: PeerId, message: DirectMessage): Observable<LinkTurn> {
    if (message.type === 'answer') return this.#hearAnswer(peer, message.answer);
    try {
      const verdict = this.#directJudge.judge(peer, message, performance.now());
      if (verdict.type === 'news') return say(verdict.news);
      if (verdict.type === 'answer') this.tell(peer, verdict.message);
    } catch (error) {
      // A fault of ours is for who restarts this, and none of the peer's.
      if (!(error instanceof P2pError)) throw error;
      const link = linkOf(this.#links, peer);
      if (link !== undefined) this.#lines.cut(link, error);
    }
    return EMPTY;
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
          map(
            (): LinkTurn => ({
              type: 'link',
              event: { type: 'guest-expired', peerId: effect.peerId },
            }),
          ),
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
  return of(asTold(told));
}

function asTold(told: LinkTold): LinkTurn {
  return { type: 'told', told };
}
