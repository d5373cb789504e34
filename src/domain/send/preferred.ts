/** What is sent and is to leave before all else, or behind it: its user's word, over everybody it leaves for. Pure. */
import type { ContentId, PeerId } from '#src/domain/ids.js';
import { PRIORITY_WEIGHTS, type Priority } from './transfer.js';

/** One of its ids, of its draft or its content; to everybody where `to` is undefined. */
export type Preferred = {
  readonly id: ContentId;
  readonly to?: PeerId;
  readonly priority: Priority;
};

export class Preferences {
  readonly #byId = new Map<ContentId, readonly Preferred[]>();

  /** All that there are, in place of those before. */
  set(all: readonly Preferred[]): void {
    this.#byId.clear();
    for (const one of all) this.#byId.set(one.id, [...(this.#byId.get(one.id) ?? []), one]);
  }

  /** @returns how much of it leaves for this peer where 1 of another content does; the most of several sends of it. */
  weightOf(id: ContentId, peer: PeerId): number {
    const weights = (this.#byId.get(id) ?? [])
      .filter(({ to }) => to === undefined || to === peer)
      .map(({ priority }) => PRIORITY_WEIGHTS[priority]);
    return weights.length === 0 ? PRIORITY_WEIGHTS.normal : Math.max(...weights);
  }
}
