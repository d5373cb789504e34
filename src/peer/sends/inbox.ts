/**
 * What others would send to this peer: each offer waits for the user's word, or is taken by the settings `inbox.*`. Before
 * it is accepted nothing is written of it but its number, with what the user reads of it, for as long as it waits; what is
 * accepted goes to `Receiving`.
 */
import { dirname, resolve, sep } from 'node:path';
import { checkName } from '#src/domain/content/name.js';
import { toRecord } from '#src/domain/errors.js';
import type { PeerId } from '#src/domain/ids.js';
import type { TrustState } from '#src/domain/peers/trust.js';
import { judgeOffer } from '#src/domain/send/inbox-policy.js';
import type { Obstacle } from '#src/domain/send/obstacles.js';
import {
  type HeardOffer,
  type OfferAnswer,
  type OfferEnd,
  type OfferId,
  offerKey,
} from '#src/domain/send/send-offer.js';
import type { ReceiveRecord } from '#src/io/disk/database-rows.js';
import type { AcceptOptions } from '#src/peer/api.js';
import { targetFor } from '#src/peer/downloads/targets.js';
import type { PeerEvent } from '#src/peer/events.js';
import type { Home } from '#src/peer/home.js';
import type { OfferRow } from '#src/peer/rows.js';
import type * as Mesh from '#workers/mesh.js';
import { inboxFolder } from './inbox-folder.js';
import { Judging } from './judging.js';
import { gone, isNews, keyOf, type Open, OpenOffers, rowOf } from './open-offers.js';
import type { Joining } from './receive-rest.js';
import { firstTurns } from './receive-words.js';
import type { Receiving } from './receiving.js';

export type InboxParts = {
  readonly home: Home;
  readonly receiving: Receiving;
  readonly trustOf: (peer: PeerId) => TrustState;
  /** To a linked peer alone; without a link it is not said. */
  readonly order: (order: Mesh.In) => void;
  readonly tell: (event: PeerEvent, ref?: string) => void;
};

export class Inbox {
  readonly #parts: InboxParts;
  readonly #open: OpenOffers;
  readonly #judging: Judging;

  constructor(parts: InboxParts) {
    this.#parts = parts;
    const { home, tell } = parts;
    this.#open = new OpenOffers({ database: home.database, tell }, parts.trustOf);
    const isOpen = (open: Open) => this.#open.has(open);
    this.#judging = new Judging({ judge: (open) => this.#judge(open), isOpen, tell });
  }

  /** Before anybody is heard. */
  read(): Promise<void> {
    return this.#open.read();
  }

  /** Resolves once all is stored. */
  async close(): Promise<void> {
    await this.#judging.ended();
    await this.#open.close();
  }

  /** Those that wait for the user's word, oldest first. */
  get rows(): readonly OfferRow[] {
    return this.#open.rows;
  }

