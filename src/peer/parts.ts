/** What one peer is made of on the main thread, put together: nothing runs yet. */
import { type ActorPool, createPool } from '#src/actor/pool-host.js';
import { newStrays } from '#src/domain/datagram/strays.js';
import type { PeerId } from '#src/domain/ids.js';
import { type ManifestStore, openManifestStore } from '#src/io/content/manifest-store.js';
import { Downloads } from '#src/peer/downloads/downloads.js';
import { Received } from '#src/peer/downloads/received.js';
import { POOL_SLOTS, REQUEST_THREADS } from '#src/peer/downloads/request-slots.js';
import { SegmentMaking } from '#src/peer/downloads/segment-making.js';
import { Transports } from '#src/peer/downloads/transports.js';
import { Answering } from '#src/peer/network/answering.js';
import { KnownTrackers } from '#src/peer/network/known-trackers.js';
import { LinkList } from '#src/peer/network/link-list.js';
import { Neighbours } from '#src/peer/network/neighbours.js';
import { otherOf } from '#src/peer/network/others.js';
import { Queries } from '#src/peer/network/queries.js';
import { Standings } from '#src/peer/network/standings.js';
import { Stopping } from '#src/peer/network/stopping.js';
import { TrackerList } from '#src/peer/network/tracker-list.js';
import { Givers } from '#src/peer/sends/givers.js';
import { Offers } from '#src/peer/sends/offers.js';
import { openSecrets } from '#src/peer/sends/open-secrets.js';
import { HasherJobs } from '#src/peer/shares/hasher-jobs.js';
import { Library } from '#src/peer/shares/library.js';
import { Lookup } from '#src/peer/shares/lookup.js';
import { Sharing } from '#src/peer/shares/sharing.js';
import { Conversation } from '#src/peer/talk/conversation.js';
import { PrivateMessages } from '#src/peer/talk/private-messages.js';
import { PrivateTalk } from '#src/peer/talk/private-talk.js';
import { Bans } from '#src/peer/trust/bans.js';
import { convict } from '#src/peer/trust/court.js';
import { TrustList } from '#src/peer/trust/trust-list.js';
import { meetPeer } from '#src/peer/trust/trusting.js';
import { PageAddress } from '#src/peer/web/page-address.js';
import { superviseTree } from '#src/supervision/supervisor.js';
import { briefingFrom } from './briefing.js';
import type { Crew } from './crew.js';
import type { Home } from './home.js';
import { Limits } from './limits.js';
import { Outlet } from './outlet.js';
import type { Statistics } from './statistics.js';
import { startersOf, treeOf } from './tree.js';

export type Parts = {
  readonly home: Home;
  readonly bans: Bans;
  readonly trust: TrustList;
  readonly knownTrackers: KnownTrackers;
  readonly trackers: TrackerList;
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
  readonly segmentMaking: SegmentMaking;
  readonly received: Received;
  readonly lookup: Lookup;
  readonly downloads: Downloads;
  readonly limits: Limits;
  readonly manifests: ManifestStore;
  readonly offers: Offers;
  readonly statistics: Statistics;
  readonly page: PageAddress;
  /** Set once the network has been told that this peer is here. */
  readonly announced: { is: boolean };
};

/** What all others rest on. */
type Ground = Pick<
  Parts,
  | 'home'
  | 'bans'
  | 'trust'
  | 'knownTrackers'
  | 'outlet'
  | 'pool'
  | 'crew'
  | 'conversation'
  | 'announced'
  | 'limits'
  | 'manifests'
>;

/** Those around, and what is held here: what is said and what is fetched rests on both. */
type Surroundings = Ground & Pick<Parts, 'neighbours' | 'library'>;

export async function makeParts(home: Home): Promise<Parts> {
  const outlet = new Outlet();
  const { messages, ...kept } = await openKept(home, outlet);
  const pool = createPool({ slots: POOL_SLOTS, threads: REQUEST_THREADS });
  // Actors are started later, when all parts exist.
  const starters = startersOf(
    home,
    pool,
    briefingFrom(() => parts),
  );
  const crew: Crew = superviseTree(treeOf(home.settings), { start: starters });
  const limits = new Limits(home.settings);
  const manifests = openManifestStore(home.folders.manifests);
  const running = { home, outlet, pool, crew, limits, manifests };
  const ground: Ground = { ...running, announced: { is: false }, ...kept };
  const neighbours = neighboursOn(ground, () => parts);
  const around: Surroundings = {
    ...ground,
    neighbours,
    library: new Library(crew, (id) => manifests.known(id)),
  };
  const talk = talkOver(around, messages);
  const parts: Parts = {
    ...around,
    ...talk,
    ...transfersOf(around, talk),
    trackers: new TrackerList(home.settings.trackers),
    page: new PageAddress(home.settings.ui.port, (event) => outlet.tell(event)),
    statistics: { servedBytes: 0, keptChunks: 0, strays: newStrays() },
  };
  return parts;
}

