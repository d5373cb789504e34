/** What the page reads of its peer in whole lists. */
import { MOST_ROWS } from '#src/api/operation.js';
import type { Ask, AskedInput, Overview } from '#web/api/answers.js';
import { allRows } from './all-rows.js';
import type { Offers } from './offers.js';
import { type Peers, peersFrom } from './peers.js';
import { type Shares, sharesFrom } from './shares.js';
import { type Transfers, transfersFrom } from './transfers.js';

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

/** @param asked whose, and before which. @returns a part of them, and whether there are no earlier ones. */
export async function readEarlier(ask: Ask, asked: AskedInput<'listMessages'>) {
  const rows = await ask('listMessages', { ...asked, count: MOST_ROWS });
  return { rows, isAll: rows.length < MOST_ROWS };
}

/** All of them, beginning with what an overview has. Rejects as `ask` does. */
export async function peersOf(ask: Ask, { peers, blocked }: Overview): Promise<Peers> {
  return peersFrom(await allRows(ask, 'listPeers', peers), blocked.items);
}

/** As `peersOf`. */
export async function transfersOf(ask: Ask, { transfers }: Overview): Promise<Transfers> {
  return transfersFrom(await allRows(ask, 'listTransfers', transfers));
}

/** As `peersOf`. */
export function offersOf(ask: Ask, { offers }: Overview): Promise<Offers> {
  return allRows(ask, 'listOffers', offers);
}
