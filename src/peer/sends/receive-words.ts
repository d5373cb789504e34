/** What whoever receives something says to its sender; without a link it is not said. */
import type { ErrorRecord } from '#src/domain/errors.js';
import type { PeerId } from '#src/domain/ids.js';
import { isFinal, parseObstacle } from '#src/domain/send/obstacles.js';
import type { OfferId } from '#src/domain/send/send-offer.js';
import type { ReceiveRecord } from '#src/io/disk/database-rows.js';
import type * as Mesh from '#workers/mesh.js';

type Word = Extract<Mesh.In, { type: 'tell' }>['message'];

export class ReceiveWords {
  readonly #order: (order: Mesh.In) => void;

  constructor(order: (order: Mesh.In) => void) {
    this.#order = order;
  }

  answer({ from, offerId: id }: ReceiveRecord, answer: 'accepted' | 'rejected'): void {
    this.#say(from as PeerId, { type: 'send-answer', offerId: id as OfferId, answer });
  }

  /** It is wanted; for now perhaps not fetched, as its user has paused it. */
  accepted(record: ReceiveRecord): void {
    const { from, offerId: id, isPaused = false } = record;
    const why = isPaused ? ({ obstacle: 'paused' } as const) : {};
    const offerId = id as OfferId;
    this.#say(from as PeerId, { type: 'send-answer', offerId, answer: 'accepted', ...why });
  }

  /** What keeps it from being fetched, where that is something that its sender should know. */
  obstacle({ from, offerId: id }: ReceiveRecord, { code }: ErrorRecord): void {
    const obstacle = parseObstacle(code);
    if (obstacle === undefined) return;
    const answer = isFinal(obstacle) ? 'rejected' : 'accepted';
    this.#say(from as PeerId, { type: 'send-answer', offerId: id as OfferId, answer, obstacle });
  }

  /** He has it, and asks for what did not come. */
  again({ from, offerId: id }: ReceiveRecord): void {
    const offerId = id as OfferId;
    this.#say(from as PeerId, { type: 'send-answer', offerId, answer: 'accepted', again: true });
  }

  /** A receipt counts from one who accepted; that may have been lost where its sender was killed. */
  receipt(record: ReceiveRecord): void {
    this.answer(record, 'accepted');
    const payload = Buffer.from(record.receipt, 'base64');
    this.#say(record.from as PeerId, { type: 'send-receipt', payload });
  }

  progress(to: PeerId, offerId: OfferId, bytes: number): void {
    this.#say(to, { type: 'send-progress', offerId, bytes });
  }

  #say(peerId: PeerId, message: Word): void {
    this.#order({ type: 'tell', peerId, message });
  }
}
