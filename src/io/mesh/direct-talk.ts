/**
 * What is said to one peer alone: over the link with him, or, an answer, by a connection for that. Whoever says what
 * nobody may is cut off.
 */
import { EMPTY, map, type Observable, of } from 'rxjs';
import { P2pError } from '#src/domain/errors.js';
import type { PeerId } from '#src/domain/ids.js';
import type { Link } from '#src/domain/peers/links-state.js';
import type { Answer, QueryId } from '#src/domain/query/query.js';
import type { Session } from '#src/io/net/session.js';
import type { DirectMessage } from '#src/wire/direct-message.js';
import { DirectJudge } from './direct-judge.js';
import { type Errand, Errands } from './errands.js';
import type { Lines } from './lines.js';
import type { LinkOptions } from './link.js';
import { type LinkTurn, toldTurn } from './link-turn.js';

export class DirectTalk {
  readonly #lines: Lines;
  readonly #linkTo: (peer: PeerId) => Link | undefined;
  readonly #judge: DirectJudge;
  readonly #errands: Errands;

  /** @param linkTo by which link a peer is reached now */
  constructor(options: LinkOptions, lines: Lines, linkTo: (peer: PeerId) => Link | undefined) {
    this.#lines = lines;
    this.#linkTo = linkTo;
    this.#judge = new DirectJudge(options.self.peerId);
    this.#errands = new Errands(options);
  }

  /** Without a link it is not said: whoever waits for an answer was told of its end. */
  tell(peer: PeerId, message: DirectMessage): void {
    const link = this.#linkTo(peer);
    if (link !== undefined) this.#lines.tell(link, message);
  }

  /** A question of ours leaves: answers are let in. */
  asked(id: QueryId): void {
    this.#errands.asked(id);
  }

  /** Answers a question: over the link with the asker, or by dialling him. */
  answer(errand: Errand): Observable<LinkTurn> {
    const link = this.#linkTo(errand.peerId);
    if (link === undefined) return this.#errands.run(errand).pipe(map(toldTurn));
    this.#lines.tell(link, { type: 'answer', answer: errand.answer });
    return EMPTY;
  }

  /** Somebody without a link comes to answer. */
  receive(session: Session): Observable<LinkTurn> {
    return this.#errands.receive(session).pipe(map(toldTurn));
  }

  /** A linked peer said something to this one alone. */
  hear(peer: PeerId, message: DirectMessage): Observable<LinkTurn> {
    if (message.type === 'answer') return this.#hearAnswer(peer, message.answer);
    try {
      const verdict = this.#judge.judge(peer, message, performance.now());
      if (verdict.type === 'news') return of(toldTurn(verdict.news));
      if (verdict.type === 'answer') this.tell(peer, verdict.message);
    } catch (error) {
      // A fault of ours is for who restarts this, and none of the peer's.
      if (!(error instanceof P2pError)) throw error;
      const link = this.#linkTo(peer);
      if (link !== undefined) this.#lines.cut(link, error);
    }
    return EMPTY;
  }

  #hearAnswer(peer: PeerId, answer: Answer): Observable<LinkTurn> {
    const link = this.#linkTo(peer);
    const session = link && this.#lines.sessionOf(link);
    if (session === undefined) return EMPTY;
    return this.#errands.heard(session, answer).pipe(map(toldTurn));
  }
}
