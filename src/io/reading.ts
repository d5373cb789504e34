/** Whether a session's socket is read: as its owner wants, but for whoever has sent too much for the moment. */
import type { TLSSocket } from 'node:tls';
import { THREAD_GATE } from './message-gate.js';

export class Reading {
  readonly #socket: TLSSocket;
  #isWanted = false;
  #heldUp: NodeJS.Timeout | undefined;

  constructor(socket: TLSSocket) {
    this.#socket = socket;
  }

  /** Whether the owner wants more. */
  want(isWanted: boolean): void {
    this.#isWanted = isWanted;
    this.#readOrNot();
  }

  /** So many messages came in one read. */
  heard(messages: number): void {
    const ms = messages === 0 ? 0 : THREAD_GATE.heard(this, messages);
    if (ms === 0 || this.#heldUp !== undefined) return;
    this.#heldUp = setTimeout(() => {
      this.#heldUp = undefined;
      this.#readOrNot();
    }, ms);
    this.#readOrNot();
  }

  stop(): void {
    clearTimeout(this.#heldUp);
  }

  #readOrNot(): void {
    if (this.#isWanted && this.#heldUp === undefined) this.#socket.resume();
    else this.#socket.pause();
  }
}
