/** Our questions to everybody: puts them, and hands the answers to whoever asked, until no more are to be expected. */
import { randomBytes } from 'node:crypto';
import { Observable } from 'rxjs';
import { checkName, type Platform } from '#src/domain/content/name.js';
import { P2pError } from '#src/domain/errors.js';
import {
  type Answer,
  type Answerer,
  type Asked,
  QUERY_LIMITS,
  QUERY_RATE,
  type QueryId,
} from '#src/domain/query/query.js';
import { questionTimes } from '#src/domain/query/question-times.js';
import { type Bucket, takeToken } from '#src/domain/rates/token-bucket.js';
import type { Crew } from '#src/peer/crew.js';
import type * as Mesh from '#workers/mesh.js';
import { meant } from './naming.js';

const PLATFORM: Platform = process.platform === 'win32' ? 'win32' : 'posix';

export type Answered = { readonly from: Answerer; readonly answer: Answer };

export type Asking = {
  readonly hops?: number | undefined;
  /** How many peers are known that have no link with this one: they take turns. */
  readonly strangers: number;
  /** Whether everybody has answered who can. */
  readonly isWhole: () => boolean;
  /** The question leaves: it was not too much. */
  readonly onAsked?: () => void;
};

export class Queries {
  readonly #crew: Pick<Crew, 'send'>;
  readonly #open = new Map<QueryId, (answered: Answered) => void>();
  readonly #ends = new Set<() => void>();
  #asked: Bucket | undefined;

  constructor(crew: Pick<Crew, 'send'>) {
    this.#crew = crew;
  }

  /**
   * Asks everybody. Emits answers as they come, one of each peer, and completes once they stop coming, or all are there.
   * Errors with P2pError `limit` where more is asked than others would hear.
   */
  ask(
    asked: Asked,
    { hops = QUERY_LIMITS.hops, strangers, isWhole, onAsked }: Asking,
  ): Observable<Answered> {
    return new Observable((subscriber) => {
      // Nothing is called so.
      if (asked.about === 'content' && !isAskable(asked.word)) return subscriber.complete();
      const bucket = takeToken(this.#asked, QUERY_RATE, performance.now());
      if (bucket === undefined) return subscriber.error(tooMany());
      this.#asked = bucket;
      onAsked?.();
      const id = randomBytes(16).toString('hex') as QueryId;
      const { withinMs, quietMs, mostMs } = questionTimes(asked, strangers);
      const end = () => subscriber.complete();
      const late = setTimeout(end, mostMs);
      let quiet = setTimeout(end, quietMs);
      this.#ends.add(end);
      this.#open.set(id, (answered) => {
        if (answered.answer.about !== asked.about) return;
        const judged = judgedOf(answered, asked);
        if (judged === undefined) return;
        subscriber.next(judged);
        clearTimeout(quiet);
        quiet = setTimeout(end, quietMs);
        if (isWhole()) end();
      });
      this.#crew.send('mesh', { type: 'ask', id, asked, hops, withinMs });
      if (isWhole()) end();
      return () => {
        clearTimeout(late);
        clearTimeout(quiet);
        this.#ends.delete(end);
        this.#open.delete(id);
      };
    });
  }

  /** What comes is answered once by each peer: whoever let it in saw to that. */
  hear({ from, answer }: Extract<Mesh.Out, { type: 'answer-heard' }>): void {
    this.#open.get(answer.query)?.({ from, answer });
  }

  /** Nobody is waited for any more. */
  close(): void {
    for (const end of this.#ends) end();
  }
}

/** Names as in catalogues, and only what was asked for: undefined where nothing of it counts. */
function judgedOf({ from, answer }: Answered, asked: Asked): Answered | undefined {
  if (answer.about === 'topology' || asked.about === 'topology') return { from, answer };
  const verdicts = answer.rows.map(({ name }) => checkName(name, PLATFORM).kind);
  // Whoever offers a name that escapes means harm: nothing of what he says is taken.
  if (verdicts.includes('escape')) return undefined;
  const usable = answer.rows.filter((row, at) => {
    return verdicts[at] === 'ok' && (row.have > 0 || row.chunks === 0);
  });
  const rows = meant(asked.word, usable);
  return rows.length === 0 ? undefined : { from, answer: { ...answer, rows } };
}

function isAskable(word: string): boolean {
  return word !== '' && Buffer.byteLength(word) <= QUERY_LIMITS.wordBytes;
}

function tooMany(): P2pError {
  const { burst, perSecond } = QUERY_RATE;
  const message = `the network was asked ${burst} times in a row: others hear ${perSecond} question a second`;
  return new P2pError('limit', message);
}
