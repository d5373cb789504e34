/**
 * The first words of whoever dials: said until they are answered, then once more with the token that came back, until the
 * other end takes the connection. Nothing is kept there before. Time in microseconds.
 *
 *     calling --(come again)--> proving --(accepted)--> done
 */
import type { SynAck } from './packet.js';

/** Twice a long way's round trip; doubled each time, up to the other. */
const FIRST_WAIT_US = 250_000;
const MOST_WAIT_US = 2_000_000;

/** As long as a handshake over TCP may take. */
const PATIENCE_US = 10_000_000;

/** So often it may be sent back: a token grows old while words get lost. */
const MOST_TOKENS = 8;

type Accepted = Extract<SynAck, { type: 'accepted' }>;

export type Dialled =
  | { readonly type: 'accepted'; readonly terms: Accepted; readonly rttUs: number }
  | { readonly type: 'unanswered'; readonly tries: number };

export class Dialling {
  readonly #since: number;
  readonly #patienceUs: number;
  /** When each was said, by its number. */
  readonly #saidAt: number[] = [];
  #token: Uint8Array = new Uint8Array(0);
  #tokens = 0;
  /** The first that was said with it: a token is taken in answer to that or a later one only. */
  #tokenFor = 0;
  #waitUs = FIRST_WAIT_US;
  #dueAt: number;
  #outcome: Dialled | undefined;

  constructor(now: number, patienceUs = PATIENCE_US) {
    this.#patienceUs = patienceUs;
    this.#since = now;
    this.#dueAt = now;
  }

  get outcome(): Dialled | undefined {
    return this.#outcome;
  }

  /** When to tick next. */
  get dueAt(): number {
    return this.#outcome === undefined ? this.#dueAt : Number.POSITIVE_INFINITY;
  }

  /** @returns the number and token of the SYN that leaves now, if one does. */
  tick(now: number): { readonly number: number; readonly token: Uint8Array } | undefined {
    if (this.#outcome !== undefined || now < this.#dueAt) return undefined;
    const number = this.#saidAt.length;
    if (now - this.#since >= this.#patienceUs) {
      this.#outcome = { type: 'unanswered', tries: number };
      return undefined;
    }
    this.#saidAt.push(now);
    this.#dueAt = Math.min(now + this.#waitUs, this.#since + this.#patienceUs);
    this.#waitUs = Math.min(2 * this.#waitUs, MOST_WAIT_US);
    return { number, token: this.#token };
  }

  /** @param number of the SYN that is answered. */
  answered(number: number, said: SynAck, now: number): void {
    const saidAt = this.#saidAt[number];
    if (saidAt === undefined || this.#outcome !== undefined) return;
    if (said.type === 'accepted') {
      this.#outcome = { type: 'accepted', terms: said, rttUs: now - saidAt };
    } else if (this.#tokens < MOST_TOKENS && number >= this.#tokenFor) {
      this.#tokens += 1;
      this.#tokenFor = this.#saidAt.length;
      this.#token = said.token;
      this.#waitUs = FIRST_WAIT_US;
      this.#dueAt = now;
    }
  }
}
