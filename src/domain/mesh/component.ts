/**
 * Which network a peer belongs to, where one was torn in two: the peer with the smallest id sends a pulse to all it
 * reaches, and its id is their network's name. Who hears somebody say another name has met another network. Time is
 * monotonic, in milliseconds.
 */
import type { PeerId } from '#src/domain/ids.js';

/** One small message to each peer now and then, whatever the size of the network. */
const PULSE_MS = 20_000;

/** Two pulses may be lost; then whoever sent them is gone. */
const FORGOTTEN_MS = 3 * PULSE_MS;

export class Component {
  readonly #self: PeerId;
  #smallest: PeerId | undefined;
  #heardAt = 0;
  /** When to send a pulse next. */
  dueAt: number;

  /** @param random in [0, 1). */
  constructor(self: PeerId, now: number, random: () => number) {
    this.#self = self;
    // A newcomer learns first whose network it is; and of many who were started at once a few speak, not all.
    this.dueAt = now + FORGOTTEN_MS + PULSE_MS * random();
  }

  /** The id that names this peer's network; undefined as long as it does not know. */
  nameAt(now: number): PeerId | undefined {
    return now - this.#heardAt > FORGOTTEN_MS ? undefined : this.#smallest;
  }

  /** A pulse came: its author is part of this network. */
  heard(author: PeerId, now: number): void {
    const name = this.nameAt(now);
    if (name !== undefined && author > name) return;
    this.#smallest = author;
    this.#heardAt = now;
  }

  /** @returns whether a pulse is to be sent now. */
  tick(now: number): boolean {
    if (now < this.dueAt) return false;
    this.dueAt = now + PULSE_MS;
    const name = this.nameAt(now);
    if (name !== undefined && name < this.#self) return false;
    this.#smallest = this.#self;
    this.#heardAt = now;
    return true;
  }
}
