/** Where the page is served, and the token that opens it: told once the peer is there, and again where it has moved. */
import { randomBytes } from 'node:crypto';
import type { PeerEvent } from '#src/peer/events.js';

export class PageAddress {
  /** 256 bits: nobody guesses it. One for each start of a peer; lives of the web actor share it. */
  readonly token = randomBytes(32).toString('base64url');
  readonly #tell: (event: PeerEvent) => void;
  #port: number | undefined;
  #isReady = false;

  constructor(tell: (event: PeerEvent) => void) {
    this.#tell = tell;
  }

  /** The peer has said that it is there. */
  ready(): void {
    this.#isReady = true;
    if (this.#port !== undefined) this.#say(this.#port);
  }

  listening(port: number): void {
    if (port === this.#port) return;
    this.#port = port;
    if (this.#isReady) this.#say(port);
  }

  /** What stands behind the `#` stays in the browser: no log and no other page hears of it. */
  #say(port: number): void {
    this.#tell({ type: 'ui', url: `http://127.0.0.1:${port}/#token=${this.token}` });
  }
}
