/** What somebody who comes wants to see at once. */
import { MOST_ROWS, type Page } from '#src/api/operation.js';
import type { Peer } from '#src/peer/api.js';

/** Of a list in an overview, in UTF-16 code units of JSON. There are five, and a page reads lines of 4 Mi. */
const MOST_LIST_LENGTH = 512 * 1024;

export function statusOf(peer: Peer) {
  const { host, ports } = peer;
  return { ...peer.status(), host, ports, pid: process.pid };
}

/** Each list has what fits into its part of a line: what others say and are called never makes one that nobody can read. */
export async function overviewOf(peer: Peer) {
  const transfers = beginOf(await peer.transfers());
  return {
    status: statusOf(peer),
    peers: beginOf(peer.peers()),
    blocked: beginOf(peer.peers({ blocked: true })),
    transfers,
    offers: beginOf(peer.offers()),
    messages: fitting(peer.messages({ all: true, count: MOST_ROWS }).toReversed()).toReversed(),
  };
}

function beginOf<Row>(rows: readonly Row[]): Page<Row> {
  return { items: fitting(rows.slice(0, MOST_ROWS)), total: rows.length };
}

/** @returns the first rows, as many as fit. */
function fitting<Row>(rows: readonly Row[]): Row[] {
  let length = 0;
  const end = rows.findIndex((row) => {
    length += JSON.stringify(row).length;
    return length > MOST_LIST_LENGTH;
  });
  return rows.slice(0, end === -1 ? rows.length : end);
}
