/** Transfers as people read them: the table of all, and what became of those a command was about. */

import { printable } from '#src/domain/printable.js';
import { LIMIT_KINDS, type RateLimits } from '#src/domain/rates/limit-schedule.js';
import { shownState } from '#src/domain/send/transfer.js';
import type { TransferRow } from '#src/peer/transfer-rows.js';
import { clockText, countText, rateText, sizeText } from './amounts.js';
import type { Answer } from './answer.js';
import { nameOf } from './rest-name.js';
import { type Column, table } from './table.js';

/** By which the user tells a peer from others. */
export type Called = (peerId: string) => string;

/** Of those that are over, the latest: a screen. */
const MOST_OVER = 20;

type Listed = Pick<Extract<Answer, { type: 'transfers' }>, 'transfers' | 'all'>;

export function transfers(listed: Listed, width: number, called: Called): string {
  const { length } = listed.transfers;
  if (length === 0) return 'No transfers. `download NAME` begins one.';
  const rows = listed.all === true ? listed.transfers : lately(listed.transfers);
  const more = length - rows.length;
  const older = `${more} more that are over: \`transfers --all\` shows them, \`transfers NAME\` those of a name`;
  return [tableOf(rows, width, called), ...(more > 0 ? [older] : [])].join('\n');
}

/** @returns in their order those that are not over, and the latest of the others. */
function lately(rows: readonly TransferRow[]): readonly TransferRow[] {
  const over = rows.filter(isOver);
  const byEnd = over.toSorted(({ endedAt: one = 0 }, { endedAt: other = 0 }) => one - other);
  const older = new Set(byEnd.slice(0, Math.max(0, over.length - MOST_OVER)));
  return rows.filter((row) => !older.has(row));
}

function tableOf(rows: readonly TransferRow[], width: number, called: Called): string {
  const columns: readonly Column[] = [
    { head: 'NAME' },
    { head: 'ID', width: 8 },
    { head: 'STATE', width: 9 },
    { head: 'DONE', width: 5, right: true },
    { head: 'SIZE', width: 10, right: true },
    { head: 'RATE', width: 12, right: true },
    { head: 'LEFT', width: 8, right: true },
    { head: 'FROM', width: 4, right: true },
    { head: 'PRIORITY', width: 8 },
    { head: 'FAILED', width: 7, right: true },
  ];
  const lines = rows.map((row) => [
    nameText(row, called),
    row.transferId,
    shownState(row),
    shareText(row),
    row.totalBytes === null ? '?' : sizeText(row.totalBytes),
    row.state === 'running' ? rateText(row.bytesPerSecond) : '',
    row.state === 'running' ? clockText(row.etaMs) : '',
    row.state === 'running' && row.direction === 'down' ? String(row.sources) : '',
    row.priority === 'normal' ? '' : row.priority,
    row.failed === 0 ? '' : String(row.failed),
  ]);
  // A column that has nothing to say leaves its room to the names.
  const isTold = columns.map((_, at) => lines.some((line) => line[at] !== ''));
  const told = table(
    columns.filter((_, at) => isTold[at]),
    lines.map((line) => line.filter((_, at) => isTold[at])),
    width,
  );
  return [told, ...rows.flatMap(whyLine), ...rows.flatMap(failedLines)].join('\n');
}

/** Why one waits or has failed, and who took what is offered to all, stands below them all: a sentence is longer than a column. */
function whyLine({ name, transferId, why, state, taken = 0 }: TransferRow): readonly string[] {
  if (state === 'offered') {
    const by = taken === 0 ? 'nobody has taken it yet' : `taken by ${countText(taken, 'peer')}`;
    return [`${printable(name)} (${transferId}): ${by}; \`cancel ${transferId}\` takes it back`];
  }
  if (why === undefined) return [];
  return [`${printable(name)} (${transferId}): ${printable(why.message)}`];
}

/** Which files did not come, where one transfer was asked for. */
function failedLines({ name, transferId, failed, failedFiles }: TransferRow): readonly string[] {
  if (failedFiles === undefined || failed === 0) return [];
  const what = `${printable(name)} (${transferId}) goes without ${countText(failed, 'file')}:`;
  const more = failed - failedFiles.length;
  const lines = failedFiles.map((path) => `  ${printable(path)}`);
  return [what, ...lines, ...(more > 0 ? [`  and ${more} more`] : [])];
}

