/** How far sends have come: what each peer says to have, what has left for it, how fast, and as rows of `transfers`. */
import type { ContentId, PeerId } from '#src/domain/ids.js';
import type { Recipient } from '#src/domain/send/recipients.js';
import { sendTransferId, type TransferState } from '#src/domain/send/transfer.js';
import { versionOf } from '#src/domain/send/version.js';
import type { SendRecord } from '#src/io/disk/database-rows.js';
import type { TransferRow } from '#src/peer/transfer-rows.js';
import type * as TransferServer from '#workers/transfer-server.js';
import { GrowingBytes } from './growing-bytes.js';
import { isTakenBy, nameOf, whyNot, whyWaiting } from './send-rows.js';

/** Of one peer: `left` from here for it, and `held` there by its own word. */
type Towards = { readonly left: GrowingBytes; readonly held: GrowingBytes };

export class SendProgress {
  /** By offer, as long as that has rows, then by peer. */
  readonly #towards = new Map<string, Map<PeerId, Towards>>();
  readonly #isLinked: (peer: PeerId) => boolean;
  readonly #now: () => number;

  /** @param isLinked with this peer now. @param now monotonic milliseconds. */
  constructor(isLinked: (peer: PeerId) => boolean, now: () => number = () => performance.now()) {
    this.#isLinked = isLinked;
    this.#now = now;
  }

  /** @returns those that it was of. */
  served(
    to: readonly TransferServer.ServedTo[],
    records: Iterable<SendRecord>,
  ): readonly SendRecord[] {
    const byContent = new Map<ContentId, SendRecord[]>();
    for (const record of records) {
      if (!record.isOpen) continue;
      for (const id of [record.draft, record.id]) {
        if (id !== '') byContent.set(id, [...(byContent.get(id) ?? []), record]);
      }
    }
    const touched = new Set<SendRecord>();
    for (const { id, peerId, bytes } of to) {
      for (const record of byContent.get(id) ?? []) {
        if (record.to !== '' && record.to !== peerId) continue;
        this.#of(record, peerId).left.add(bytes, this.#now());
        touched.add(record);
      }
    }
    return [...touched];
  }

  /** It says that it has so many of them by now, from whomever it got them. @returns whether that is to be told again */
  held(record: SendRecord, peer: PeerId, bytes: number): boolean {
    return this.#of(record, peer).held.be(Math.min(bytes, record.bytes), this.#now());
  }

  /** Its link is down: what goes on without it shows that by growing again. */
  unlinked(peer: PeerId): void {
    for (const peers of this.#towards.values()) {
      peers.get(peer)?.left.stop();
      peers.get(peer)?.held.stop();
    }
  }

  /** It has no rows any more. */
  forget(offerId: string): void {
    this.#towards.delete(offerId);
  }

  /** @returns each with what it has by now, to be written down; undefined where nothing is new. */
  reached(record: SendRecord): readonly Recipient[] | undefined {
    const peers = this.#towards.get(record.offerId);
    const bytesOf = ({ peerId, bytes }: Recipient) => peers?.get(peerId)?.held.bytes ?? bytes;
    if (record.recipients.every((one) => bytesOf(one) === one.bytes)) return undefined;
    return record.recipients.map((one) => {
      const bytes = bytesOf(one);
      return bytes === undefined ? one : { ...one, bytes };
    });
  }

