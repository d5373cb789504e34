/** What is to be done for what is said to everybody, gathered until whoever runs it takes it. */
import type { PeerId } from '#src/domain/ids.js';
import type { BroadcastEffect } from '#src/domain/mesh/broadcast.js';
import type { BroadcastMessage } from '#src/domain/mesh/broadcast-message.js';
import type { HistoryMessage, HistorySend } from '#src/domain/mesh/history-sync.js';
import type { MeshNews } from '#src/domain/mesh/said-news.js';

export type GossipWord =
  /** To a neighbour, or to whom it was said that he is none. */
  | {
      readonly type: 'send';
      readonly to: PeerId;
      readonly message: BroadcastMessage | HistoryMessage;
    }
  | { readonly type: 'news'; readonly news: MeshNews };

export class GossipWords {
  #words: GossipWord[] = [];

  tell(news: MeshNews): void {
    this.#words.push({ type: 'news', news });
  }

  /** What is delivered was judged and shown before. */
  spread(effects: readonly BroadcastEffect[]): void {
    for (const effect of effects) if (effect.type === 'send') this.#words.push(effect);
  }

  sendAll(all: readonly HistorySend[]): void {
    for (const { to, message } of all) this.#words.push({ type: 'send', to, message });
  }

  /** @returns all of it; from now on there is none. */
  taken(): readonly GossipWord[] {
    const words = this.#words;
    this.#words = [];
    return words;
  }
}
