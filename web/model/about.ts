/** What a call was about, as its user knows it: ids that the page asks with become the names that stand beside them. Pure. */
import type { Failure } from '#web/api/failure.js';
import type { Offers } from './offers.js';
import type { Peers } from './peers.js';
import type { Shares } from './shares.js';
import type { Transfers } from './transfers.js';

export type Trouble = Failure & { readonly about: string };

type Named = {
  readonly peers: { readonly value: Peers };
  readonly shares: { readonly value: Shares };
  readonly transfers: { readonly value: Transfers };
  readonly offers: { readonly value: Offers };
};

type Words = Readonly<Record<string, string | undefined>>;
type Several = { readonly paths?: readonly string[] };

/** @param input of the call. @returns what it names; empty where it names nothing. */
export function aboutOf(input: object, named: Named): string {
  const several = (input as Several).paths?.join(', ');
  const { peer, share, transfer, offer, name, path, address, actor } = input as Words;
  const { known, blocked } = named.peers.value;
  const id = share ?? name;
  const row =
    known.get(peer as never) ??
    blocked.get(peer as never) ??
    named.shares.value.find((one) => one.id === id) ??
    [...named.transfers.value.values()].find((one) => one.transferId === transfer) ??
    named.offers.value.find((one) => one.offerId === offer);
  return row?.name || (id ?? path ?? several ?? address ?? actor ?? '');
}
