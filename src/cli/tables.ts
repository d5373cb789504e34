/** Answers as tables, never wider than the terminal. */
import { printable } from '#src/domain/printable.js';
import { unreachable } from '#src/domain/unreachable.js';
import { dateText, shortId, sizeText } from './amounts.js';
import type { Answer } from './answer.js';
import { offerRejected, offersTable, receiptsTable } from './offer-sentences.js';
import { address, messageText } from './sentence.js';
import { statusText } from './status-text.js';
import { type Column, folded, table } from './table.js';
import { topologyTree } from './topology-tree.js';
import { type Called, limitsText, transfers, transfersChanged } from './transfer-table.js';

type Of<T extends Answer['type']> = Extract<Answer, { type: T }>;

/** @param called how the user tells a peer from others. @returns the answer as lines, each at most `width` columns wide. */
export function tableOf(answer: Answer, width: number, called: Called): string {
  switch (answer.type) {
    case 'list':
      return list(answer, width);
    case 'peers':
      return peers(answer, width);
    case 'status':
      return statusText(answer, width);
    case 'help':
      return help(answer, width);
    case 'find':
      return found(answer, width);
    case 'topology':
      return answer.dot ?? topologyTree(answer, width);
    case 'transfers':
      return transfers(answer, width, called);
    case 'transfers-changed':
      return transfersChanged(answer, called);
    case 'limits':
      return `Limits: ${limitsText(answer.limits)}`;
    case 'history':
      return history(answer);
    case 'peer-added':
      return `Connected: ${printable(answer.name)} (${shortId(answer.peerId)}) at ${address(answer.host, answer.port)}`;
    case 'offers':
      return offersTable(answer.offers, width);
    case 'receipts':
      return receiptsTable(answer.receipts, width);
    case 'offer-rejected':
      return offerRejected(answer);
    case 'drilled':
      return `Drill: ${answer.kind} ${printable(answer.actor)}`;
    default:
      return unreachable(answer);
  }
}

/** Lines of a conversation are as long as they are: a terminal wraps them. */
function history({ messages }: Of<'history'>): string {
  if (messages.length === 0) return 'Nothing was said yet. `say TEXT` says something to everybody.';
  const lines = messages.map((message) => `${dateText(message.sentAt)}  ${messageText(message)}`);
  return lines.join('\n');
}

function list({ shares }: Of<'list'>, width: number): string {
  if (shares.length === 0) {
    return 'Nothing is shared here or by others that fits. `share PATH` shares a file or a folder.';
  }
  const columns: readonly Column[] = [
    { head: 'NAME' },
    { head: 'ID', width: 8 },
    { head: 'CHUNKS', width: 15, right: true },
    { head: 'SIZE', width: 10, right: true },
    { head: 'SOURCES', width: 7, right: true },
  ];
  const rows = shares.map((row) => [
    printable(row.name),
    shortId(row.id),
    `${row.have}/${row.chunks}`,
    sizeText(row.bytes),
    String(row.sources),
  ]);
  return table(columns, rows, width);
}

function found({ contents }: Of<'find'>, width: number): string {
  if (contents.length === 0) {
    return 'Nothing found: nobody in the network has it under that whole name or id; `list PART` shows names with PART in them.';
  }
  const columns: readonly Column[] = [
    { head: 'NAME' },
    { head: 'ID', width: 8 },
    { head: 'SIZE', width: 10, right: true },
    { head: 'CHUNKS', width: 15, right: true },
    { head: 'AT', width: 24 },
  ];
  const rows = contents.map((row) => [
    printable(row.name),
    shortId(row.id),
    sizeText(row.bytes),
    `${row.have}/${row.chunks}`,
    whereText(row),
  ]);
  return table(columns, rows, width);
}

function whereText({ path, sources }: Of<'find'>['contents'][number]): string {
  const names = sources.map(({ name, peerId }) => printable(name) || shortId(peerId));
  return [...(path === null ? [] : ['here']), ...names].join(', ');
}

function peers({ peers, blocked }: Of<'peers'>, width: number): string {
  if (peers.length === 0 && blocked) return 'Nobody is blocked.';
  if (peers.length === 0)
    return 'No peers yet. They appear by themselves; `add HOST:PORT` dials one.';
  const columns: readonly Column[] = [
    { head: 'NAME' },
    { head: 'ID', width: 8 },
    { head: 'ADDRESS', width: 30 },
    { head: 'STATE', width: 10 },
    blocked ? { head: 'WHY', width: 28 } : { head: 'TRUST', width: 7 },
  ];
  const rows = peers.map((row) => [
    printable(row.name),
    shortId(row.peerId),
    row.host === '' ? '' : address(row.host, row.port),
    row.state,
    row.bannedUntil === undefined ? row.trust : `banned until ${dateText(row.bannedUntil)}`,
  ]);
  return [table(columns, rows, width), ...peers.flatMap(absence)].join('\n');
}

/** Few are away, and a column for them would take the room of a name. */
function absence({ name, peerId, status }: Of<'peers'>['peers'][number]): readonly string[] {
  return status === undefined
    ? []
    : [`${printable(name)} (${shortId(peerId)}) is ${printable(status)}`];
}

/** Below it two columns of text are two columns of single words. */
const NARROW_COLUMNS = 60;

/** A usage that is too long for its column has a line of its own; on a narrow terminal each has. */
function help({ commands }: Of<'help'>, width: number): string {
  const column = width < NARROW_COLUMNS ? 4 : 24;
  return commands
    .flatMap(({ usage, about }) => {
      const [first = '', ...rest] = folded(about, width - column);
      const indented = (line: string) => `${' '.repeat(column)}${line}`;
      return usage.length < column
        ? [`${usage.padEnd(column)}${first}`, ...rest.map(indented)]
        : [...folded(usage, width), ...[first, ...rest].map(indented)];
    })
    .join('\n');
}
