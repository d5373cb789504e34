/**
 * How large packets may be: what every way carries, until a larger one was proven; then that, until it gets through no
 * more (RFC 8899, without its "don't fragment": nothing larger than the interface's own packets is ever tried).
 */

/** UDP payloads that every way is expected to carry (RFC 9000, section 14). */
export const BASE_BYTES = 1200;

/** What common ways carry: Ethernet over IPv4 and IPv6, tunnels, the least that IPv6 allows less its headers. */
const USUAL = [8952, 4432, 1472, 1452, 1400, 1320, 1232] as const;

/** RFC 8899, section 5.1.2: tries for a size, and the time until larger ones are tried again. */
const TRIES = 3;
const AGAIN_US = 600_000_000;

/** A size that worked and stopped is tried again sooner; twice as late each time. */
const AGAIN_AFTER_FALL_US = 5_000_000;

/** So at most 640 s later, about as late as larger ones are tried again anyway. */
const MOST_DOUBLINGS = 7;

/**
 * Lost in a row, and none of the size arriving for so long: by chance hardly where one in two is lost. A buffer that
 * overflows loses as many at once, but not for so long.
 */
const HOLE_PACKETS = 24;
const HOLE_US = 500_000;

export class PacketSize {
  readonly #limit: number;
  #bytes = BASE_BYTES;
  /** Sizes to be tried, the largest first. */
  #candidates: number[];
  #tries = 0;
  #isTrying = false;
  #tryAt = 0;
  #lostInARow = 0;
  #arrivedAt = 0;
  #falls = 0;

  /** @param limit what both ends' interfaces carry, in bytes of payload. */
  constructor(limit: number) {
    this.#limit = limit;
    this.#candidates = this.#above(BASE_BYTES);
  }

  /** Bytes of a datagram that may be sent. */
  get bytes(): number {
    return this.#bytes;
  }

  /** @returns the size to be tried now, if any. */
  toTry(now: number): number | undefined {
    return this.#isTrying || now < this.#tryAt ? undefined : this.#candidates[0];
  }

  tried(): void {
    this.#isTrying = true;
    this.#tries += 1;
  }

  /** A packet of that size arrived. @returns whether packets have become larger by it. */
  arrived(bytes: number, isProbe: boolean, now: number): boolean {
    if (bytes > BASE_BYTES) {
      this.#lostInARow = 0;
      this.#arrivedAt = now;
    }
    if (!isProbe) return false;
    this.#isTrying = false;
    this.#tries = 0;
    if (bytes <= this.#bytes) return false;
    this.#bytes = bytes;
    // Larger ones have failed already.
    this.#candidates = this.#above(bytes);
    this.#tryAt = now + AGAIN_US;
    return true;
  }

  /** @returns whether packets have become smaller by it. */
  lost(bytes: number, isProbe: boolean, now: number): boolean {
    if (isProbe) {
      this.#isTrying = false;
      if (this.#tries >= TRIES) this.#giveUp(now);
      return false;
    }
    if (bytes <= BASE_BYTES || bytes > this.#bytes) return false;
    this.#lostInARow += 1;
    const isHole = this.#lostInARow >= HOLE_PACKETS && now - this.#arrivedAt >= HOLE_US;
    return isHole && this.fall(now);
  }

  /** Nothing larger gets through any more. @returns whether packets have become smaller by it. */
  fall(now: number): boolean {
    if (this.#bytes === BASE_BYTES) return false;
    this.#bytes = BASE_BYTES;
    this.#lostInARow = 0;
    this.#candidates = this.#above(BASE_BYTES);
    this.#tryAt = now + AGAIN_AFTER_FALL_US * 2 ** Math.min(this.#falls, MOST_DOUBLINGS);
    this.#falls += 1;
    return true;
  }

  #giveUp(now: number): void {
    this.#tries = 0;
    this.#candidates.shift();
    if (this.#candidates.length > 0) return;
    this.#candidates = this.#above(this.#bytes);
    this.#tryAt = now + AGAIN_US;
  }

  #above(bytes: number): number[] {
    const smaller = USUAL.filter((size) => size < this.#limit && size > bytes);
    return this.#limit > bytes ? [this.#limit, ...smaller] : [];
  }
}
