/**
 * What others would send to this peer: each offer waits for the user's word, or is taken by the settings `inbox.*`. Nothing
 * is written before it is accepted; what is goes to `Receiving`.
 */
import { dirname, resolve, sep } from 'node:path';
import { checkName } from '#src/domain/content/name.js';
import { P2pError, toRecord } from '#src/domain/errors.js';
import type { PeerId } from '#src/domain/ids.js';
import type { TrustState } from '#src/domain/peers/trust.js';
import { printable } from '#src/domain/printable.js';
import { judgeOffer } from '#src/domain/send/inbox-policy.js';
import type { Obstacle } from '#src/domain/send/obstacles.js';
import {
  type HeardOffer,
  isSameOffer,
  type OfferAnswer,
  type OfferEnd,
  type OfferId,
  type OfferKey,
  offerKey,
} from '#src/domain/send/send-offer.js';
import type { ReceiveRecord } from '#src/io/disk/database-rows.js';
import type { AcceptOptions } from '#src/peer/api.js';
import { targetFor } from '#src/peer/downloads/targets.js';
import type { PeerEvent } from '#src/peer/events.js';
import type { Home } from '#src/peer/home.js';
import { SHORTEST_PREFIX } from '#src/peer/network/naming.js';
import type { OfferRow } from '#src/peer/rows.js';
import type * as Mesh from '#workers/mesh.js';
import { inboxFolder } from './inbox-folder.js';
import type { Joining } from './receive-rest.js';
import type { Receiving } from './receiving.js';

/** Waiting for the user's word: of one sender, and of all, as identities are free. */
const MOST_OF_ONE = 50;
const MOST_OPEN = 500;

/** Those that were turned down, so that they are not shown again when their sender links. */
const MOST_REJECTED = 1000;

export type InboxParts = {
  readonly home: Home;
  readonly receiving: Receiving;
  readonly trustOf: (peer: PeerId) => TrustState;
  /** To a linked peer alone; without a link it is not said. */
  readonly order: (order: Mesh.In) => void;
  readonly tell: (event: PeerEvent, ref?: string) => void;
};

/** Of one offer: a folder that is filled while it is offered is stated anew now and then. */
const MOST_STATED = 20;

type Open = {
  readonly number: number;
  readonly offer: HeardOffer;
  /** How often its sender has stated it, each time otherwise. */
  readonly stated: number;
  /** The user has heard of it as it is. */
  isTold: boolean;
  /** The folder here that it becomes a part of, where it is the rest of what did not come. */
  into?: string | undefined;
};

export class Inbox {
  readonly #parts: InboxParts;
  readonly #open = new Map<OfferKey, Open>();
  readonly #rejected = new Set<OfferKey>();
  /** One after the other: what one takes of the room is known to the next. */
  #judging: Promise<void> = Promise.resolve();
  #last = 0;

  constructor(parts: InboxParts) {
    this.#parts = parts;
  }