  /** One for each that has answered, and first that of an offer to all that stands; one where nobody has answered. */
  rows(record: SendRecord): readonly TransferRow[] {
    const { recipients, to, toName = '', isOpen } = record;
    const rows = recipients.map((one) => this.#row(record, one));
    if (to === '' && isOpen) return [offeredRow(record), ...rows];
    if (rows.length > 0) return rows;
    const state = isOpen ? openState(record) : endedState(record);
    if (to === '') return [base(record, state)];
    const one = { peerId: to as PeerId, name: toName, state: 'offered', at: 0 } as const;
    return [{ ...base(record, state), ...whose(one), ...this.#why(one, state) }];
  }

  #row(now: SendRecord, one: Recipient): TransferRow {
    const { peerId, state: said, bytes: before, content, missing } = one;
    // What he has may have become something else since.
    const record = { ...now, ...(content && versionOf(now, content)), ...missing };
    const towards = this.#towards.get(record.offerId)?.get(peerId);
    const at = this.#now();
    const { left, held } = towards ?? {};
    const isMoving = left?.isGrowing(at) === true || held?.isGrowing(at) === true;
    const state = stateOf(one, record, isMoving);
    const sentBytes = left?.bytes ?? 0;
    // Until it has said how much it has, what has left for it is as near as can be known.
    const known = held?.bytes ?? Math.min(record.bytes, before ?? sentBytes);
    const bytes = said === 'received' ? record.bytes : known;
    // What comes from here alone comes as fast as it leaves: what is proven there comes by whole chunks.
    const moved = now.to !== '' && left !== undefined ? left : held;
    const rate = (held?.bytes === undefined ? left : moved)?.perSecond(at) ?? 0;
    const bytesPerSecond = state === 'running' ? rate : 0;
    const leftMs = ((record.bytes - bytes) / bytesPerSecond) * 1000;
    const etaMs = bytesPerSecond > 0 ? Math.round(leftMs) : null;
    const filesDone = said === 'received' ? record.files : null;
    const pace = { bytes, sentBytes, bytesPerSecond, etaMs, filesDone };
    const about = { ...base(record, state), ...whenOver(record, one) };
    return { ...about, ...whose(one), ...pace, ...this.#why(one, state) };
  }

  /** Whose word it was, too, where it was not his own. */
  #why(one: Recipient, state: TransferState): Pick<TransferRow, 'why'> {
    if (state === 'waiting') return whyWaiting(one, this.#isLinked(one.peerId));
    if (one.state !== 'rejected') return {};
    if (one.obstacle !== undefined) return whyNot(one);
    return { why: { code: 'rejected', message: `${nameOf(one)} does not want it` } };
  }

  #of({ offerId }: SendRecord, peer: PeerId): Towards {
    const peers = this.#towards.get(offerId) ?? new Map<PeerId, Towards>();
    this.#towards.set(offerId, peers);
    const towards = peers.get(peer) ?? { left: new GrowingBytes(), held: new GrowingBytes() };
    peers.set(peer, towards);
    return towards;
  }
}

/** With one, where it is over with him. */
function whenOver({ endedAt, isOpen }: SendRecord, { state, at }: Recipient) {
  if (!isOpen && endedAt !== undefined) return { endedAt };
  return state === 'received' || state === 'rejected' ? { endedAt: at } : {};
}

function whose({ peerId, name }: Pick<Recipient, 'peerId' | 'name'>) {
  return { peerId, ...(name !== '' && { peerName: name }) };
}

function stateOf(
  { state: said, obstacle }: Recipient,
  record: SendRecord,
  isMoving: boolean,
): TransferState {
  if (said === 'received') return 'completed';
  if (said === 'rejected') return obstacle === undefined ? 'cancelled' : 'failed';
  if (!record.isOpen) return endedState(record);
  // What was on its way when he paused it comes still.
  const isStopped = record.isPaused === true || obstacle !== undefined;
  return isMoving && !isStopped ? 'running' : openState(record);
}

function endedState({ failure }: SendRecord): TransferState {
  return failure === undefined ? 'cancelled' : 'failed';
}

function openState({ isPaused }: SendRecord): TransferState {
  return isPaused === true ? 'paused' : 'waiting';
}

function offeredRow(record: SendRecord): TransferRow {
  const state = record.isPaused === true ? 'paused' : 'offered';
  const { length: taken } = record.recipients.filter(({ peerId }) => isTakenBy(record, peerId));
  return { ...base(record, state), taken };
}

function base(record: SendRecord, state: TransferState): TransferRow {
  const { offerId, name, id, bytes, files, failedCount: failed = 0, ...end } = record;
  const { failure, rest, isOpen, endedAt, priority = 'normal' } = end;
  const why = state === 'failed' && failure !== undefined && { code: 'changed', message: failure };
  return {
    transferId: sendTransferId(offerId),
    direction: 'up',
    state,
    name,
    ...(rest !== undefined && { completes: sendTransferId(rest) }),
    id: id === '' ? null : id,
    bytes: 0,
    totalBytes: bytes,
    bytesPerSecond: 0,
    etaMs: null,
    sources: 0,
    priority,
    files,
    filesDone: null,
    failed,
    ...(!isOpen && endedAt !== undefined && { endedAt }),
    ...(why && { why }),
  };
}
