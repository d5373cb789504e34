/** Where peers were, for the next start. */
import type { PeerId } from '#src/domain/ids.js';
import type { Address } from '#src/domain/peers/peer-row.js';
import { type Database, REMEMBERED_PEERS } from '#src/io/disk/database.js';
import type { PeerEvent } from '#src/peer/events.js';

/** Keeps the addresses of those who were up last. What fails is told, and costs no more than an address. */
export function rememberAddress(
  database: Database,
  { peerId, host, port }: Address & { readonly peerId: PeerId },
  tell: (event: PeerEvent) => void,
): void {
  const write = async () => {
    await database.put('peers', peerId, { host, port, at: Date.now() });
    const rows = await database.all('peers');
    const oldestFirst = rows.toSorted((left, right) => left[1].at - right[1].at);
    const surplus = Math.max(0, rows.length - REMEMBERED_PEERS);
    for (const [old] of oldestFirst.slice(0, surplus)) await database.remove('peers', old);
  };
  write().catch((error: Error) =>
    tell({
      type: 'notice',
      code: 'data-failed',
      message: `An address could not be remembered: ${error.message}`,
    }),
  );
}
