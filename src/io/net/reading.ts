/**
 * Whether a session's socket is read, and when what it read is heard: as the owner wants, but for whoever has sent too
 * much for the moment, and no more in one turn of the event loop than leaves time for the others.
 */
import type { TLSSocket } from 'node:tls';
import { type HearingTurns, THREAD_TURNS } from './hearing-turns.js';
import { THREAD_GATE } from './message-gate.js';

export class Reading {
  readonly #socket: Pick<TLSSocket, 'pause' | 'resume'>;
  readonly #hear: (bytes: Uint8Array) => number;
  readonly #turns: HearingTurns;
  /** Read, and heard when it is its turn: what one read holds, as the socket is paused meanwhile. */
  readonly #late: Uint8Array[] = [];
  #isWanted = false;
  #heldUp: NodeJS.Timeout | undefined;

  /** @param hear takes bytes, valid during the call only. @returns how many messages that were. */
  constructor(
    socket: Pick<TLSSocket, 'pause' | 'resume'>,
    hear: (bytes: Uint8Array) => number,
    turns = THREAD_TURNS,
  ) {
    this.#socket = socket;
    this.#hear = hear;
    this.#turns = turns;
  }

  /** Whether the owner wants more. */
  want(isWanted: boolean): void {
    this.#isWanted = isWanted;
    this.#readOrNot();
  }

  /** Bytes came, valid during the call only. */
  take(bytes: Uint8Array): void {
    if (this.#late.length === 0 && !this.#turns.isOver) {
      this.#hearNow(bytes);
      return;
    }
    // A copy: `slice` of a Buffer is the same memory, which the next read overwrites.
    this.#late.push(new Uint8Array(bytes));
    if (this.#late.length > 1) return;
    this.#turns.wait(() => this.catchUp());
    this.#readOrNot();
  }

  /** Hears what waits for its turn: an end does not overtake it. */
  catchUp(): void {
    const late = this.#late.splice(0);
    if (late.length === 0) return;
    for (const bytes of late) this.#hearNow(bytes);
    this.#readOrNot();
  }

  /** Nothing more is heard. */
  stop(): void {
    clearTimeout(this.#heldUp);
    this.#late.length = 0;
  }

  #hearNow(bytes: Uint8Array): void {
    const messages = this.#hear(bytes);
    this.#turns.heard(messages, bytes.length);
    const ms = messages === 0 ? 0 : THREAD_GATE.heard(this, messages);
    if (ms === 0 || this.#heldUp !== undefined) return;
    this.#heldUp = setTimeout(() => {
      this.#heldUp = undefined;
      this.#readOrNot();
    }, ms);
    this.#readOrNot();
  }

  #readOrNot(): void {
    const isHeldUp = this.#heldUp !== undefined || this.#late.length > 0;
    if (this.#isWanted && !isHeldUp) this.#socket.resume();
    else this.#socket.pause();
  }
}
