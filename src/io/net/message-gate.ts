/**
 * How fast messages are taken from those who send many, once all together are too many for a thread: else whoever
 * sends fastest has its whole time. Chunk bytes are not counted; they are asked for.
 */

export type MessageLimits = {
  /** Messages of all in a tick, before anybody is held up. One costs 10 to 20 us: a third of a thread's time. */
  readonly ofAll: number;
  /** Messages of one in a tick that are always taken: chunks for 50 MB a second, and 256 such take half of it. */
  readonly ofOne: number;
  readonly tickMs: number;
};

const LIMITS_OF_GATE: MessageLimits = { ofAll: 2000, ofOne: 20, tickMs: 100 };

export class MessageGate {
  readonly #limits: MessageLimits;
  readonly #heard = new Map<object, number>();
  /** For how many more ticks. */
  readonly #heldUp = new Map<object, number>();
  #heardInAll = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(limits: MessageLimits = LIMITS_OF_GATE) {
    this.#limits = limits;
  }

  /** Somebody was read. @returns for how many ms to leave him unread: as long as what he sent takes in turns. */
  heard(who: object, messages: number): number {
    const { ofAll, ofOne, tickMs } = this.#limits;
    const own = (this.#heard.get(who) ?? 0) + messages;
    this.#heard.set(who, own);
    this.#heardInAll += messages;
    if (this.#timer === undefined) this.#timer = setTimeout(() => this.#tick(), tickMs);
    if (this.#heardInAll <= ofAll || own <= ofOne) return 0;
    const share = Math.max(ofOne, ofAll / (this.#heldUp.size + this.#heard.size));
    const ticks = Math.ceil(own / share);
    this.#heldUp.set(who, ticks);
    return tickMs * ticks;
  }

  #tick(): void {
    this.#timer = undefined;
    this.#heard.clear();
    this.#heardInAll = 0;
    for (const [who, ticks] of this.#heldUp) {
      if (ticks > 1) this.#heldUp.set(who, ticks - 1);
      else this.#heldUp.delete(who);
    }
    if (this.#heldUp.size > 0) this.#timer = setTimeout(() => this.#tick(), this.#limits.tickMs);
  }
}

/** One for all sessions of a thread, whoever dialled: they share its time. */
export const THREAD_GATE = new MessageGate();
