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
  #heardInAll = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(limits: MessageLimits = LIMITS_OF_GATE) {
    this.#limits = limits;
  }

  /** Somebody was read. @returns for how many ms to leave him unread: as long as what he sent should have taken. */
  heard(who: object, messages: number): number {
    const { ofAll, ofOne, tickMs } = this.#limits;
    const own = (this.#heard.get(who) ?? 0) + messages;
    this.#heard.set(who, own);
    this.#heardInAll += messages;
    this.#timer ??= setTimeout(() => this.#tick(), tickMs);
    return this.#heardInAll <= ofAll || own <= ofOne ? 0 : tickMs * Math.ceil(own / ofOne);
  }

  #tick(): void {
    this.#timer = undefined;
    this.#heard.clear();
    this.#heardInAll = 0;
  }
}

/** One for all sessions of a thread, whoever dialled: they share its time. */
export const THREAD_GATE = new MessageGate();
