/** Paths that give a file once, soon: a browser saves a file by a plain link, and a token in one would stay in its history. */
import { randomBytes } from 'node:crypto';

/** A link is followed as soon as it is made. */
export const LINK_MS = 60_000;

/** More than anybody clicks in a minute; the oldest goes. */
const MOST = 256;

export type Linked = { readonly share: string; readonly path: string | undefined };

export class OneTimeLinks {
  readonly #links = new Map<string, Linked & { readonly until: number }>();
  readonly #now: () => number;

  /** @param now monotonic milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** @returns the secret: 256 bits, which nobody guesses. */
  make({ share, path }: Linked): string {
    const secret = randomBytes(32).toString('base64url');
    this.#links.set(secret, { share, path, until: this.#now() + LINK_MS });
    const [oldest] = this.#links.keys();
    if (this.#links.size > MOST && oldest !== undefined) this.#links.delete(oldest);
    return secret;
  }

  /** Whoever comes first has it. @returns undefined where there is none of this secret any more. */
  take(secret: string): Linked | undefined {
    const link = this.#links.get(secret);
    this.#links.delete(secret);
    if (link === undefined || this.#now() > link.until) return undefined;
    return { share: link.share, path: link.path };
  }
}