  /** Those that wait for the user's word, oldest first. */
  get rows(): readonly OfferRow[] {
    return Array.from(this.#open.values(), rowOf);
  }

  /** One that is proven to be its sender's, to this peer or to all. It may have been here before. */
  hear(offer: HeardOffer): void {
    const { home, receiving, trustOf, tell } = this.#parts;
    const { from, offerId } = offer;
    if (from === home.self.peerId || trustOf(from) === 'blocked') return;
    const key = offerKey(from, offerId);
    if (receiving.heardAgain(offerId, from)) return;
    const isUnwanted = this.#rejected.has(key) || receiving.isGivenUp(from, offerId);
    if (isUnwanted) return this.#answer(from, offerId, 'rejected');
    if (checkName(offer.name, 'posix').kind === 'escape') return;
    const before = this.#open.get(key);
    if (before === undefined && !this.#isRoom(from)) return this.#answer(from, offerId, 'full');
    if (before !== undefined && !isNews(before, offer)) return;
    this.#last += 1;
    const stated = (before?.stated ?? 0) + 1;
    const open = { number: this.#last, offer, stated, isTold: false };
    this.#open.set(key, open);
    // Under a number of its own: what the user says yes to is what he has read.
    if (before?.isTold) tell({ type: 'offer-withdrawn', ...rowOf(before), why: 'changed' });
    this.#judging = this.#judging
      .then(() => this.#judge(open))
      .catch((error: unknown) => tell({ type: 'error', ...toRecord(error) }));
  }

  /**
   * Begins to fetch what was offered. Resolves once that is written down; the download tells of itself.
   * @param word the offer's number, or the beginning of its id. @throws P2pError `not-found`, `bad-name`, `exists`
   */
  async accept(word: string, { to, ref }: AcceptOptions = {}): Promise<OfferRow> {
    const open = this.#called(word);
    const { into } = (await this.#parts.receiving.rest.joining(open.offer)) ?? {};
    if (this.#open.get(keyOf(open)) !== open) throw gone(word);
    const folder = into === undefined ? await inboxFolder(this.#parts.home) : dirname(into) + sep;
    if (to === undefined) await this.#take(open, folder, false, ref, into);
    else await this.#take(open, placeOf(to), false, ref);
    return rowOf(open);
  }

  /**
   * @param word the offer's number, or the beginning of its id.
   * @param obstacle what it is turned down for where no user said no. @throws P2pError `not-found`
   */
  reject(word: string, obstacle?: Obstacle): OfferRow {
    const open = this.#called(word);
    const { offerId, from } = open.offer;
    this.#open.delete(keyOf(open));
    this.#rejected.add(keyOf(open));
    const [oldest] = this.#rejected;
    if (this.#rejected.size > MOST_REJECTED && oldest !== undefined) this.#rejected.delete(oldest);
    this.#answer(from, offerId, 'rejected', obstacle);
    return rowOf(open);
  }

  /** Its sender takes it back, or cannot give it any more. */
  hearEnd(from: PeerId, offerId: OfferId, why: OfferEnd): void {
    const key = offerKey(from, offerId);
    const open = this.#open.get(key);
    if (open === undefined) return this.#parts.receiving.hearEnd(from, offerId, why);
    this.#open.delete(key);
    return this.#parts.tell({ type: 'offer-withdrawn', ...rowOf(open), why });
  }

  async #judge(open: Open): Promise<void> {
    const { home, receiving, trustOf, tell } = this.#parts;
    const { offer } = open;
    const { inbox } = home.settings;
    const used = await receiving.unasked();
    if (this.#open.get(keyOf(open)) !== open) return;
    const joining = await receiving.rest.joining(offer);
    if (this.#open.get(keyOf(open)) !== open) return;
    open.into = joining?.into;
    if (joining?.isAsked === true) return this.#join(open, joining);
    const judged = judgeOffer(offer, trustOf(offer.from), used, inbox);
    const why = judged.verdict === 'ask' ? judged.why : await this.#hindrance(open, joining);
    if (this.#open.get(keyOf(open)) !== open) return;
    const isTaken = judged.verdict === 'accept' && why === undefined;
    if (isTaken && joining !== undefined) return this.#join(open, joining);
    open.isTold = true;
    tell({ type: 'offer-received', ...rowOf(open), isTaken, ...(why !== undefined && { why }) });
    if (isTaken) await this.#take(open, await inboxFolder(this.#parts.home), true);
  }

  /** @returns why it cannot be taken, though the settings would have it: its user decides then. */
  async #hindrance(
    { offer: { draft, name } }: Open,
    joining: Joining | undefined,
  ): Promise<string | undefined> {
    if (joining?.isUnasked === false) return 'it goes into a folder that was accepted by hand';
    try {
      await targetFor(
        draft,
        name,
        this.#parts.home.folders.downloads,
        await inboxFolder(this.#parts.home),
      );
      this.#parts.receiving.requireUnknown(draft);
      return undefined;
    } catch (error) {
      return toRecord(error).message;
    }
  }

  /** Into what is here, by the user's word or where the settings have that and this. */
  async #join(open: Open, joining: Joining): Promise<void> {
    open.isTold = true;
    this.#parts.tell({ type: 'offer-received', ...rowOf(open), isTaken: true });
    await this.#take(open, dirname(joining.into) + sep, joining.isUnasked, undefined, joining.into);
  }

  async #take(
    open: Open,
    to: string,
    isUnasked: boolean,
    ref?: string,
    into?: string,
  ): Promise<void> {
    const { offerId, from, fromName, name, draft, bytes, files, at, rest } = open.offer;
    // What cannot be put there is refused while the offer is still open.
    await targetFor(draft, name, this.#parts.home.folders.downloads, to);
    if (this.#open.get(keyOf(open)) !== open) throw gone(String(open.number));
    this.#parts.receiving.requireUnknown(draft);
    this.#open.delete(keyOf(open));
    this.#parts.receiving.rest.taken(open.offer);
    const isPrivate = open.offer.to !== undefined;
    const id = open.offer.id ?? ('' as const);
    const content = { name, draft, id, bytes, files, isPrivate, ...(at && { where: at }) };
    const begun = { state: 'accepted', at: Date.now(), isUnasked, path: '', receipt: '' } as const;
    const first = { ...(rest && { rest }), ...(into && { into }), offeredBytes: bytes };
    const record: ReceiveRecord = { offerId, from, fromName, to, ...content, ...first, ...begun };
    try {
      await this.#parts.receiving.accept(record);
    } catch (error) {
      this.#open.set(keyOf(open), open);
      throw error;
    }
    this.#parts.tell({ type: 'offer-accepted', ...rowOf(open) }, ref);
  }

  #answer(peerId: PeerId, offerId: OfferId, answer: OfferAnswer, obstacle?: Obstacle): void {
    const why = obstacle === undefined ? {} : { obstacle };
    const message = { type: 'send-answer', offerId, answer, ...why } as const;
    this.#parts.order({ type: 'tell', peerId, message });
  }

  #called(word: string): Open {
    const all = [...this.#open.values()];
    const byNumber = all.filter(({ number }) => String(number) === word);
    const isPrefix = word.length >= SHORTEST_PREFIX;
    const byId = isPrefix ? all.filter(({ offer }) => offer.offerId.startsWith(word)) : [];
    const [open, ...others] = byNumber.length > 0 ? byNumber : byId;
    if (open === undefined || others.length > 0) throw gone(word);
    return open;
  }

  /** Whoever invents identities keeps nobody out whom the user trusts. */
  #isRoom(from: PeerId): boolean {
    const own = [...this.#open.values()].filter(({ offer }) => offer.from === from).length;
    if (own >= MOST_OF_ONE) return false;
    return this.#open.size < MOST_OPEN || this.#parts.trustOf(from) === 'trusted';
  }
}

/** Absolute, since it is remembered; a separator at its end says that it goes inside. */
function placeOf(to: string): string {
  return resolve(to) + (/[/\\]$/.test(to) ? sep : '');
}

function isNews({ offer: before, stated }: Open, offer: HeardOffer): boolean {
  return !isSameOffer(before, offer) && stated < MOST_STATED;
}

function keyOf({ offer }: Open): OfferKey {
  return offerKey(offer.from, offer.offerId);
}

function gone(word: string): P2pError {
  const elsewhere = 'what was accepted is put elsewhere by `download NAME --to DIR`';
  const why = `no offer ${printable(word)} is open: \`offers\` lists them, and ${elsewhere}`;
  return new P2pError('not-found', why);
}

function rowOf({ number, offer, into }: Open): OfferRow {
  const { to, draft: _, at: __, rest: ___, id = null, ...about } = offer;
  const where = into === undefined ? {} : { into };
  return { number, ...about, id, private: to !== undefined, ...where };
}
