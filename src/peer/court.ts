/** What follows for a peer that sent what its own proof contradicts: the user is told, and a habit shuts it out. */
import type { Bans } from './bans.js';
import type { Crew } from './crew.js';
import type { News } from './download-entry.js';
import type { Neighbours } from './neighbours.js';
import type { Outlet } from './outlet.js';

export type Court = {
  readonly bans: Bans;
  readonly crew: Pick<Crew, 'send'>;
  readonly neighbours: Pick<Neighbours, 'block' | 'reach'>;
  readonly outlet: Pick<Outlet, 'tell'>;
};

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

/** Tells everybody who deals with peers who is banned now, in place of those before, and writes it down. */
export function enforceBans({ bans, crew, neighbours, outlet }: Court): void {
  const peers = bans.all;
  for (const actor of ['mesh', 'transfer-server', 'receiver', 'distributor'] as const) {
    crew.send(actor, { type: 'refuse', peers });
  }
  neighbours.block(peers);
  bans.save().catch((error: Error) => {
    outlet.tell({
      type: 'error',
      code: 'data-failed',
      message: `The ban could not be written: ${error.message}`,
    });
  });
}
