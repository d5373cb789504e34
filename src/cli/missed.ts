/** What `get` says where it found nothing: its peer ends with it, so there is no `list` or `peers` to look at. */
import { nearest } from '#src/domain/nearest.js';
import { printable } from '#src/domain/printable.js';
import type { Peer } from '#src/peer/api.js';
import { peersMeant, tooShort } from '#src/peer/network/naming.js';

/** Names in one line: more are no help to whoever has mistyped one. */
const MOST_NAMES = 5;

type Wanted = { readonly what: string; readonly from: string | undefined };

/** @returns why nothing was found, and what those who are here have. */
export async function missedText(
  { what, from }: Wanted,
  peer: Pick<Peer, 'peers' | 'list'>,
): Promise<string> {
  const up = peer.peers().filter(({ state }) => state === 'up');
  if (up.length === 0) {
    return 'no other peer was met: `--peer HOST:PORT` connects to one by its address';
  }
  if (from !== undefined && peersMeant(from, up).length === 0) {
    const names = listed(up.map(({ name }) => name));
    return tooShort(from, up) ?? `no peer called ${printable(from)} was met, but ${names}`;
  }
  const rows = await peer.list();
  const names = [...new Set(rows.flatMap(({ name, sources }) => (sources > 0 ? [name] : [])))];
  const near = nearest(what, names);
  const first = near === undefined ? [] : [near];
  const offered = listed([...first, ...names.filter((name) => name !== near)]);
  const isOne = up.length === 1;
  const all = isOne ? '1 peer was met and has' : `${up.length} peers were met and have`;
  const who = from === undefined ? `${all} no such share` : `${printable(from)} does not share it`;
  return names.length === 0 ? `${who}, nor any other` : `${who}; there is ${offered}`;
}

function listed(names: readonly string[]): string {
  const more = names.length - MOST_NAMES;
  const told = names.slice(0, MOST_NAMES).map(printable).join(', ');
  return more > 0 ? `${told} and ${more} more` : told;
}
