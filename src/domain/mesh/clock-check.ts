/**
 * Notices that the clock here and those of others are too far apart to hear each other's questions, which are dropped for
 * their age in silence. Evidence is what linked peers sign and say in passing. One is not believed alone, unless the user
 * trusts him; and what is older than other words of its author may be a recording, and counts for nothing. Pure.
 */
import type { ErrorRecord } from '#src/domain/errors.js';
import type { PeerId } from '#src/domain/ids.js';
import { QUERY_LIMITS } from '#src/domain/query/query.js';

/** Somebody who said something a moment ago. */
export type Witness = { readonly author: PeerId; readonly name: string; readonly sentAt: number };

type Said = Witness & {
  /** How far his clock is ahead of the one here; negative where it is behind. */
  readonly aheadMs: number;
};

/** Words take seconds at most over a link, and half a minute where they are asked for again: these mean the same clock. */
const SAME_MS = 60_000;

/** One machine has as many identities as it likes; it needs as many places among our links to be believed. */
const ENOUGH = 3;

/** As many as there are links by default; whoever spoke longest ago goes. */
const MOST_WITNESSES = 128;

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

export class ClockCheck {
  /** The newest word of each. */
  readonly #said = new Map<PeerId, Said>();
  #isTold = false;

  /**
   * A linked peer said something a moment ago.
   * @param now milliseconds since 1970. @returns what the user is to be told, once.
   */
  hear(
    { author, name, sentAt }: Witness,
    isTrusted: boolean,
    now: number,
  ): ErrorRecord | undefined {
    const before = this.#said.get(author);
    if (this.#isTold || (before !== undefined && sentAt <= before.sentAt)) return undefined;
    const said = { author, name, sentAt, aheadMs: sentAt - now };
    this.#note(said);
    if (!isFar(said)) return undefined;
    const alike = [...this.#said.values()].filter((other) => isFar(other) && isAlike(other, said));
    if (!isTrusted && alike.length < ENOUGH) return undefined;
    this.#isTold = true;
    this.#said.clear();
    return troubleOf(isTrusted ? [said] : alike, said.aheadMs);
  }

  #note(said: Said): void {
    this.#said.delete(said.author);
    this.#said.set(said.author, said);
    const [oldest] = this.#said.keys();
    if (this.#said.size > MOST_WITNESSES && oldest !== undefined) this.#said.delete(oldest);
  }
}

function isFar({ aheadMs }: Said): boolean {
  return Math.abs(aheadMs) > QUERY_LIMITS.freshMs;
}

function isAlike(one: Said, other: Said): boolean {
  return Math.abs(one.aheadMs - other.aheadMs) <= SAME_MS;
}

function troubleOf(all: readonly Said[], aheadMs: number): ErrorRecord {
  const names = all.map(({ name, author }) => `${name} (${author.slice(0, 8)})`).join(', ');
  const here = aheadMs > 0 ? 'behind' : 'ahead of';
  const most = QUERY_LIMITS.freshMs / MINUTE_MS;
  return {
    code: 'clock',
    message: `The clock of this machine seems to be ${spanText(Math.abs(aheadMs))} ${here} that of ${names}. \`topo\`, \`find\` and searching the network for a download find nobody whose clock is more than ${most} minutes off: set the one that is wrong`,
  };
}

function spanText(ms: number): string {
  if (ms < 2 * HOUR_MS) return `${Math.round(ms / MINUTE_MS)} minutes`;
  return ms < 2 * DAY_MS ? `${Math.round(ms / HOUR_MS)} hours` : `${Math.round(ms / DAY_MS)} days`;
}
