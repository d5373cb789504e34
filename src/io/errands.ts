/**
 * Answers to questions between peers that have no link: one connection brings one answer, and ends. Whoever brings one
 * dials the asker, and nobody else; whoever asked lets in what he has asked for.
 */
import {
  catchError,
  concat,
  defer,
  EMPTY,
  finalize,
  ignoreElements,
  mergeMap,
  type Observable,
  of,
  take,
  takeUntil,
  tap,
  timer,
} from 'rxjs';
import { AnswerDoor } from '#src/domain/answer-door.js';
import type { PeerId } from '#src/domain/ids.js';
import { unmapped } from '#src/domain/nearness.js';
import type { Address } from '#src/domain/peer-row.js';
import type { Answer, Answerer, QueryId } from '#src/domain/query.js';
import { dialLink, type LinkOptions } from './link.js';
import type { Session } from './session.js';

/** Dials for others at once: a dial that leads nowhere takes ten seconds, and few are to be under way. */
const MOST_ERRANDS = 32;

/** Those who bring answers at once; a quarter of the connections, so that links still find room. */
const MOST_GUESTS = 64;

/** Whoever comes to answer has his answer at hand. */
const GUEST_MS = 3000;

export type Errand = {
  readonly peerId: PeerId;
  /** Where it may be, the likeliest first. */
  readonly addresses: readonly Address[];
  readonly answer: Answer;
};

/** Somebody answers a question of ours: the first time. */
export type AnswerNews = {
  readonly type: 'answer-heard';
  readonly from: Answerer;
  readonly answer: Answer;
};

export class Errands {
  readonly #options: LinkOptions;
  readonly #door = new AnswerDoor();
  #errands = 0;
  #guests = 0;

  constructor(options: LinkOptions) {
    this.#options = options;
  }

  /** A question of ours leaves: answers are let in. */
  asked(id: QueryId): void {
    this.#door.asked(id, performance.now());
  }

  /** Brings an answer to whoever proves to be the asker. Where he cannot be reached he goes without. */
  run({ peerId, addresses, answer }: Errand): Observable<never> {
    if (this.#errands >= MOST_ERRANDS) return EMPTY;
    this.#errands += 1;
    const dials = addresses.map((at) =>
      dialLink({ ...at, expect: peerId }, this.#options, 'answer').pipe(catchError(() => EMPTY)),
    );
    return concat(...dials).pipe(
      take(1),
      tap((session) => {
        session.send({ type: 'direct', message: { type: 'answer', answer } });
        session.close();
      }),
      ignoreElements(),
      finalize(() => {
        this.#errands -= 1;
      }),
    );
  }

  /** Somebody came to bring an answer. */
  receive(session: Session): Observable<AnswerNews> {
    if (this.#guests >= MOST_GUESTS || !this.#door.isOpen(performance.now())) {
      session.destroy();
      return EMPTY;
    }
    this.#guests += 1;
    return session.received.pipe(
      take(1),
      takeUntil(timer(GUEST_MS)),
      mergeMap(({ message }) =>
        message.type === 'direct' && message.message.type === 'answer'
          ? this.heard(session, message.message.answer)
          : EMPTY,
      ),
      // Whoever breaks off has answered nothing.
      catchError(() => EMPTY),
      finalize(() => {
        this.#guests -= 1;
      }),
    );
  }

  /** An answer came, over a link or by itself. */
  heard({ peerId, peer, remoteHost }: Session, answer: Answer): Observable<AnswerNews> {
    return defer(() => {
      if (!this.#door.admits(peerId, answer.query, performance.now())) return EMPTY;
      const { name, ports } = peer;
      const from = { peerId, name, host: unmapped(remoteHost), port: ports.mesh };
      return of<AnswerNews>({ type: 'answer-heard', from, answer });
    });
  }
}
