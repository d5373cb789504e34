/** Links with those whom something is sent to, as long as it is on its way. */
import { P2pError } from '#src/domain/errors.js';
import type { PeerId } from '#src/domain/ids.js';
import type { NamedPeer } from '#src/peer/network/naming.js';
import type { Reaching } from '#src/peer/network/reaching.js';
import type { Send } from './send-book.js';

export type SendLinksParts = {
  readonly reaching: Pick<Reaching, 'reach'>;
  /** As what it is known; undefined where it is not, or is blocked. */
  readonly known: (peer: PeerId) => NamedPeer | undefined;
};

export class SendLinks {
  readonly #parts: SendLinksParts;
  #isClosed = false;

  constructor(parts: SendLinksParts) {
    this.#parts = parts;
  }

  /**
   * @param mayWait it is offered when he is back, where he is away
   * @returns what says that the link is needed no more; undefined where there is none yet. @throws P2pError `offline`
   */
  async reach(to: NamedPeer, mayWait: boolean): Promise<(() => void) | undefined> {
    try {
      return await this.#parts.reaching.reach(to);
    } catch (error) {
      const isAway = error instanceof P2pError && error.code === 'offline';
      if (isAway && mayWait) return undefined;
      if (!isAway) throw error;
      const message = `${error.message}: with --when-back it is offered once he is`;
      throw new P2pError('offline', message, { cause: error });
    }
  }

  /** With the one it is for, where he is there. */
  async hold(send: Send): Promise<void> {
    const peer = this.#parts.known(send.record.to as PeerId);
    const release = peer && (await this.reach(peer, true).catch(() => undefined));
    if (send.record.isOpen && !this.#isClosed) send.release = release;
    else release?.();
  }

  close(): void {
    this.#isClosed = true;
  }
}
