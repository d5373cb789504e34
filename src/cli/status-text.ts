/** How a peer is, as `status` shows it: a few lines, then tables of what is under way. */
import { strayCount } from '#src/domain/datagram/strays.js';
import { printable } from '#src/domain/printable.js';
import { clockText, countText, rateText, shortId, sizeText } from './amounts.js';
import type { Answer } from './answer.js';
import { type Column, folded, table } from './table.js';
import { rttText } from './topology-tree.js';
import { limitsText } from './transfer-table.js';

type Status = Extract<Answer, { type: 'status' }>;

export function statusText(answer: Status, width: number): string {
  const lines = [
    `${printable(answer.name)} (${shortId(answer.peerId)})${answer.private ? ', in a private network' : ''}`,
    `up ${clockText(answer.uptimeMs)}, ${countText(answer.peers, 'peer')}, ${countText(answer.shares, 'share')}, ${answer.hashing} being hashed`,
    `${countText(answer.keptChunks, 'chunk')} kept for others, ${sizeText(answer.servedBytes)} served`,
  ];
  if (Object.values(answer.limits).some((rate) => rate !== null)) {
    lines.push(...folded(`limits: ${limitsText(answer.limits)}`, width));
  }
  if (strayCount(answer.strays) > 0) lines.push(...folded(strayText(answer.strays), width));
  if (answer.downloads.length > 0) lines.push('', downloads(answer, width));
  if (answer.links.length > 0) lines.push('', links(answer, width));
  if (answer.trackers.length > 0) lines.push('', trackers(answer, width));
  return [...lines, '', actors(answer, width)].join('\n');
}

/** For whoever wonders why a way is slow, or who knocks. */
function strayText(strays: Status['strays']): string {
  const { strangers, unknown, ignored, damaged, unsent } = strays;
  const count = countText(strayCount(strays), 'datagram');
  const kinds = `${strangers} foreign, ${unknown} unknown, ${ignored} ignored, ${damaged} damaged, ${unsent} unsent`;
  return `${count} came to nothing:\n  ${kinds}`;
}

function downloads(answer: Status, width: number): string {
  const columns: readonly Column[] = [
    { head: 'DOWNLOAD' },
    { head: 'ID', width: 8 },
    { head: 'CHUNKS', width: 15, right: true },
    { head: 'RATE', width: 12, right: true },
    { head: 'FROM', width: 12, right: true },
  ];
  const rows = answer.downloads.map((row) => [
    printable(row.name),
    shortId(row.id),
    `${row.have}/${row.chunks}`,
    rateText(row.bytesPerSecond),
    fromText(row.sources),
  ]);
  return table(columns, rows, width);
}

function links(answer: Status, width: number): string {
  const columns: readonly Column[] = [
    { head: 'LINK' },
    { head: 'ID', width: 8 },
    { head: 'RTT', width: 8, right: true },
    { head: 'BY', width: 8 },
    { head: 'MESH', width: 9 },
    { head: 'UP', width: 8, right: true },
    { head: 'IN', width: 10, right: true },
    { head: 'OUT', width: 10, right: true },
  ];
  const rows = answer.links.map((row) => [
    printable(row.name),
    shortId(row.peerId),
    rttText(row.rttMs),
    row.direction,
    row.neighbour ? 'neighbour' : '',
    clockText(row.sinceMs),
    sizeText(row.bytesIn),
    sizeText(row.bytesOut),
  ]);
  return table(columns, rows, width);
}

/** Those that do not take this peer, and why, stand below: a reason is longer than a column. */
function trackers(answer: Status, width: number): string {
  const columns: readonly Column[] = [
    { head: 'TRACKER' },
    { head: 'STATE', width: 10 },
    { head: 'MEMBERS', width: 7, right: true },
  ];
  const rows = answer.trackers.map((row) => [
    printable(row.address),
    row.state,
    String(row.members),
  ]);
  const reasons = answer.trackers.flatMap(({ why }) => {
    return why === undefined ? [] : folded(printable(why), width - 2).map((line) => `  ${line}`);
  });
  return [table(columns, rows, Math.min(width, 48)), ...reasons].join('\n');
}

function fromText(sources: Status['downloads'][number]['sources']): string {
  const counted = (['tcp', 'udp'] as const).flatMap((transport) => {
    const count = sources.filter((source) => source.transport === transport).length;
    return count === 0 ? [] : [`${count} ${transport}`];
  });
  return counted.join(', ');
}

function actors(answer: Status, width: number): string {
  const columns: readonly Column[] = [
    { head: 'ACTOR' },
    { head: 'STATE', width: 10 },
    { head: 'RESTARTS', width: 8, right: true },
  ];
  const rows = answer.actors.map((row) => [printable(row.actor), row.state, String(row.restarts)]);
  return table(columns, rows, Math.min(width, 48));
}
