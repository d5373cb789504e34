/** What happens, on its way to the web actor: one batch at a time, so that a slow one costs a bounded list. */
import { NOT_IN_BRIEF } from '#src/api/web-operations.js';
import { P2pError } from '#src/domain/errors.js';
import type { Told } from '#src/peer/api.js';

/** Events that wait meanwhile: some seconds of a busy peer. */
const MOST = 2000;

/** Each is waited for by a terminal or a script: none is left out, and more than that are no terminals. */
const MOST_MARKS = 100;

/** What is told: an event, a mark behind all before it for whoever asked for that, or how many were left out there. */
type Mark = { readonly type: 'mark'; readonly ref: string };
type Missed = {
  readonly type: 'missed';
  readonly count: number;
  /** How many of them are told in brief. */
  readonly brief: number;
};
type Line = Told | Mark | Missed;

type Batch = { readonly type: 'events'; readonly events: readonly Line[] };

export class EventFeed {
  readonly #send: (batch: Batch) => void;
  #waiting: Line[] = [];
  /** Of those that wait. */
  #events = 0;
  #marks = 0;
  #isOnWay = false;
  #isWanted = false;

  constructor(send: (batch: Batch) => void) {
    this.#send = send;
  }

  tell(event: Told): void {
    if (!this.#isWanted) return;
    if (this.#events < MOST) {
      this.#events += 1;
      this.#waiting.push(event);
    } else this.#miss(event);
    this.#next();
  }

  /** @throws P2pError `limit` */
  mark(ref: string): void {
    if (!this.#isWanted) return;
    if (this.#marks >= MOST_MARKS) {
      throw new P2pError('limit', `${MOST_MARKS} marks wait to be told: ask again in a moment`);
    }
    this.#marks += 1;
    this.#waiting.push({ type: 'mark', ref });
    this.#next();
  }

  wanted(is: boolean): void {
    this.#isWanted = is;
    if (!is) this.#clear();
  }

  /** The last batch has been passed on. */
  taken(): void {
    this.#isOnWay = false;
    this.#next();
  }

  /** The actor has ended: nobody listens to its next life yet, if there is one. */
  ended(): void {
    this.#isOnWay = false;
    this.wanted(false);
  }

  /** Told where it was: whoever waits between two marks misses what is left out between them alone. */
  #miss({ type }: Told): void {
    const last = this.#waiting.at(-1);
    const before = last?.type === 'missed' ? last : { count: 0, brief: 0 };
    if (last?.type === 'missed') this.#waiting.pop();
    const brief = before.brief + Number(!NOT_IN_BRIEF.has(type));
    this.#waiting.push({ type: 'missed', count: before.count + 1, brief });
  }

  #next(): void {
    if (this.#isOnWay || this.#waiting.length === 0) return;
    const batch = { type: 'events', events: this.#waiting } as const;
    this.#clear();
    this.#isOnWay = true;
    this.#send(batch);
  }

  #clear(): void {
    this.#waiting = [];
    this.#events = 0;
    this.#marks = 0;
  }
}