/** What earlier starts have left. */
async function openKept(home: Home, outlet: Outlet) {
  const bans = await Bans.open(home.folders.data);
  const trust = await TrustList.open(home.folders.data);
  const knownTrackers = await KnownTrackers.open(home.folders.data);
  const conversation = await Conversation.open(home, blockedBy(trust), outlet.tell.bind(outlet));
  const messages = await PrivateMessages.open(home.database, home.self.peerId);
  return { bans, trust, knownTrackers, conversation, messages };
}

/** @param parts exist once anybody comes. */
function neighboursOn(ground: Ground, parts: () => Parts): Neighbours {
  const { home, crew, outlet } = ground;
  const neighbours: Neighbours = new Neighbours(home, crew, (event) => {
    outlet.tell(event);
    if (event.type === 'peer-down') parts().offers.inbox.left(event.peerId);
    if (event.type !== 'peer-up') return;
    meetPeer(event, { ...ground, neighbours });
    parts().privateTalk.telling.returned(event);
  });
  return neighbours;
}

/** Links, and what is said and asked over them. */
function talkOver(around: Surroundings, messages: PrivateMessages) {
  const { home, crew, outlet, trust, conversation, library, neighbours } = around;
  const links = new LinkList();
  const tell = outlet.tell.bind(outlet);
  const isBlocked = blockedBy(trust);
  return {
    links,
    standings: new Standings(crew),
    queries: new Queries(crew),
    answering: new Answering({
      home,
      crew,
      links,
      catalogue: () => library.contents.catalogue(),
      addressesOf: (peer) => neighbours.addressesOf(peer),
      isRefused: (peer) => neighbours.isRefused(peer),
    }),
    privateTalk: new PrivateTalk({
      home,
      messages,
      crew,
      conversation,
      neighbours,
      isBlocked,
      meet: (peer) => {
        links.rename(peer.peerId, peer.name);
        meetPeer(peer, around);
      },
      known: (peer) => otherOf(peer, around),
      tell,
    }),
    stopping: new Stopping({ home, crew, isBlocked, tell }),
  };
}

/** What is shared from here, and what comes here. */
function transfersOf(around: Surroundings, talk: Pick<Parts, 'queries' | 'privateTalk' | 'links'>) {
  const { home, crew, pool, outlet, library, neighbours } = around;
  const tell = outlet.tell.bind(outlet);
  const hasherJobs = new HasherJobs(crew);
  const received = new Received(home, library, hasherJobs);
  const lookup = new Lookup(library, neighbours, talk.queries);
  const givers = new Givers();
  const downloads = new Downloads({
    home,
    crew,
    pool,
    transports: new Transports(home.settings.transfer.transport, tell),
    neighbours,
    givers,
    hasherJobs,
    library,
    lookup,
    received,
    tell,
    rates: around.limits.memory,
    similar: (...asked) => library.similar(...asked),
    knowsOf: openSecrets(home, library),
    kept: (id) => library.kept(id),
    manifests: around.manifests,
    convict: (conviction) => convict(conviction, around),
  });
  return {
    hasherJobs,
    segmentMaking: new SegmentMaking(home, crew, library, hasherJobs),
    received,
    lookup,
    downloads,
    offers: offersOn(around, talk, { hasherJobs, downloads, givers }),
    sharing: new Sharing(home, crew, library, tell),
  };
}

/** What is sent from here to others, and to here by them. */
function offersOn(
  around: Surroundings,
  talk: Pick<Parts, 'privateTalk' | 'links'>,
  transfers: Pick<Parts, 'hasherJobs' | 'downloads'> & { readonly givers: Givers },
): Offers {
  const { home, crew, outlet, library } = around;
  return new Offers({
    home,
    library,
    ...transfers,
    tell: outlet.tell.bind(outlet),
    reaching: talk.privateTalk.reaching,
    linked: () => talk.links.peers,
    linkedHosts: () => talk.links.rows.map(({ host }) => host),
    isBlocked: blockedBy(around.trust),
    trustOf: (peer) => around.trust.stateOf(peer),
    known: (peer) => otherOf(peer, around),
    order: (order) => crew.send('mesh', order),
    serve: (order) => crew.send('transfer-server', order),
  });
}

function blockedBy(trust: TrustList): (peer: PeerId) => boolean {
  return (peer) => trust.stateOf(peer) === 'blocked';
}
