/** What happens, on its way to the web actor: one batch at a time, so that a slow one costs a bounded list. */
import type { Told } from '#src/peer/api.js';

/** Events that wait meanwhile: some seconds of a busy peer. */
const MOST = 2000;

/** What is told: an event, or a mark behind all before it, for whoever asked for that. */
type Line = Told | { readonly type: 'mark'; readonly ref: string };

type Batch = { readonly type: 'events'; readonly events: readonly Line[]; readonly missed: number };

export class EventFeed {
  readonly #send: (batch: Batch) => void;
  #waiting: Line[] = [];
  #missed = 0;
  #isOnWay = false;
  #isWanted = false;

  constructor(send: (batch: Batch) => void) {
    this.#send = send;
  }

  tell(event: Line): void {
    if (!this.#isWanted) return;
    if (this.#waiting.length < MOST) this.#waiting.push(event);
    else this.#missed += 1;
    this.#next();
  }

  wanted(is: boolean): void {
    this.#isWanted = is;
    if (is) return;
    this.#waiting = [];
    this.#missed = 0;
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
    this.#waiting = [];
    this.#missed = 0;
    this.#isOnWay = true;
    this.#send(batch);
  }
}
