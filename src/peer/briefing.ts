/** What of a peer an actor is told as a life of it begins: asked of all parts at that moment. */
import type * as Discovery from '#workers/discovery.js';
import type * as Distributor from '#workers/distributor.js';
import type * as Mesh from '#workers/mesh.js';
import type * as Receiver from '#workers/receiver.js';
import type * as TrackerClient from '#workers/tracker-client.js';
import type * as TransferServer from '#workers/transfer-server.js';
import type { Parts } from './parts.js';
import { refusedPeers } from './trust/court.js';

/** What changes while a peer lives, computed afresh for each life of an actor. */
export type Briefing = {
  readonly refused: () => TransferServer.Init['refused'];
  readonly trusted: () => Mesh.Init['trusted'];
  /** Whose links come before those of acquaintances. */
  readonly kept: () => Mesh.Init['kept'];
  readonly catalogue: () => Mesh.Init['catalogue'];
  readonly history: () => Mesh.Init['history'];
  readonly standing: () => Discovery.Init['standing'];
  readonly contents: () => TransferServer.Init['contents'];
  readonly preferred: () => TransferServer.Init['preferred'];
  /** Of the limits that all threads share. */
  readonly rates: () => SharedArrayBuffer;
  readonly receiverOrders: () => Receiver.Init['orders'];
  readonly distributorOrders: () => Distributor.Init['orders'];
  readonly knownTrackers: () => TrackerClient.Init['known'];
  /** Whether the peer has been announced: the first time that waits until everything listens. */
  readonly isAnnounced: () => boolean;
  /** Whoever shows it to the web actor may do everything. */
  readonly token: () => string;
  /** Where the page was served before, or shall be. */
  readonly pagePort: () => number;
};

export function briefingFrom(parts: () => Parts): Briefing {
  return {
    refused: () => refusedPeers(parts()),
    trusted: () => parts().trust.trusted,
    kept: () => parts().neighbours.kept,
    catalogue: () => parts().library.contents.catalogue(),
    history: () => parts().conversation.history,
    standing: () => parts().standings.own,
    contents: () => parts().library.contents.served(),
    preferred: () => parts().offers.sends.control.preferred,
    rates: () => parts().limits.memory,
    receiverOrders: () => {
      const { library, neighbours } = parts();
      return [...library.receiverOrders(), ...neighbours.receiverOrders()];
    },
    distributorOrders: () => {
      const { library, neighbours } = parts();
      return [...library.distributorOrders(), ...neighbours.distributorOrders()];
    },
    knownTrackers: () => parts().knownTrackers.all,
    isAnnounced: () => parts().announced.is,
    token: () => parts().page.token,
    pagePort: () => parts().page.port,
  };
}
