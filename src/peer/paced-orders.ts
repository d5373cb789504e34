/**
 * Orders to one actor, in their order, never more at a time than its mailbox can take: a folder of thousands
 * that goes, or all that is kept for others at a start, is one burst otherwise.
 */

/** The mailbox takes 1,024; others write to it too. */
const AT_ONCE = 200;

/** 2,000 orders a second: more than any disk brings. */
const PACE_MS = 100;

export class PacedOrders<Order> {
  readonly #send: (order: Order) => void;
  #waiting: Order[] = [];
  #sent = 0;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(send: (order: Order) => void) {
    this.#send = send;
  }

  send(order: Order): void {
    if (this.#isClosed) return;
    this.#waiting.push(order);
    this.#flush();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#waiting = [];
  }

  #flush(): void {
    const now = this.#waiting.splice(0, AT_ONCE - this.#sent);
    this.#sent += now.length;
    for (const order of now) this.#send(order);
    if (this.#sent === 0 || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#sent = 0;
      this.#flush();
    }, PACE_MS);
  }
}
