/** A send as it is remembered, and as what else it is told: an offer, a row, what it rests on. */
import { type ErrorRecord, P2pError } from '#src/domain/errors.js';
import type { PeerId } from '#src/domain/ids.js';
import { printable } from '#src/domain/printable.js';
import { obstacleText } from '#src/domain/send/obstacles.js';
import type { Recipient } from '#src/domain/send/recipients.js';
import {
  haveMoreFailed,
  type OfferId,
  type SendOffer,
  saidFailed,
} from '#src/domain/send/send-offer.js';
import { awaitedOf } from '#src/domain/send/standstill.js';
import { sendTransferId } from '#src/domain/send/transfer.js';
import { type Version, versionOf } from '#src/domain/send/version.js';
import type { SendRecord } from '#src/io/disk/database-rows.js';
import type { PeerEvent } from '#src/peer/events.js';
import { describedPeer, shortPeerId } from '#src/peer/network/naming.js';
import type { SendRow } from '#src/peer/rows.js';
import type { TransferRow } from '#src/peer/transfer-rows.js';
import type { Content, Listed, Sent } from './send-source.js';

export function isFor({ to }: SendRecord, peer: PeerId): boolean {
  return to === '' || to === peer;
}

/** Never less than its draft lists: whoever takes it fetches that first. */
function offeredSize({ bytes, files, offered = { bytes: 0, files: 0 } }: SendRecord) {
  return { bytes: Math.max(bytes, offered.bytes), files: Math.max(files, offered.files) };
}

/** Whether what is offered of it is as much. */
export function isSameSize(record: SendRecord, other: SendRecord): boolean {
  const [one, another] = [offeredSize(record), offeredSize(other)];
  return one.bytes === another.bytes && one.files === another.files;
}

/** Whether it fetches it, or has it. */
export function isTakenBy({ recipients }: SendRecord, peer: PeerId): boolean {
  const state = recipients.find(({ peerId }) => peerId === peer)?.state;
  return state === 'accepted' || state === 'received';
}

/** @returns what keeps somebody from taking it, as far as that is known, for the user. */
export function whyNot(recipient: Recipient): Pick<TransferRow, 'why'> {
  const { obstacle, state } = recipient;
  const who = nameOf(recipient);
  if (obstacle !== undefined) {
    return { why: { code: obstacle, message: obstacleText(obstacle, who) } };
  }
  const full = `${who} has too many offers waiting: it is offered again at the next link`;
  return state === 'full' ? { why: { code: 'full', message: full } } : {};
}

/** @param isLinked with him. @returns why one that waits does, as far as that is known. */
export function whyWaiting(recipient: Recipient, isLinked: boolean): Pick<TransferRow, 'why'> {
  const isAccepted = recipient.state === 'accepted';
  // What he said last is known no more where he is away.
  const known = isLinked ? whyNot(recipient) : {};
  if (known.why !== undefined) return known;
  const why = awaitedOf(nameOf(recipient), { isLinked, isAccepted });
  return why === undefined ? {} : { why };
}

/** To be shown. */
export function nameOf({ peerId, name }: Pick<Recipient, 'peerId' | 'name'>): string {
  return describedPeer({ peerId, name, host: '', port: 0 });
}

/** @returns what to do with one that is over, for the user. */
export function sentAnew({ name, path, parts = [], to, toName = '' }: SendRecord): string {
  // What others call themselves is shown as it is only where it cannot be taken for anything else that is typed.
  const who = /^[\w.-]+$/.test(toName) ? toName : shortPeerId(to as PeerId);
  const whom = to === '' ? '--all' : `--to ${who}`;
  const how = parts.length > 0 ? 'the same paths' : `\`send ${typed(path)} ${whom}\``;
  return `nothing of ${printable(name)} is left to send: ${how} offers it anew`;
}

/** It could not be sent any more, and cannot be sent again. */
export function notYet({ path }: SendRecord, { message }: ErrorRecord): P2pError {
  return new P2pError('not-found', `${printable(path)} cannot be sent now either: ${message}`);
}

/** As the user would type it. */
function typed(word: string): string {
  return /\s/.test(word) ? `"${printable(word)}"` : printable(word);
}

