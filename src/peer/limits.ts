/**
 * How fast bytes of contents may move: what the settings say, in place of it what their schedule says for the time of
 * day, and in place of both what the user typed since the start. All threads read it from the same memory.
 */
import type { Settings } from '#config/load.js';
import {
  type LimitKind,
  limitsAt,
  parseScheduled,
  type RateLimits,
} from '#src/domain/rates/limit-schedule.js';
import { RateCells } from '#src/io/net/rate-cells.js';

const MINUTE_MS = 60_000;

export class Limits {
  readonly #cells = new RateCells();
  readonly #settings: RateLimits;
  readonly #schedule;
  readonly #now: () => Date;
  readonly #typed = new Map<LimitKind, number | null>();
  #timer: NodeJS.Timeout | undefined;

  /** @param now the time of the wall. */
  constructor({ limits }: Pick<Settings, 'limits'>, now: () => Date = () => new Date()) {
    this.#settings = {
      upload: limits.uploadBytesPerSecond,
      download: limits.downloadBytesPerSecond,
      peer: limits.perPeerBytesPerSecond,
      background: limits.backgroundBytesPerSecond,
    };
    this.#schedule = limits.schedule.flatMap((text) => parseScheduled(text) ?? []);
    this.#now = now;
    this.#apply();
    this.#follow();
  }

  /** For every thread that moves bytes. */
  get memory(): SharedArrayBuffer {
    return this.#cells.memory;
  }

  /** Those that hold now. */
  get current(): RateLimits {
    const now = this.#now();
    const minute = now.getHours() * 60 + now.getMinutes();
    return {
      ...this.#settings,
      ...limitsAt(this.#schedule, minute),
      ...Object.fromEntries(this.#typed),
    };
  }

  /** Until the end of the peer. @param rate bytes a second, null for no limit, undefined for what the settings say. */
  set(kinds: readonly LimitKind[], rate: number | null | undefined): void {
    for (const kind of kinds) {
      if (rate === undefined) this.#typed.delete(kind);
      else this.#typed.set(kind, rate);
    }
    this.#apply();
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  /** Looks at the clock at the beginning of each minute: it may be set, and a laptop may have slept. */
  #follow(): void {
    if (this.#schedule.length === 0) return;
    const untilNext = MINUTE_MS - (this.#now().getTime() % MINUTE_MS);
    this.#timer = setTimeout(() => {
      this.#apply();
      this.#follow();
    }, untilNext);
  }

  #apply(): void {
    this.#cells.set(this.current);
  }
}
