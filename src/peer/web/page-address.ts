/**
 * Where the page is served, and the token that opens it: told once the peer is there, and again where it has moved. Both
 * are kept over the lives of the web actor, so that a page that is open finds it again.
 */
import { randomBytes } from 'node:crypto';
import type { PeerEvent } from '#src/peer/events.js';

export class PageAddress {
  #wanted: number;
  readonly #tell: (event: PeerEvent) => void;
  #token = newToken();
  #port: number | undefined;
  #isReady = false;

  /** @param wanted as the settings say: 0 for any. */
  constructor(wanted: number, tell: (event: PeerEvent) => void) {
    this.#wanted = wanted;
    this.#tell = tell;
  }

  /** Whoever shows it may do everything. */
  get token(): string {
    return this.#token;
  }

  /** Where the next life of the web actor shall serve it: where pages look for it, or as the settings say. */
  get port(): number {
    return this.#port ?? this.#wanted;
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

  /**
   * Between two lives of the web actor another program took the port: pages that are open show the token to that one. It may
   * keep it, so any other will do, whatever the settings say.
   */
  taken(): void {
    this.#port = undefined;
    this.#wanted = 0;
    this.#token = newToken();
  }

  /** What stands behind the `#` stays in the browser: no log and no other page hears of it. */
  #say(port: number): void {
    this.#tell({ type: 'ui', url: `http://127.0.0.1:${port}/#token=${this.#token}` });
  }
}

/** 256 bits: nobody guesses it. */
function newToken(): string {
  return randomBytes(32).toString('base64url');
}