/** Those who fetch it. */
export function takersOf({ recipients }: SendRecord): readonly PeerId[] {
  return recipients.flatMap(({ peerId, state }) => (state === 'accepted' ? [peerId] : []));
}

export function offerOf(record: SendRecord): SendOffer {
  const { offerId, name, kind, draft, id, to, rest } = record;
  const first = rest === undefined ? {} : { rest: rest as OfferId };
  const what = { name, kind, ...offeredSize(record), draft };
  const about = { offerId: offerId as OfferId, ...what, ...first };
  return { ...about, id: id === '' ? undefined : id, to: to === '' ? undefined : (to as PeerId) };
}

export function sentBy({ offerId, path, name, to, ...some }: SendRecord): Sent {
  const { parts, exclude, toName, rest, only } = some;
  const whom = { to, ...(toName !== undefined && { toName }) };
  const left = { ...(parts && { parts }), ...(exclude && { exclude }) };
  const again = { ...(rest && { rest }), ...(only && { only }) };
  return { offerId: offerId as OfferId, path, ...left, ...again, name, ...whom };
}

export function recordOf(
  sent: Sent,
  { draft, kind, id, bytes, chunks, files }: Listed & Pick<SendRecord, 'id'>,
): Omit<SendRecord, 'isOpen' | 'recipients'> {
  return { ...sent, draft, kind, id, bytes, chunks, files, at: Date.now() };
}

export function rowOf({
  offerId,
  name,
  path,
  id,
  bytes,
  files,
  at,
  to,
  ...state
}: SendRecord): SendRow {
  const { isOpen, failedCount = 0, toName, rest } = state;
  const first = rest === undefined ? {} : { completes: sendTransferId(rest) };
  const about = { offerId: offerId as OfferId, name, ...first, path, id: id === '' ? null : id };
  const peer = to === '' ? null : (to as PeerId);
  const whom = { to: peer, ...(toName !== undefined && { toName }) };
  const [one] = state.recipients;
  const failed = to === '' ? failedCount : (one?.missing?.failedCount ?? failedCount);
  const recipients = state.recipients.map(({ missing: _, ...recipient }) => recipient);
  return { ...about, bytes, files, failed, at, ...whom, isOpen, recipients };
}

/** @returns what is told of it as it is offered; undefined where all of it is. */
export function skippedEvent(
  { offerId: id, name }: SendRecord,
  { skipped, skippedCount, ignoredCount }: Listed,
): PeerEvent | undefined {
  if (skippedCount + ignoredCount === 0) return undefined;
  const offerId = id as OfferId;
  return { type: 'send-skipped', offerId, name, skipped, skippedCount, ignoredCount };
}

/** @param version as one has it who has all of it. */
export function completedEvent(
  { offerId, path, at }: SendRecord,
  { id: root, bytes, files, failed, failedCount }: Version,
): PeerEvent {
  const about = { transferId: sendTransferId(offerId), path, bytes, files, failed: failedCount };
  const ms = Math.max(0, Date.now() - at);
  return { type: 'transfer-completed', ...about, failedFiles: saidFailed(failed), ms, root };
}

/** It cannot be sent any more. */
export function failureEvent(
  { offerId, failed = [] }: SendRecord,
  { code, message }: { readonly code: string; readonly message: string },
): PeerEvent {
  const about = { transferId: sendTransferId(offerId), code, message };
  return { type: 'transfer-failed', ...about, failed: saidFailed(failed) };
}

/** What was offered and this peer has not got; of one who has nothing yet what he will not get. */
export function missingTo(
  record: SendRecord,
  peer: PeerId | undefined,
): Pick<Version, 'failed' | 'failedCount'> {
  const { content, missing } = record.recipients.find(({ peerId }) => peerId === peer) ?? {};
  const { failed = [], failedCount = 0 } = (content && versionOf(record, content)) ?? record;
  return missing ?? { failed, failedCount };
}

/** @param before as it was. @returns what is told where files of it have failed since. */
export function failedEvent(
  before: SendRecord,
  now: Pick<Content, 'failed' | 'failedCount'>,
): PeerEvent | undefined {
  if (!haveMoreFailed(before, now)) return undefined;
  const { failed, failedCount } = now;
  const { offerId, name } = before;
  const about = { offerId: offerId as OfferId, direction: 'up', name } as const;
  return { type: 'files-failed', ...about, failed, failedCount };
}
