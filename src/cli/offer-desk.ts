/** Where offers are decided on that no setting takes: asked about one after the other, or turned down where nobody can be. */

import { toRecord } from '#src/domain/errors.js';
import { printable } from '#src/domain/printable.js';
import type { OfferId } from '#src/domain/send/send-offer.js';
import type { Peer } from '#src/peer/api.js';
import type { PeerEvent } from '#src/peer/events.js';
import { offerText } from './offer-sentences.js';
import { complain, type ProcessStreams } from './process-streams.js';
import type { Asker, YesNo } from './yes-no.js';

type Offer = Extract<PeerEvent, { type: 'offer-received' }>;

export type OfferDeskParts = {
  readonly peer: Pick<Peer, 'accept' | 'reject'>;
  /** Without one nobody can be asked. */
  readonly asker: Asker | undefined;
  readonly streams: Pick<ProcessStreams, 'stdout' | 'stderr'>;
  readonly isJson: boolean;
  /** Whether no other offer is asked about, as one is being fetched. */
  readonly isBusy: () => boolean;
  /** Nobody will say yes any more. */
  readonly onNobody: () => void;
};

export class OfferDesk {
  readonly #parts: OfferDeskParts;
  readonly #waiting: Offer[] = [];
  #asked: Offer | undefined;

  constructor(parts: OfferDeskParts) {
    this.#parts = parts;
  }

  put(offer: Offer): void {
    if (this.#parts.asker === undefined) return void this.#settle(offer, 'no');
    this.#waiting.push(offer);
    this.next();
  }

  /** It is none of those that are waited for, and nobody is asked. */
  refuse(offer: Offer): void {
    void this.#carryOut(() => this.#parts.peer.reject(String(offer.number), { isUnasked: true }));
  }

  /** It cannot be had any more. */
  withdraw(offerId: OfferId): void {
    const at = this.#waiting.findIndex((offer) => offer.offerId === offerId);
    if (at !== -1) this.#waiting.splice(at, 1);
    if (this.#asked?.offerId !== offerId) return;
    this.#asked = undefined;
    this.#parts.asker?.withdraw();
    this.next();
  }

  /** Asks about the oldest, unless somebody is being asked. */
  next(): void {
    const { asker, isBusy, streams, isJson } = this.#parts;
    if (this.#asked !== undefined || isBusy() || asker === undefined) return;
    const offer = this.#waiting.shift();
    if (offer === undefined) return;
    this.#asked = offer;
    if (!isJson) streams.stdout.write(`${offerText(offer)}. Take it? (y/n)\n`);
    const unclear = () => {
      if (!isJson) streams.stdout.write('Please type y or n, and Enter.\n');
    };
    void asker.ask(unclear).then((answer) => this.#answered(offer, answer));
  }

  async #answered(offer: Offer, answer: YesNo): Promise<void> {
    if (this.#asked !== offer) return;
    this.#asked = undefined;
    await this.#settle(offer, answer);
    if (answer === 'nobody') this.#parts.onNobody();
    else this.next();
  }

  #settle({ number, name }: Offer, answer: YesNo): Promise<void> {
    const { peer, streams, asker } = this.#parts;
    return this.#carryOut(async () => {
      if (answer === 'yes') {
        await peer.accept(String(number));
        return;
      }
      const isUnasked = asker === undefined || answer === 'nobody';
      await peer.reject(String(number), { isUnasked });
      if (asker !== undefined) return;
      const why = `${printable(name)} was turned down: nobody can be asked, and --accept does not take it`;
      complain(streams.stderr, new Error(why));
    });
  }

  /** One that its sender took back in this moment is nobody's any more. */
  async #carryOut(work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (toRecord(error).code !== 'closed') complain(this.#parts.streams.stderr, error);
    }
  }
}
