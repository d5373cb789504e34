/** What a source was told of how much this download matters among all that this peer fetches from it. */
import { HEARS_PRIORITY, type Priority } from '#src/domain/send/transfer.js';
import type { Session } from '#src/io/net/session.js';

/** How much this source may bring where another one may bring 1, and how much that matters. */
export type Weighed = { readonly weight: number; readonly priority: Priority };

export class SaidPriority {
  /** What goes without saying. */
  #said: Priority = 'normal';

  /** A source that would not understand it is told nothing: it would end the session. */
  tell(session: Pick<Session, 'peer' | 'send'> | undefined, priority: Priority): void {
    if (priority === this.#said || !session?.peer.features.includes(HEARS_PRIORITY)) return;
    this.#said = priority;
    session.send({ type: 'prefer', priority });
  }
}
