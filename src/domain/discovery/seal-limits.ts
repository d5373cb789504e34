/**
 * Which sealed datagrams are worth opening. Opening costs 50 us, and only then is known whether a member sent it: so what
 * each source sends is limited before that, and what comes from where no member was heard yet, of all together.
 */
import { type Bucket, type Rate, takeToken } from '#src/domain/rates/token-bucket.js';

/**
 * Four times what an announcer may say (2 a second, 8 at once): each announcement comes by broadcast and by multicast,
 * and a machine may have more than one peer.
 */
const SOURCE: Rate = { perSecond: 8, burst: 32 };

/** 1,000 a second are a twentieth of one core; all at once hold up the thread of discovery for 25 ms. */
const STRANGERS: Rate = { perSecond: 1000, burst: 500 };

/** As many as are remembered of open announcements. */
const SOURCES = 1024;

export class SealLimits {
  /** Whoever was heard last is last. */
  readonly #sources = new Map<string, Bucket>();
  /** Where members have been heard: what comes from there is opened even while garbage comes from everywhere. */
  readonly #members = new Set<string>();
  #strangers: Bucket | undefined;

  /**
   * @param source undefined for this very machine: all its peers share the address.
   * @param now monotonic milliseconds.
   */
  mayOpen(source: string | undefined, now: number): boolean {
    if (source !== undefined && !this.#takeOf(source, now)) return false;
    if (source !== undefined && this.#members.has(source)) return true;
    const strangers = takeToken(this.#strangers, STRANGERS, now);
    this.#strangers = strangers ?? this.#strangers;
    return strangers !== undefined;
  }

  /** A member had sealed what came from there. */
  wasSound(source: string | undefined): void {
    if (source === undefined) return;
    this.#members.delete(source);
    this.#members.add(source);
    forgetOldest(this.#members);
  }

  #takeOf(source: string, now: number): boolean {
    const bucket = takeToken(this.#sources.get(source), SOURCE, now);
    if (bucket === undefined) return false;
    this.#sources.delete(source);
    this.#sources.set(source, bucket);
    forgetOldest(this.#sources);
    return true;
  }
}

function forgetOldest(sources: Map<string, Bucket> | Set<string>): void {
  const [oldest] = sources.keys();
  if (sources.size > SOURCES && oldest !== undefined) sources.delete(oldest);
}
