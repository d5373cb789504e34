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
  map,
  mergeMap,
  type Observable,
  of,
  take,
  takeUntil,
  takeWhile,
  timer,
} from 'rxjs';
import { unmapped } from '#src/domain/discovery/nearness.js';
import { type ErrorRecord, P2pError, toRecord } from '#src/domain/errors.js';
import type { PeerId } from '#src/domain/ids.js';
import type { Address } from '#src/domain/peers/peer-row.js';
import { AnswerDoor } from '#src/domain/query/answer-door.js';
import type { Answer, Answerer, QueryId } from '#src/domain/query/query.js';
import { type Bucket, type Rate, takeToken } from '#src/domain/rates/token-bucket.js';
import type { Session } from '#src/io/net/session.js';
import { dialLink, type LinkOptions } from './link.js';

/** Dials for others at once: a dial that leads nowhere takes ten seconds, and few are to be under way. */
const MOST_ERRANDS = 32;

/** Those who bring answers at once; a quarter of the connections, so that links still find room. */
const MOST_GUESTS = 64;

/** Whoever comes to answer has his answer at hand. */
const GUEST_MS = 3000;

/** Whoever asks and whoever answers may break the protocol as often as he likes: a line for each would be his to write. */
const TOLD: Rate = { perSecond: 1 / 60, burst: 5 };

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

type ErrandTrouble = { readonly type: 'trouble'; readonly error: ErrorRecord };

export class Errands {
  readonly #options: LinkOptions;
  readonly #door = new AnswerDoor();
  #errands = 0;
  #guests = 0;
  #told: Bucket | undefined;

  constructor(options: LinkOptions) {
    this.#options = options;
  }

  /** A question of ours leaves: answers are let in. */
  asked(id: QueryId): void {
    this.#door.asked(id, performance.now());
  }

  /** Brings an answer to whoever proves to be the asker. Where he cannot be reached he goes without. */
  run({ peerId, addresses, answer }: Errand): Observable<ErrandTrouble> {
    if (this.#errands >= MOST_ERRANDS) return EMPTY;
    this.#errands += 1;
    const dials = addresses.map((at) =>
      dialLink({ ...at, expect: peerId }, this.#options, 'answer').pipe(
        map((session) => ({ type: 'reached', session }) as const),
        catchError((error: unknown) => this.#blame(error, 'an answer could not be brought')),
      ),
    );
    return concat(...dials).pipe(
      takeWhile(({ type }) => type !== 'reached', true),
      mergeMap((one) => {
        if (one.type === 'trouble') return of(one);
        one.session.send({ type: 'direct', message: { type: 'answer', answer } });
        one.session.close();
        return EMPTY;
      }),
      finalize(() => {
        this.#errands -= 1;
      }),
    );
  }

  /** Somebody came to bring an answer. */
  receive(session: Session): Observable<AnswerNews | ErrandTrouble> {
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
      catchError((error: unknown) =>
        this.#blame(error, `the answer of ${session.peer.name} was cut`),
      ),
      finalize(() => {
        this.#guests -= 1;
      }),
    );
  }

  /** Who is not there or breaks off is nobody's fault; what broke the protocol, or is ours, should be known. */
  #blame(error: unknown, what: string): Observable<ErrandTrouble> {
    const { code, message } = toRecord(error);
    if (error instanceof P2pError && code !== 'protocol' && code !== 'limit') return EMPTY;
    const left = takeToken(this.#told, TOLD, performance.now());
    if (left === undefined) return EMPTY;
    this.#told = left;
    return of({ type: 'trouble', error: { code, message: `${what}: ${message}` } });
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
