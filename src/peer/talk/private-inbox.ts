/**
 * Private messages to this peer: each is stored once, then told, then acknowledged. One that comes again, because its
 * author did not hear that, is acknowledged again and told no more; so is one that was stored as this peer was killed.
 * Another one under the same number is refused: its author's count went back, and what is not here was not stored.
 */
import type { PeerId } from '#src/domain/ids.js';
import type { HeardMessage } from '#src/domain/mesh/said-news.js';
import type { PeerEvent } from '#src/peer/events.js';
import { databaseError } from '#src/peer/shares/share-news.js';
import type * as Mesh from '#workers/mesh.js';
import { type PrivateMessages, privateRow } from './private-messages.js';

/** Waiting for a disk: more are refused. As many as come in some seconds, and less than 5 MB. */
const MOST_QUEUED = 1000;

type Outcome = Extract<Extract<Mesh.In, { type: 'tell' }>['message'], { type: 'told' }>['outcome'];

export type InboxParts = {
  readonly self: PeerId;
  readonly messages: PrivateMessages;
  /** The last message to all that is here. */
  readonly lastToAll: () => number;
  readonly isBlocked: (peer: PeerId) => boolean;
  readonly order: (order: Mesh.In) => void;
  readonly tell: (event: PeerEvent) => void;
};

export class PrivateInbox {
  readonly #parts: InboxParts;
  #queued = 0;
  #writing: Promise<void> = Promise.resolve();

  constructor(parts: InboxParts) {
    this.#parts = parts;
  }

  /** One that the mesh has judged: it is of the peer that told it, and to this one. */
  hear(message: HeardMessage): void {
    // It was on its way as its author was blocked.
    if (this.#parts.isBlocked(message.author)) return;
    if (this.#queued >= MOST_QUEUED) return this.#answer(message, 'full');
    this.#queued += 1;
    this.#writing = this.#writing
      .then(() => this.#take(message))
      .catch((error: Error) => {
        this.#parts.tell(databaseError(error));
        this.#answer(message, 'full');
      })
      .finally(() => {
        this.#queued -= 1;
      });
  }

  /** Resolves once all is stored. */
  async close(): Promise<void> {
    await this.#writing;
  }

  async #take(message: HeardMessage): Promise<void> {
    const { messages, self, tell, lastToAll } = this.#parts;
    if (messages.knows(message)) {
      return this.#answer(message, messages.isStored(message) ? 'stored' : 'refused');
    }
    const kept = await messages.add(message, self, 'received', lastToAll());
    tell({ type: 'message', ...privateRow(kept) });
    await messages.markHeard(message);
    this.#answer(message, 'stored');
  }

  #answer({ author, id }: HeardMessage, outcome: Outcome): void {
    const { order } = this.#parts;
    order({ type: 'tell', peerId: author, message: { type: 'told', id, outcome } });
  }
}
