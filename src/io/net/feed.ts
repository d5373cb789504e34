/** Hands bytes from either way of reading (`onread`, `data` events) to one taker; holds what comes before it. */
import type { TLSSocket } from 'node:tls';

export class Feed {
  #taker: ((bytes: Uint8Array) => void) | undefined;
  #isListening = false;
  /** Copies: what is read lies in one buffer, of which `slice` would be the same memory. */
  readonly #early: Uint8Array[] = [];

  take(bytes: Uint8Array): boolean {
    if (this.#taker === undefined) this.#early.push(new Uint8Array(bytes));
    else this.#taker(bytes);
    return true;
  }

  open(socket: TLSSocket, taker: (bytes: Uint8Array) => void): void {
    this.#taker = taker;
    for (const bytes of this.#early.splice(0)) this.take(bytes);
    if (this.#isListening) return;
    this.#isListening = true;
    socket.on('data', (bytes: Uint8Array) => this.take(bytes));
  }

  /**
   * Takes so many bytes before all others, and reads no more until the socket is resumed: at most one record is held.
   * @param done is called once, with a copy.
   */
  head(socket: TLSSocket, count: number, done: (bytes: Uint8Array) => void): void {
    const head = Buffer.alloc(count);
    let filled = 0;
    this.open(socket, (bytes) => {
      const part = bytes.subarray(0, count - filled);
      head.set(part, filled);
      filled += part.length;
      if (filled < count) return;
      this.#taker = undefined;
      socket.pause();
      if (part.length < bytes.length) this.#early.push(new Uint8Array(bytes.subarray(part.length)));
      done(head);
    });
  }
}
