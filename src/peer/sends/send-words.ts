/** What whoever sends something says of it: to all over the mesh, or to a linked peer alone; without a link it is not said. */
import type { PeerId } from '#src/domain/ids.js';
import { type OfferEnd, type OfferId, saidFailed } from '#src/domain/send/send-offer.js';
import type { SendRecord } from '#src/io/disk/database-rows.js';
import { signOffer } from '#src/io/mesh/tell-signing.js';
import type { Home } from '#src/peer/home.js';
import type * as Mesh from '#workers/mesh.js';
import { offerOf } from './send-rows.js';

export class SendWords {
  readonly #home: Pick<Home, 'self' | 'credentials'>;
  readonly #order: (order: Mesh.In) => void;

  constructor(home: Pick<Home, 'self' | 'credentials'>, order: (order: Mesh.In) => void) {
    this.#home = home;
    this.#order = order;
  }

  /**
   * For the first time, to whom it is for. Who is linked and no neighbour in the mesh yet would not hear what goes over
   * that: what is for all is said to each of them as well.
   */
  offer(record: SendRecord, linked: readonly PeerId[]): void {
    if (record.to !== '') return this.offerTo(record, record.to as PeerId);
    this.#order({ type: 'pass', word: { kind: 'offer', offer: offerOf(record) } });
    for (const peer of linked) this.offerTo(record, peer);
  }

  offerTo(record: SendRecord, peer: PeerId): void {
    const { self, credentials } = this.#home;
    const payload = signOffer(offerOf(record), record.at, self, credentials);
    this.#say(peer, { type: 'send-offer', payload });
  }

  /** Nothing, until it is known. */
  sealed({ offerId: offer, id, bytes, ...files }: SendRecord, peer: PeerId): void {
    if (id === '') return;
    const { failed = [], failedCount = 0 } = files;
    const offerId = offer as OfferId;
    const said = failedCount === 0 ? {} : { failed: saidFailed(failed), failedCount };
    this.#say(peer, { type: 'send-sealed', offerId, id, bytes, ...said });
  }

  /** What he needs to know who has accepted it. */
  standing(record: SendRecord, peer: PeerId): void {
    this.sealed(record, peer);
    if (record.isPaused !== undefined) this.pause(record, peer);
  }

  pause({ offerId, isPaused = false }: SendRecord, peer: PeerId): void {
    this.#say(peer, { type: 'send-pause', offerId: offerId as OfferId, isPaused });
  }

  end(peer: PeerId, offerId: OfferId, why: OfferEnd): void {
    this.#say(peer, { type: 'send-end', offerId, why });
  }

  #say(peerId: PeerId, message: Extract<Mesh.In, { type: 'tell' }>['message']): void {
    this.#order({ type: 'tell', peerId, message });
  }
}
