/** What a download tells those of its sources who show it part of what they have: what is here by now. Pure. */
import type { Ranges } from '#src/domain/content/chunk-set.js';
import type { PeerId } from '#src/domain/ids.js';

/** A message for each chunk would cost more than it brings: whoever shows chunks counts on those that were asked for. */
const TELL_MS = 250;

type Listener = {
  /** Whether it wants to hear; undefined until it has answered. */
  isListening: boolean | undefined;
  untold: number[];
};

export class SaidHoldings {
  readonly #listeners = new Map<PeerId, Listener>();
  #toldAt = Number.NEGATIVE_INFINITY;

  /** It was told all that is here, and asked what it has. */
  asked(peer: PeerId): void {
    this.#listeners.set(peer, { isListening: undefined, untold: [] });
  }

  /** Its first answer says whether it wants to hear more. */
  answered(peer: PeerId, wants: boolean): void {
    const listener = this.#listeners.get(peer);
    if (listener === undefined || listener.isListening !== undefined) return;
    listener.isListening = wants;
    if (!wants) this.#listeners.delete(peer);
  }

  gone(peer: PeerId): void {
    this.#listeners.delete(peer);
  }

  gained(index: number): void {
    for (const { untold } of this.#listeners.values()) untold.push(index);
  }

  /** What is to be told now, if it is time: each chunk once to each. */
  take(now: number): readonly { readonly peer: PeerId; readonly ranges: Ranges }[] {
    if (now - this.#toldAt < TELL_MS) return [];
    this.#toldAt = now;
    const told: { peer: PeerId; ranges: Ranges }[] = [];
    for (const [peer, listener] of this.#listeners) {
      if (listener.isListening !== true || listener.untold.length === 0) continue;
      told.push({ peer, ranges: rangesOf(listener.untold) });
      listener.untold = [];
    }
    return told;
  }
}

function rangesOf(chunks: readonly number[]): Ranges {
  const ranges: number[] = [];
  for (const index of chunks.toSorted((left, right) => left - right)) {
    const at = ranges.length - 2;
    const end = (ranges[at] ?? 0) + (ranges[at + 1] ?? 0);
    if (at >= 0 && end === index) ranges[at + 1] = (ranges[at + 1] ?? 0) + 1;
    else ranges.push(index, 1);
  }
  return ranges;
}
