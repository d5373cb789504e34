/** What is told of offers, as sentences; and those that wait, as a table. */
import { printable } from '#src/domain/printable.js';
import type { PeerEvent } from '#src/peer/events.js';
import type { OfferRow, SendRow } from '#src/peer/rows.js';
import { countText, dateText, shortId, sizeText } from './amounts.js';
import type { ReceiptRow } from './answer.js';
import { nameOf } from './rest-name.js';
import { type Column, table } from './table.js';

type Of<T extends PeerEvent['type']> = Extract<PeerEvent, { type: T }>;

const ANSWERS = {
  accepted: (what: string) => `takes ${what}`,
  rejected: (what: string) => `does not want ${what}`,
  full: (what: string) => `has too many offers waiting: ${what} is offered again at the next link`,
} as const;

const ENDS = {
  cancelled: 'was taken back',
  changed: 'changed meanwhile and cannot be had any more',
  noted: 'was answered already',
} as const;

export function offerReceived(event: Of<'offer-received'>): string {
  const { number, isTaken } = event;
  const offer = offerText(event);
  if (isTaken && event.into !== undefined) return `${offer}: it is taken`;
  if (isTaken) return `${offer}: it is taken, as inbox.accept says`;
  return `${offer}\n  \`accept ${number}\` fetches it, \`reject ${number}\` does not`;
}

/** Who would send what, and why it is not taken by itself where the settings would have it taken but for that. */
export function offerText(event: Of<'offer-received'>): string {
  const { into } = event;
  const where = into === undefined ? '' : `, which did not come before, into ${printable(into)}`;
  const offer = `${sender(event)} would send ${what(event)}${event.private ? '' : ' to all'}${where}`;
  return event.why === undefined ? offer : `${offer} (not taken by itself: ${event.why})`;
}

export function offerAccepted(event: Of<'offer-accepted'>): string {
  return `Accepted ${printable(event.name)} of ${sender(event)}`;
}

export function offerRejected(row: OfferRow): string {
  return `Turned down: ${printable(row.name)} of ${sender(row)}`;
}

export function offerWithdrawn(event: Of<'offer-withdrawn'>): string {
  return `Offer ${event.number}, ${printable(event.name)} of ${sender(event)}, ${ENDS[event.why]}`;
}

export function offerCompleted(event: Of<'offer-completed'>): string {
  const got = `Received ${what(event)} of ${sender(event)}${without(event)}`;
  return `${got}; the receipt is signed`;
}

export function offerPaused(event: Of<'offer-paused'>): string {
  const { name, isPaused } = event;
  return isPaused
    ? `${printable(name)} is paused by ${sender(event)}: it waits until he goes on`
    : `${sender(event)} goes on with ${printable(name)}`;
}

/** @param to what the one it is for calls himself. */
export function sendOffered(event: Of<'send-offered'>, to: string): string {
  const whom = event.to === null ? 'all' : printable(to);
  if (event.isAway === true) return `Kept ${what(event)} for ${whom}, who is offered it once back`;
  return `Offered ${what(event)} to ${whom}`;
}

export function offerAnswered(event: Of<'offer-answered'>): string {
  const { name, peerId, answer, offered, why } = event;
  if (why !== undefined && answer !== 'full') {
    return `${printable(offered)} is not fetched: ${printable(why.message)}`;
  }
  return `${person(name, peerId)} ${ANSWERS[answer](printable(offered))}`;
}

export function sendPaused({ name, peerId, offered, isPaused }: Of<'send-paused'>): string {
  const who = person(name, peerId);
  const what = printable(offered);
  return isPaused
    ? `${who} has paused ${what}: it waits until it is resumed there`
    : `${who} goes on with ${what}`;
}

export function sendReceived(event: Of<'send-received'>): string {
  return `${person(event.by, event.peerId)} has all of ${what(event)}${without(event)}, and signed that`;
}

function without({ failed }: { readonly failed: number }): string {
  return failed === 0 ? '' : `, but for ${countText(failed, 'file')} that changed or vanished`;
}

export function offersTable(offers: readonly OfferRow[], width: number): string {
  if (offers.length === 0)
    return 'Nothing is offered to you. `send PATH --to PEER` offers something.';
  const columns: readonly Column[] = [
    { head: 'N', width: 4, right: true },
    { head: 'NAME' },
    { head: 'SIZE', width: 10, right: true },
    { head: 'FILES', width: 7, right: true },
    { head: 'FROM', width: 24 },
    { head: 'SINCE', width: 16 },
  ];
  const rows = offers.map((row) => [
    String(row.number),
    printable(row.name),
    sizeText(row.bytes),
    String(row.files),
    sender(row),
    dateText(row.sentAt),
  ]);
  return table(columns, rows, width);
}

export function receiptsTable(receipts: readonly ReceiptRow[], width: number): string {
  if (receipts.length === 0) return 'Nobody has signed for anything you sent.';
  const columns: readonly Column[] = [
    { head: 'NAME' },
    { head: 'SIZE', width: 10, right: true },
    // What was signed; `transfers` shows the ids of sends.
    { head: 'CONTENT', width: 8 },
    { head: 'SIGNED BY', width: 24 },
    { head: 'AT', width: 16 },
  ];
  const rows = receipts.map((row) => [
    nameOf(row),
    sizeText(row.bytes),
    row.id === null ? '' : shortId(row.id),
    person(row.by, row.peerId),
    dateText(row.at),
  ]);
  return table(columns, rows, width);
}

function what({
  bytes,
  files,
  ...named
}: Pick<OfferRow, 'name' | 'bytes' | 'files'> & Pick<SendRow, 'completes'>): string {
  const many = files === 1 ? '' : `, ${countText(files, 'file')}`;
  return `${nameOf(named)} (${sizeText(bytes)}${many})`;
}

function sender({ fromName, from }: Pick<OfferRow, 'fromName' | 'from'>): string {
  return person(fromName, from);
}

function person(name: string, peerId: string): string {
  return name === '' ? shortId(peerId) : `${printable(name)} (${shortId(peerId)})`;
}
