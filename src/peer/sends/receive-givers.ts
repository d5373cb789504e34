/** Whether the sender of something gives it just now, as the downloads are told. */
import type { PeerId } from '#src/domain/ids.js';
import type { OfferId } from '#src/domain/send/send-offer.js';
import { standstillOf } from '#src/domain/send/standstill.js';
import type { Downloads } from '#src/peer/downloads/downloads.js';
import { describedPeer } from '#src/peer/network/naming.js';
import type { Givers } from './givers.js';
import type { Receive } from './receive-book.js';

export class ReceiveGivers {
  readonly #givers: Givers;
  readonly #heldBack: Pick<Downloads['heldBack'], 'set'>;

  constructor(givers: Givers, heldBack: Pick<Downloads['heldBack'], 'set'>) {
    this.#givers = givers;
    this.#heldBack = heldBack;
  }

  /** Its sender is linked. */
  isHere({ record: { from } }: Receive): boolean {
    return this.#givers.isLinked(from as PeerId);
  }

  /** He has it. */
  given(receive: Receive): void {
    const { draft, id, from, offerId } = receive.record;
    this.#givers.add(draft, from as PeerId, offerId as OfferId);
    if (id !== '') this.#givers.add(id, from as PeerId, offerId as OfferId);
    this.look(receive);
  }

  /** He has it no more, and nothing waits for him. */
  ungiven(receive: Receive): void {
    this.#remove(receive);
    receive.isHeldBack = false;
    this.look(receive);
  }

  /** He gives nothing of it until he goes on. */
  pause(receive: Receive, isPaused: boolean): void {
    receive.isHeldBack = isPaused;
    if (isPaused) this.#remove(receive);
    this.look(receive);
    if (!isPaused) this.given(receive);
  }

  /** He may have come or gone, or be the only one no more. */
  look(receive: Receive): void {
    const { record, isRunning, isHeldBack } = receive;
    const isLinked = this.isHere(receive) || !isRunning;
    const standing = { isPaused: isHeldBack, isLinked, isHisAlone: isHisAlone(receive) };
    const standstill = standstillOf(senderOf(receive), standing);
    if (receive.standstill?.code === standstill?.code) return;
    receive.standstill = standstill;
    this.#heldBack.set(record.draft, standstill);
  }

  #remove({ record: { draft, id, from, offerId } }: Receive): void {
    this.#givers.remove(draft, from as PeerId, offerId as OfferId);
    if (id !== '') this.#givers.remove(id, from as PeerId, offerId as OfferId);
  }
}

/** Nobody else gives what is for one, nor what is not known to be some content yet. */
export function isHisAlone({ record: { isPrivate, id } }: Receive): boolean {
  return isPrivate || id === '';
}

export function senderOf({ record: { from, fromName } }: Receive): string {
  return describedPeer({ peerId: from as PeerId, name: fromName, host: '', port: 0 });
}
