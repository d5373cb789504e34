/**
 * What one peer draws of an allowance, over all its sessions: one piece at a time, so that peers share evenly. Which session
 * gets it is chosen when it may move and not when it is booked: one that has just drawn is back in line by then.
 */
import { FairTurns } from '#src/domain/rates/fair-turns.js';

/** A session: how much of its peer's part it gets where others of that peer get 1. */
export type InLine = { readonly turnWeight: number };

type Waiting = { readonly who: InLine; readonly bytes: number; readonly grant: () => void };

export class PeerLine {
  readonly #book: (bytes: number) => Promise<void>;
  readonly #emptied: () => void;
  readonly #turns = new FairTurns<InLine>();
  /** By session: each waits for one piece at a time. The longest first. */
  readonly #waiting = new Map<InLine, Waiting>();
  /** Bytes that moved beyond those booked, as another got its turn: the next one books them, too. */
  #owed = 0;

  /** @param book resolves when so many bytes may move. @param emptied is called when nobody waits any more. */
  constructor(book: (bytes: number) => Promise<void>, emptied: () => void) {
    this.#book = book;
    this.#emptied = emptied;
  }

  /** Resolves when these bytes may move. */
  draw(who: InLine, bytes: number): Promise<void> {
    return new Promise((grant) => {
      this.#waiting.set(who, { who, bytes, grant });
      if (this.#waiting.size === 1) void this.#move();
    });
  }

  async #move(): Promise<void> {
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      const booked = Math.max(0, next.bytes + this.#owed);
      await this.#book(booked);
      // Others may have come meanwhile; nobody has left.
      const { who, bytes, grant } = this.#next() ?? next;
      this.#waiting.delete(who);
      this.#turns.took(who, bytes, who.turnWeight);
      this.#owed += bytes - booked;
      grant();
    }
    this.#emptied();
  }

  #next(): Waiting | undefined {
    const who = this.#turns.next(this.#waiting.keys());
    return who && this.#waiting.get(who);
  }
}
