/** How far sends have come: what has left for each peer, how fast, and as rows of `transfers`. */
import type { ContentId, PeerId } from '#src/domain/ids.js';
import type { Recipient } from '#src/domain/recipients.js';
import type { OfferId } from '#src/domain/send-offer.js';
import type { TransferState } from '#src/domain/transfer.js';
import type { SendRecord } from '#src/io/database-rows.js';
import type * as TransferServer from '#workers/transfer-server.js';
import type { TransferRow } from './transfer-rows.js';

/** As many characters as of other ids that are shown. */
const ID_CHARACTERS = 8;

/** What leaves is told once a second; who took nothing for so long takes it slowly or not at all. */
const QUIET_MS = 3000;

type Left = { readonly bytes: number; readonly bytesPerSecond: number; readonly at: number };

export class SendProgress {
  /** By offer, then by peer. */
  readonly #left = new Map<string, Map<PeerId, Left>>();
  readonly #now: () => number;

  /** @param now monotonic milliseconds. */
  constructor(now: () => number = () => performance.now()) {
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
        this.#add(record, peerId, bytes);
        touched.add(record);
      }
    }
    return [...touched];
  }

  forget(offerId: string): void {
    this.#left.delete(offerId);
  }

  /** One for each that has answered; one where nobody has. */
  rows(record: SendRecord): readonly TransferRow[] {
    const { recipients, to, isOpen } = record;
    if (recipients.length > 0) return recipients.map((one) => this.#row(record, one));
    const state = isOpen ? 'waiting' : 'cancelled';
    return [{ ...base(record, state), ...(to === '' ? {} : { peerId: to as PeerId }) }];
  }

  #row(record: SendRecord, { peerId, state: said }: Recipient): TransferRow {
    const left = this.#left.get(record.offerId)?.get(peerId);
    const isMoving = left !== undefined && this.#now() - left.at < QUIET_MS;
    const state = stateOf(said, record.isOpen, isMoving);
    const bytes = said === 'received' ? record.bytes : Math.min(record.bytes, left?.bytes ?? 0);
    const bytesPerSecond = state === 'running' ? (left?.bytesPerSecond ?? 0) : 0;
    const etaMs = bytesPerSecond > 0 ? ((record.bytes - bytes) / bytesPerSecond) * 1000 : null;
    return { ...base(record, state), peerId, bytes, bytesPerSecond, etaMs };
  }

  #add({ offerId }: SendRecord, peer: PeerId, bytes: number): void {
    const peers = this.#left.get(offerId) ?? new Map<PeerId, Left>();
    this.#left.set(offerId, peers);
    const before = peers.get(peer);
    const now = this.#now();
    const seconds = before === undefined ? 1 : Math.max(1, (now - before.at) / 1000);
    const bytesPerSecond = Math.round(bytes / seconds);
    peers.set(peer, { bytes: bytes + (before?.bytes ?? 0), bytesPerSecond, at: now });
  }
}

export function sendTransferId(offerId: string): string {
  return (offerId as OfferId).slice(0, ID_CHARACTERS);
}

function stateOf(said: Recipient['state'], isOpen: boolean, isMoving: boolean): TransferState {
  if (said === 'received') return 'completed';
  if (said === 'rejected' || !isOpen) return 'cancelled';
  return isMoving ? 'running' : 'waiting';
}

function base(record: SendRecord, state: TransferState): TransferRow {
  const { offerId, name, id, bytes, files, failedCount: failed = 0 } = record;
  return {
    transferId: sendTransferId(offerId),
    direction: 'up',
    state,
    name,
    id: id === '' ? null : id,
    bytes: 0,
    totalBytes: bytes,
    bytesPerSecond: 0,
    etaMs: null,
    sources: 0,
    priority: 'normal',
    files,
    filesDone: null,
    failed,
  };
}
