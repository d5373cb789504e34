/** Whether the sender of something gives it just now, as the downloads are told. */
import type { PeerId } from '#src/domain/ids.js';
import type { Downloads } from '#src/peer/downloads/downloads.js';
import { describedPeer } from '#src/peer/network/naming.js';
import type { Givers } from './givers.js';
import type { Receive } from './receive-book.js';

export class ReceiveGivers {
  readonly #givers: Givers;
  readonly #downloads: Pick<Downloads, 'holdBack'>;

  constructor(givers: Givers, downloads: Pick<Downloads, 'holdBack'>) {
    this.#givers = givers;
    this.#downloads = downloads;
  }

  /** He has it. */
  given({ record: { draft, id, from } }: Receive): void {
    this.#givers.add(draft, from as PeerId);
    if (id !== '') this.#givers.add(id, from as PeerId);
  }

  /** He has it no more, and nothing waits for him. */
  ungiven(receive: Receive): void {
    this.#remove(receive);
    this.#holdBack(receive, false);
  }

  /** He gives nothing of it until he goes on. */
  pause(receive: Receive, isPaused: boolean): void {
    if (isPaused) this.#remove(receive);
    this.#holdBack(receive, isPaused);
    if (!isPaused) this.given(receive);
  }

  #remove({ record: { draft, id, from } }: Receive): void {
    this.#givers.remove(draft, from as PeerId);
    if (id !== '') this.#givers.remove(id, from as PeerId);
  }

  #holdBack(receive: Receive, isHeldBack: boolean): void {
    if (receive.isHeldBack === isHeldBack) return;
    receive.isHeldBack = isHeldBack;
    this.#downloads.holdBack(receive.record.draft, isHeldBack ? senderOf(receive) : undefined);
  }
}

export function senderOf({ record: { from, fromName } }: Receive): string {
  return describedPeer({ peerId: from as PeerId, name: fromName, host: '', port: 0 });
}
