/** What the page reads of its peer in whole lists. */
import type { Ask } from '#web/api/answers.js';
import { allRows } from './all-rows.js';
import { type Peers, peersFrom } from './peers.js';
import { type Shares, sharesFrom } from './shares.js';

export async function readPeers(ask: Ask): Promise<Peers> {
  const [known, blocked] = await Promise.all([
    allRows(ask, 'listPeers'),
    ask('listPeers', { blocked: true }),
  ]);
  return peersFrom(known, blocked.items);
}

export async function readShares(ask: Ask, before: Shares): Promise<Shares> {
  return sharesFrom(before, await allRows(ask, 'listShares'));
}
