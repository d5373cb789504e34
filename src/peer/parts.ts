/** What one peer is made of on the main thread, put together: nothing runs yet. */
import { type ActorPool, createPool } from '#src/actor/pool-host.js';
import { newStrays } from '#src/domain/datagram/strays.js';
import type { PeerId } from '#src/domain/ids.js';
import { openManifestStore } from '#src/io/manifest-store.js';
import { superviseTree } from '#src/supervision/supervisor.js';
import { Answering } from './answering.js';
import { Bans } from './bans.js';
import { Conversation } from './conversation.js';
import { convict, refusedPeers } from './court.js';
import type { Crew } from './crew.js';
import { Downloads } from './downloads.js';
import { HasherJobs } from './hasher-jobs.js';
import type { Home } from './home.js';
import { KnownTrackers } from './known-trackers.js';
import { Library } from './library.js';
import { Limits } from './limits.js';
import { LinkList } from './link-list.js';
import { Lookup } from './lookup.js';
import type { NamedPeer } from './naming.js';
import { Neighbours } from './neighbours.js';
import { otherOf } from './others.js';
import { Outlet } from './outlet.js';
import { PrivateMessages } from './private-messages.js';
import { PrivateTalk } from './private-talk.js';
import { Queries } from './queries.js';
import { Received } from './received.js';
import { POOL_SLOTS } from './request-slots.js';
import { Sharing } from './sharing.js';
import { Standings } from './standings.js';
import type { Statistics } from './statistics.js';
import { Stopping } from './stopping.js';
import { Transports } from './transports.js';
import { startersOf, treeOf } from './tree.js';
import { TrustList } from './trust-list.js';
import { meetPeer } from './trusting.js';

export type Parts = {
  readonly home: Home;
  readonly bans: Bans;
  readonly trust: TrustList;
  readonly knownTrackers: KnownTrackers;
  readonly outlet: Outlet;
  readonly pool: ActorPool;
  readonly crew: Crew;
  readonly library: Library;
  readonly neighbours: Neighbours;
  readonly links: LinkList;
  readonly queries: Queries;
  readonly answering: Answering;
  readonly conversation: Conversation;
  readonly stopping: Stopping;
  readonly standings: Standings;
  readonly privateTalk: PrivateTalk;
  readonly sharing: Sharing;
  readonly hasherJobs: HasherJobs;
  readonly received: Received;
  readonly lookup: Lookup;
  readonly downloads: Downloads;
  readonly limits: Limits;
  readonly statistics: Statistics;
  /** Set once the network has been told that this peer is here. */
  readonly announced: { is: boolean };
};

export async function makeParts(home: Home): Promise<Parts> {
  const outlet = new Outlet();
  const tell = outlet.tell.bind(outlet);
  const bans = await Bans.open(home.folders.data);
  const trust = await TrustList.open(home.folders.data);
  const knownTrackers = await KnownTrackers.open(home.folders.data);
  const isBlocked = (peer: PeerId) => trust.stateOf(peer) === 'blocked';
  const conversation = await Conversation.open(home, isBlocked, tell);
  const messages = await PrivateMessages.open(home.database, home.self.peerId);
  const pool = createPool({ slots: POOL_SLOTS });
  const announced = { is: false };
  const limits = new Limits(home.settings);
  // Actors are started later, when everything below exists.
  const starters = startersOf(home, pool, {
    refused: () => refusedPeers({ bans, trust }),
    trusted: () => trust.trusted,
    kept: () => neighbours.kept,
    catalogue: () => library.contents.catalogue(),
    history: () => conversation.history,
    standing: () => standings.own,
    contents: () => library.contents.offered(),
    rates: () => limits.memory,
    receiverOrders: () => [...library.receiverOrders(), ...neighbours.receiverOrders()],
    distributorOrders: () => [...library.distributorOrders(), ...neighbours.distributorOrders()],
    knownTrackers: () => knownTrackers.all,
    isAnnounced: () => announced.is,
  });
  const crew: Crew = superviseTree(treeOf(home.settings), { start: starters });
  const standings: Standings = new Standings(crew);
  const library: Library = new Library(crew);
  const meet = (peer: NamedPeer) => meetPeer(peer, { home, bans, trust, crew, neighbours, outlet });
  const neighbours: Neighbours = new Neighbours(home, crew, (event) => {
    tell(event);
    if (event.type === 'peer-up') {
      meet(event);
      privateTalk.telling.returned(event);
    }
  });
  const links = new LinkList();
  const answering = new Answering({
    home,
    crew,
    links,
    catalogue: () => library.contents.catalogue(),
    addressesOf: (peer) => neighbours.addressesOf(peer),
    isRefused: (peer) => neighbours.isRefused(peer),
  });
  const privateTalk: PrivateTalk = new PrivateTalk({
    home,
    messages,
    crew,
    conversation,
    neighbours,
    isBlocked,
    meet,
    known: (peer) => otherOf(peer, { home, bans, trust, neighbours }),
    tell,
  });
  const hasherJobs = new HasherJobs(crew);
  const received = new Received(home, library, hasherJobs);
  const queries = new Queries(crew);
  const lookup = new Lookup(library, neighbours, queries);
  const downloads = new Downloads({
    home,
    crew,
    pool,
    transports: new Transports(home.settings.transfer.transport, tell),
    neighbours,
    hasherJobs,
    library,
    lookup,
    received,
    tell,
    rates: limits.memory,
    kept: (id) => library.kept(id),
    manifests: openManifestStore(home.folders.manifests),
    convict: (conviction) => convict(conviction, { bans, trust, crew, neighbours, outlet }),
  });
  return {
    home,
    bans,
    trust,
    knownTrackers,
    outlet,
    pool,
    crew,
    library,
    neighbours,
    links,
    queries,
    answering,
    conversation,
    stopping: new Stopping({ home, crew, isBlocked, tell }),
    standings,
    privateTalk,
    hasherJobs,
    received,
    lookup,
    downloads,
    limits,
    announced,
    sharing: new Sharing(home, crew, library, tell),
    statistics: { servedBytes: 0, keptChunks: 0, strays: newStrays() },
  };
}
