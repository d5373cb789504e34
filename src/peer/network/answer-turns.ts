/**
 * Answers that wait for their time. Askers say themselves how long they may: so few wait for one asker, and where there
 * are too many the one that has to wait longest goes without, so that nobody can take all places for long.
 */
import type { PeerId } from '#src/domain/ids.js';

/** In all: dials to answer are 2 a second, so that more would mostly wait for nothing. */
const MOST_WAITING = 64;

/** More questions than that are not asked within the time that answers wait. */
const MOST_OF_ONE = 4;

type Turn = { readonly asker: PeerId; readonly dueAt: number; readonly timer: NodeJS.Timeout };

export class AnswerTurns {
  readonly #turns = new Set<Turn>();

  /** @param act is called after `waitMs`, or never if others come sooner. */
  wait(asker: PeerId, waitMs: number, act: () => void): void {
    const ofHim = [...this.#turns].filter((turn) => turn.asker === asker);
    if (ofHim.length >= MOST_OF_ONE) return;
    const timer = setTimeout(() => {
      this.#turns.delete(turn);
      act();
    }, waitMs);
    const turn = { asker, dueAt: performance.now() + waitMs, timer };
    this.#turns.add(turn);
    if (this.#turns.size > MOST_WAITING) this.#dropLast();
  }

  close(): void {
    for (const { timer } of this.#turns) clearTimeout(timer);
    this.#turns.clear();
  }

  #dropLast(): void {
    const [last] = [...this.#turns].toSorted((one, other) => other.dueAt - one.dueAt);
    if (last === undefined) return;
    clearTimeout(last.timer);
    this.#turns.delete(last);
  }
}
