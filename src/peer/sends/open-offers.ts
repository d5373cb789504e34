/** Offers that wait for the user's word: of each sender some, of all more, and each under a number of its own. */
import { P2pError } from '#src/domain/errors.js';
import type { PeerId } from '#src/domain/ids.js';
import type { TrustState } from '#src/domain/peers/trust.js';
import { printable } from '#src/domain/printable.js';
import {
  type HeardOffer,
  isSameOffer,
  type OfferKey,
  offerKey,
} from '#src/domain/send/send-offer.js';
import { SHORTEST_PREFIX } from '#src/peer/network/naming.js';
import type { OfferRow } from '#src/peer/rows.js';
import { OfferNumbers, type OfferNumbersParts } from './offer-numbers.js';

/** Waiting for the user's word: of one sender, and of all, as identities are free. */
const MOST_OF_ONE = 50;
const MOST_OPEN = 500;

/** Of one offer: a folder that is filled while it is offered is stated anew now and then. */
const MOST_STATED = 20;

export type Open = {
  readonly number: number;
  readonly offer: HeardOffer;
  /** How often its sender has stated it, each time otherwise. */
  readonly stated: number;
  /** The user has heard of it as it is. */
  isTold: boolean;
  /** The folder here that it becomes a part of, where it is the rest of what did not come. */
  into?: string | undefined;
};

export class OpenOffers {
  readonly #trustOf: (peer: PeerId) => TrustState;
  readonly #numbers: OfferNumbers;
  readonly #open = new Map<OfferKey, Open>();

  constructor(parts: OfferNumbersParts, trustOf: (peer: PeerId) => TrustState) {
    this.#numbers = new OfferNumbers(parts);
    this.#trustOf = trustOf;
  }

  read(): Promise<void> {
    return this.#numbers.read();
  }

  /** Oldest first. */
  get rows(): readonly OfferRow[] {
    const rows = Array.from(this.#open.values(), rowOf);
    return rows.toSorted((one, other) => one.number - other.number);
  }

  get(key: OfferKey): Open | undefined {
    return this.#open.get(key);
  }

  get all(): readonly Open[] {
    return [...this.#open.values()];
  }

  of(peer: PeerId): readonly Open[] {
    return this.all.filter(({ offer }) => offer.from === peer);
  }

  /** Whether it waits still, as it was stated last. */
  has(open: Open): boolean {
    return this.#open.get(keyOf(open)) === open;
  }

  /** @param before as it was stated until now. @returns it, under the number that it has then. */
  add(offer: HeardOffer, before: Open | undefined): Open {
    const stated = (before?.stated ?? 0) + 1;
    const open = { number: this.#numbers.of(offer), offer, stated, isTold: false };
    this.#open.set(keyOf(open), open);
    return open;
  }

  /** It could not be taken: it waits on. */
  putBack(open: Open): void {
    this.#open.set(keyOf(open), open);
  }

  /** For now, as it may be put back. */
  takeOut(open: Open): void {
    this.#open.delete(keyOf(open));
  }

  /** It waits no more, and nothing is called by its number again. */
  end(open: Open): void {
    this.takeOut(open);
    this.#numbers.forget(keyOf(open));
  }

  /** @param word its number, or the beginning of its id. @throws P2pError `not-found` */
  called(word: string): Open {
    const { all } = this;
    const byNumber = all.filter(({ number }) => String(number) === word);
    const isPrefix = word.length >= SHORTEST_PREFIX;
    const byId = isPrefix ? all.filter(({ offer }) => offer.offerId.startsWith(word)) : [];
    const [open, ...others] = byNumber.length > 0 ? byNumber : byId;
    if (open === undefined || others.length > 0) throw gone(word);
    return open;
  }

  /** Whoever invents identities keeps nobody out whom the user trusts. */
  isRoom(from: PeerId): boolean {
    if (this.of(from).length >= MOST_OF_ONE) return false;
    return this.#open.size < MOST_OPEN || this.#trustOf(from) === 'trusted';
  }

  /** Resolves once all is stored. */
  close(): Promise<void> {
    return this.#numbers.close();
  }

  /** Resolves once the numbers that were given are stored: then they may be shown. */
  numbered(): Promise<void> {
    return this.#numbers.written();
  }
}

export function isNews({ offer: before, stated }: Open, offer: HeardOffer): boolean {
  return !isSameOffer(before, offer) && stated < MOST_STATED;
}

export function keyOf({ offer }: Open): OfferKey {
  return offerKey(offer.from, offer.offerId);
}

export function gone(word: string): P2pError {
  const elsewhere = 'what was accepted is put elsewhere by `download NAME --to DIR`';
  const why = `no offer ${printable(word)} is open: \`offers\` lists them, and ${elsewhere}`;
  return new P2pError('not-found', why);
}

export function rowOf({ number, offer, into }: Open): OfferRow {
  const { to, draft: _, at: __, rest: ___, id = null, ...about } = offer;
  const where = into === undefined ? {} : { into };
  return { number, ...about, id, private: to !== undefined, ...where };
}
