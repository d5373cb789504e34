/** What whoever receives something says to its sender; without a link it is not said. */
import type { ErrorRecord } from '#src/domain/errors.js';
import type { PeerId } from '#src/domain/ids.js';
import { isFinal, parseObstacle } from '#src/domain/send/obstacles.js';
import type { Answered, OfferId } from '#src/domain/send/send-offer.js';
import type { ReceiveRecord } from '#src/io/disk/database-rows.js';
import type * as Mesh from '#workers/mesh.js';

type Word = Extract<Mesh.In, { type: 'tell' }>['message'];

export class ReceiveWords {
  readonly #order: (order: Mesh.In) => void;

  constructor(order: (order: Mesh.In) => void) {
    this.#order = order;
  }

  /** It is wanted; for now perhaps not fetched, as its user has paused it. */
  accepted(record: ReceiveRecord): void {
    this.#accepted(record, isPausedHere(record) ? { obstacle: 'paused' } : {});
  }

  rejected({ from, offerId: id }: ReceiveRecord): void {
    this.#say(from as PeerId, {
      type: 'send-answer',
      offerId: id as OfferId,
      answer: 'rejected',
    });
  }

  /** What keeps it from being fetched, where that is something that its sender should know. */
  obstacle(record: ReceiveRecord, { code }: ErrorRecord): void {
    const obstacle = parseObstacle(code);
    if (obstacle === undefined) return;
    if (!isFinal(obstacle)) return this.#accepted(record, { obstacle });
    const offerId = record.offerId as OfferId;
    const said = { type: 'send-answer', offerId, answer: 'rejected', obstacle } as const;
    this.#say(record.from as PeerId, said);
  }

  /** He has it, and asks for what did not come. */
  again({ from, offerId: id }: ReceiveRecord): void {
    const offerId = id as OfferId;
    this.#say(from as PeerId, { type: 'send-answer', offerId, answer: 'accepted', again: true });
  }

  /** A receipt counts from one who accepted; that may have been lost where its sender was killed. */
  receipt(record: ReceiveRecord): void {
    this.#accepted(record, {});
    const payload = Buffer.from(record.receipt, 'base64');
    this.#say(record.from as PeerId, { type: 'send-receipt', payload });
  }

  progress(to: PeerId, offerId: OfferId, bytes: number): void {
    this.#say(to, { type: 'send-progress', offerId, bytes });
  }

  #accepted(
    { from, offerId: id, turns = 0 }: ReceiveRecord,
    why: Pick<Answered, 'obstacle'>,
  ): void {
    const said = { answer: 'accepted', ...why, turns } as const;
    this.#say(from as PeerId, { type: 'send-answer', offerId: id as OfferId, ...said });
  }

  #say(peerId: PeerId, message: Word): void {
    this.#order({ type: 'tell', peerId, message });
  }
}

/**
 * What one that is accepted now begins at, odd while it is paused: even, and more than its sender can have heard of it before,
 * where what was remembered of that is lost. @param at milliseconds since 1970
 */
export function firstTurns(at: number): number {
  return 2 * Math.floor(at / 1000);
}

/** By its user, as far as its sender was told. */
export function isPausedHere({ turns = 0 }: Pick<ReceiveRecord, 'turns'>): boolean {
  return turns % 2 === 1;
}