/** What leaves here is told from what comes by to whom it goes; of what was sent to this peer it is said from whom. */
function nameText({ direction, peerId, ...row }: TransferRow, called: Called): string {
  const whose = peerId === undefined ? undefined : printable(called(peerId));
  if (direction === 'up') return `${nameOf(row)} to ${whose ?? 'all'}`;
  return whose === undefined ? nameOf(row) : `${nameOf(row)} from ${whose}`;
}

function shareText({ bytes, totalBytes, state }: TransferRow): string {
  if (state === 'offered') return '';
  if (totalBytes === null) return '?';
  return `${totalBytes === 0 ? 100 : Math.floor((bytes / totalBytes) * 100)} %`;
}

const OVER: ReadonlySet<string> = new Set<TransferRow['state']>(['completed', 'cancelled']);

type Changed = Extract<Answer, { type: 'transfers-changed' }>;

const DONE: Readonly<Record<Changed['how'], string>> = {
  paused: 'Paused',
  resumed: 'Going on',
  cancelled: 'Cancelled',
  prioritized: 'Changed',
};

const UNDER_WAY = 'Nothing is under way or unfinished.';
const NOTHING: typeof DONE = {
  paused: UNDER_WAY,
  resumed: 'Nothing is paused or has failed.',
  cancelled: UNDER_WAY,
  prioritized: UNDER_WAY,
};

export function transfersChanged({ how, transfers: rows }: Changed, called: Called): string {
  const asked = how === 'resumed' ? rows.filter(isAskedFor) : [];
  // An offer to all goes on for some while others have it already, or do not want it.
  const changed = how === 'cancelled' ? rows : rows.filter((row) => !isOver(row));
  const lines = [
    ...changed.map((row) => `${DONE[how]}: ${described(row, how, called)}`),
    ...asked.map((row) => askedFor(row, called)),
  ];
  return lines.length === 0 ? NOTHING[how] : lines.join('\n');
}

/** What was sent and has failed is; what failed to come is unfinished. */
function isOver({ direction, state }: TransferRow): boolean {
  return OVER.has(state) || (direction === 'up' && state === 'failed');
}

/** It is here but for some files, which its sender was asked for. */
function isAskedFor({ direction, state, failed }: TransferRow): boolean {
  return direction === 'down' && state === 'completed' && failed > 0;
}

function askedFor({ name, transferId, failed, peerId }: TransferRow, called: Called): string {
  const what = failed === 1 ? 'the file' : `the ${failed} files`;
  const whom = peerId === undefined ? 'its sender' : printable(called(peerId));
  return `Asked ${whom} for ${what} of ${printable(name)} (${transferId}) that did not come`;
}

function described(row: TransferRow, how: Changed['how'], called: Called): string {
  const name = `${printable(row.name)} (${row.transferId})`;
  const size = sizeText(row.bytes);
  const all = row.totalBytes === null ? '' : ` of ${sizeText(row.totalBytes)}`;
  switch (how) {
    case 'cancelled':
      return row.direction === 'up'
        ? `${name}, ${size}${all} arrived`
        : `${name}, ${size}${all} thrown away`;
    case 'prioritized':
      return `${name} has ${row.priority} priority`;
    default: {
      if (row.direction === 'up')
        return `${nameText(row, called)} (${row.transferId}), ${size}${all} arrived`;
      const files = row.files === null || row.files < 2 ? '' : `, ${filesText(row)}`;
      return `${name}, ${size}${all} here${files}`;
    }
  }
}

function filesText({ files, filesDone }: TransferRow): string {
  return `${filesDone ?? 0} of ${countText(files ?? 0, 'file')}`;
}

/** @returns `upload 2.0 MiB/s, download off, ...`. */
export function limitsText(limits: RateLimits): string {
  return LIMIT_KINDS.map((kind) => {
    const rate = limits[kind];
    return `${kind} ${rate === null ? 'off' : rateText(rate)}`;
  }).join(', ');
}
