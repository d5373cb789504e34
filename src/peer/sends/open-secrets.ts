/**
 * What a peer knows to be here without our telling: what is listed for all, and what came from it. Of anything else a sender
 * could learn that it is here, by offering it and seeing that nothing of it is asked for, or a receipt at once.
 */
import type { ContentId, PeerId } from '#src/domain/ids.js';
import type { Home } from '#src/peer/home.js';
import type { Library } from '#src/peer/shares/library.js';

export type KnowsOf = (peer: PeerId, id: ContentId) => Promise<boolean>;

export function openSecrets(home: Pick<Home, 'database'>, library: Library): KnowsOf {
  return async (peer, id) => {
    if (library.isListed(id)) return true;
    const received = await home.database.all('received');
    return received.some(([, record]) => record.id === id && record.from === peer);
  };
}
