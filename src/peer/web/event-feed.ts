/** What happens, on its way to the web actor: one batch at a time, so that a slow one costs a bounded list. */
import { P2pError } from '#src/domain/errors.js';
import type { Told } from '#src/peer/api.js';

/** Events that wait meanwhile: some seconds of a busy peer. */
const MOST = 2000;

/** Each is waited for by a terminal or a script: none is left out, and more than that are no terminals. */
const MOST_MARKS = 100;

/** What is told: an event, or a mark behind all before it, for whoever asked for that. */
type Mark = { readonly type: 'mark'; readonly ref: string };
type Line = Told | Mark;

type Batch = { readonly type: 'events'; readonly events: readonly Line[]; readonly missed: number };

export class EventFeed {
  readonly #send: (batch: Batch) => void;
  #waiting: Line[] = [];
  /** Of those that wait. */
  #marks = 0;
  #missed = 0;
  #isOnWay = false;
  #isWanted = false;

  constructor(send: (batch: Batch) => void) {
    this.#send = send;
  }

  tell(event: Told): void {
    if (!this.#isWanted) return;
    if (this.#waiting.length - this.#marks < MOST) this.#waiting.push(event);
    else this.#missed += 1;
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

  #next(): void {
    if (this.#isOnWay || this.#waiting.length + this.#missed === 0) return;
    const batch = { type: 'events', events: this.#waiting, missed: this.#missed } as const;
    this.#clear();
    this.#isOnWay = true;
    this.#send(batch);
  }

  #clear(): void {
    this.#waiting = [];
    this.#marks = 0;
    this.#missed = 0;
  }
}
