/**
 * Whether the other end of a session is alive: asks after a while of silence, gives up after a longer one.
 * Silence is counted in ticks of our own, so that a suspended process finds nobody dead when it wakes.
 */
import { P2pError } from '#src/domain/errors.js';
import { everyTick } from './shared-ticks.js';

/** How finely silence is measured. */
const TICKS_PER_PING = 10;

export type PulseOptions = {
  readonly pingMs: number;
  readonly deadAfterMs: number;
  readonly ping: () => void;
  /** While we do not read, silence says nothing about the other. */
  readonly isPaused: () => boolean;
  readonly onDead: (why: P2pError) => void;
};

export class Pulse {
  readonly #options: PulseOptions;
  #silentTicks = 0;
  #signs = 0;
  #endTicks: () => void = () => undefined;
  #probing: NodeJS.Timeout | undefined;

  constructor(options: PulseOptions) {
    this.#options = options;
  }

  /** A sign of life: it sent something, or took something. */
  sign(): void {
    this.#silentTicks = 0;
    this.#signs += 1;
  }

  start(): void {
    const { pingMs, deadAfterMs } = this.#options;
    const tickMs = pingMs / TICKS_PER_PING;
    const deadTicks = Math.ceil(deadAfterMs / tickMs);
    this.#endTicks = everyTick(tickMs, () => this.#tick(deadTicks));
  }

  /** Asks for a sign of life now; silence for `withinMs` is death. */
  probe(withinMs: number): void {
    if (this.#probing !== undefined) return;
    const before = this.#signs;
    const judge = () => {
      this.#probing = undefined;
      if (this.#signs !== before || this.#options.isPaused()) return;
      this.#options.onDead(new P2pError('timed-out', 'it did not answer when asked'));
    };
    // One more turn of the loop: an answer may lie unread where this process was suspended.
    this.#probing = setTimeout(() => setImmediate(judge), withinMs);
    this.#options.ping();
  }

  stop(): void {
    this.#endTicks();
    clearTimeout(this.#probing);
  }

  #tick(deadTicks: number): void {
    this.#silentTicks = this.#options.isPaused() ? 0 : this.#silentTicks + 1;
    if (this.#silentTicks >= deadTicks) {
      this.#options.onDead(new P2pError('timed-out', 'it fell silent'));
    } else if (this.#silentTicks > 0 && this.#silentTicks % TICKS_PER_PING === 0) {
      this.#options.ping();
    }
  }
}
