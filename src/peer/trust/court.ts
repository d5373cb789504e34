/** Who is shut out: whom the user blocked, and who sent too often what its own proof contradicts. */
import type { PeerId } from '#src/domain/ids.js';
import type { Crew } from '#src/peer/crew.js';
import type { News } from '#src/peer/downloads/download-entry.js';
import type { Neighbours } from '#src/peer/network/neighbours.js';
import type { Outlet } from '#src/peer/outlet.js';
import type { Bans } from './bans.js';
import type { TrustList } from './trust-list.js';

export type Court = {
  readonly bans: Bans;
  readonly trust: Pick<TrustList, 'blocked'>;
  readonly crew: Pick<Crew, 'send'>;
  readonly neighbours: Pick<Neighbours, 'block' | 'reach'>;
  readonly outlet: Pick<Outlet, 'tell'>;
};

/** A conviction: the user is told, and a habit shuts the peer out. */
export function convict(conviction: News<'convict'>, court: Court): void {
  const { bans, neighbours, outlet } = court;
  const { peer, lie, isAttack } = conviction;
  const who = `${neighbours.reach(peer)?.name ?? 'A peer'} (${peer.slice(0, 8)})`;
  const isBanned = bans.convict(peer, isAttack);
  const what = isAttack ? 'made to attack' : 'that is not what it should be';
  const consequence = isBanned ? 'it is banned for a day' : 'it is asked no more for this download';
  const message = `${who} sent a ${lie} ${what}: ${consequence}.`;
  outlet.tell({ type: 'notice', code: 'poison', message });
  if (isBanned) enforceBans(court);
}

/** @returns who gets no connection: the blocked and the banned. */
export function refusedPeers({ bans, trust }: Pick<Court, 'bans' | 'trust'>): readonly PeerId[] {
  return [...new Set([...trust.blocked, ...bans.all])];
}

/** Tells everybody who deals with peers who is refused now, in place of those before. */
export function enforceRefusals(court: Court): void {
  const { crew, neighbours } = court;
  const peers = refusedPeers(court);
  for (const actor of ['mesh', 'transfer-server', 'receiver', 'distributor'] as const) {
    crew.send(actor, { type: 'refuse', peers });
  }
  neighbours.block(peers);
}

/** The bans have changed: they hold at once, and are written down. */
export function enforceBans(court: Court): void {
  const { bans, outlet } = court;
  enforceRefusals(court);
  bans.save().catch((error: Error) => {
    outlet.tell({
      type: 'error',
      code: 'data-failed',
      message: `The ban could not be written: ${error.message}`,
    });
  });
}