  /** One that is proven to be its sender's, to this peer or to all. It may have been here before. */
  hear(offer: HeardOffer): void {
    const { home, receiving, trustOf, tell } = this.#parts;
    const { from, offerId } = offer;
    if (from === home.self.peerId || trustOf(from) === 'blocked') return;
    const key = offerKey(from, offerId);
    if (receiving.heardAgain(offerId, from)) return;
    if (receiving.refusals.has(key)) return this.#answer(from, offerId, 'rejected');
    if (checkName(offer.name, 'posix').kind === 'escape') return;
    const before = this.#open.get(key);
    if (before === undefined && !this.#open.isRoom(from))
      return this.#answer(from, offerId, 'full');
    if (before !== undefined && !isNews(before, offer)) return;
    const open = this.#open.add(offer, before);
    // Under a number of its own: what the user says yes to is what he has read.
    if (before?.isTold) tell({ type: 'offer-withdrawn', ...rowOf(before), why: 'changed' });
    this.#judging.add(open);
  }

  /** Its user trusts a peer from now on: what waits of his is judged as if it came now. */
  trusted(peer: PeerId): void {
    for (const open of this.#open.of(peer)) this.#judging.add(open);
  }

  /**
   * Begins to fetch what was offered. Resolves once that is written down; the download tells of itself.
   * @param word the offer's number, or the beginning of its id. @throws P2pError `not-found`, `bad-name`, `exists`
   */
  async accept(word: string, { to, ref }: AcceptOptions = {}): Promise<OfferRow> {
    const open = this.#open.called(word);
    const { into } = (await this.#parts.receiving.rest.joining(open.offer)) ?? {};
    if (!this.#open.has(open)) throw gone(word);
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
    const open = this.#open.called(word);
    const { offerId, from } = open.offer;
    this.#open.end(open);
    this.#parts.receiving.refusals.add(keyOf(open), obstacle === undefined);
    this.#answer(from, offerId, 'rejected', obstacle);
    return rowOf(open);
  }

  /** Its sender takes it back, or cannot give it any more. */
  hearEnd(from: PeerId, offerId: OfferId, why: OfferEnd): void {
    const open = this.#open.get(offerKey(from, offerId));
    if (open === undefined) {
      this.#parts.receiving.hearEnd(from, offerId, why);
      return this.#judgeHeldOff();
    }
    this.#open.end(open);
    return this.#parts.tell({ type: 'offer-withdrawn', ...rowOf(open), why });
  }

  /** He has gone: nothing of his is on its way. */
  left(peer: PeerId): void {
    this.#parts.receiving.left(peer);
    this.#judgeHeldOff();
  }

  /** Those that wait as another was taken: that may be on its way no more. */
  #judgeHeldOff(): void {
    if (!this.#parts.home.settings.inbox.once) return;
    for (const open of this.#open.all) if (!open.isTold) this.#judging.add(open);
  }

  async #judge(open: Open): Promise<void> {
    if (!this.#open.has(open)) return;
    const { home, receiving, trustOf, tell } = this.#parts;
    const { offer } = open;
    const { inbox } = home.settings;
    const used = await receiving.unasked();
    await this.#open.numbered();
    if (!this.#open.has(open)) return;
    const joining = await receiving.rest.joining(offer);
    if (!this.#open.has(open)) return;
    open.into = joining?.into;
    if (joining?.isAsked === true) return this.#join(open, joining);
    const judged = judgeOffer(offer, trustOf(offer.from), used, inbox);
    const why = judged.verdict === 'ask' ? judged.why : await this.#hindrance(open, joining);
    if (!this.#open.has(open)) return;
    const isTaken = judged.verdict === 'accept' && why === undefined;
    if (isTaken && inbox.once && receiving.hasTaken) return;
    if (isTaken && joining !== undefined) return this.#join(open, joining);
    // That it waits is no news to whoever has heard of it.
    if (open.isTold && !isTaken) return;
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
    if (!this.#open.has(open)) throw gone(String(open.number));
    this.#parts.receiving.requireUnknown(draft);
    this.#open.takeOut(open);
    this.#parts.receiving.rest.taken(open.offer);
    const isPrivate = open.offer.to !== undefined;
    const id = open.offer.id ?? ('' as const);
    const content = { name, draft, id, bytes, files, isPrivate, ...(at && { where: at }) };
    const now = Date.now();
    const standing = { state: 'accepted', at: now, turns: firstTurns(now) } as const;
    const begun = { ...standing, isUnasked, path: '', receipt: '' };
    const first = { ...(rest && { rest }), ...(into && { into }), offeredBytes: bytes };
    const record: ReceiveRecord = { offerId, from, fromName, to, ...content, ...first, ...begun };
    try {
      await this.#parts.receiving.accept(record);
    } catch (error) {
      this.#open.putBack(open);
      throw error;
    }
    this.#open.end(open);
    this.#parts.tell({ type: 'offer-accepted', ...rowOf(open) }, ref);
  }

  #answer(peerId: PeerId, offerId: OfferId, answer: OfferAnswer, obstacle?: Obstacle): void {
    const why = obstacle === undefined ? {} : { obstacle };
    const message = { type: 'send-answer', offerId, answer, ...why } as const;
    this.#parts.order({ type: 'tell', peerId, message });
  }
}

/** Absolute, since it is remembered; a separator at its end says that it goes inside. */
function placeOf(to: string): string {
  return resolve(to) + (/[/\\]$/.test(to) ? sep : '');
}
