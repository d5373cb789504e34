/** Which parts of a download are here: asked for as it moves, and made a picture. Pure, but for the asking. */
import type { ChunkMap } from '#src/domain/content/chunk-map.js';
import type { ContentId } from '#src/domain/ids.js';
import type { Ask } from '#web/api/answers.js';
import { AskError } from '#web/api/failure.js';
import { Cell } from './cell.js';

/** Of one download. */
export class WatchedMap {
  readonly map = new Cell<ChunkMap | undefined>(undefined);
  readonly #ask: Ask;
  readonly #share: ContentId;
  #isAsking = false;
  #isWantedAgain = false;

  constructor(ask: Ask, share: ContentId) {
    this.#ask = ask;
    this.#share = share;
  }

  /** One at a time: what moves meanwhile is asked for after it. */
  async moved(): Promise<void> {
    this.#isWantedAgain = this.#isAsking;
    if (this.#isAsking) return;
    this.#isAsking = true;
    try {
      do {
        this.#isWantedAgain = false;
        this.map.set(await this.#ask('getChunkMap', { share: this.#share }));
      } while (this.#isWantedAgain);
    } catch (error) {
      // The peer is gone, which is shown elsewhere.
      if (!(error instanceof AskError)) throw error;
    } finally {
      this.#isAsking = false;
    }
  }
}

/** @returns of how much, from its beginning on, nothing lacks: between 0 and 1. */
export function wholeUpTo({ cells }: ChunkMap): number {
  const gap = cells.findIndex((cell) => cell < 100);
  return gap === -1 ? 1 : gap / cells.length;
}

/** @returns a background of CSS: what is here in the colour of the style sheet, what lacks in none. */
export function gradientOf({ cells }: ChunkMap): string {
  const stops: string[] = [];
  for (let at = 0; at < cells.length; ) {
    const level = cells[at] ?? 0;
    const first = at;
    while (at < cells.length && cells[at] === level) at += 1;
    const [from, to] = [first, at].map((edge) => `${round((edge / cells.length) * 100)}%`);
    stops.push(`${colourOf(level)} ${from} ${to}`);
  }
  return `linear-gradient(to right, ${stops.join(', ')})`;
}

function colourOf(level: number): string {
  return `color-mix(in srgb, var(--accent) ${level}%, transparent)`;
}

function round(percent: number): number {
  return Math.round(percent * 100) / 100;
}
