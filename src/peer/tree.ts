/**
 * The supervision tree of one peer, and how each of its actors is started. Started from top to bottom, stopped
 * from bottom to top: discovery says goodbye first, then the links, and what is being served last.
 */
import type { Settings } from '#config/load.js';
import type { ActorHandle } from '#src/actor/actor.js';
import type { ActorPool } from '#src/actor/pool-host.js';
import { threadFile } from '#src/actor/thread-file.js';
import { startOnWorker } from '#src/actor/worker-host.js';
import { P2pError } from '#src/domain/errors.js';
import { parseTracker } from '#src/domain/tracker-address.js';
import type { Tree } from '#src/supervision/tree.js';
import type * as Discovery from '#workers/discovery.js';
import type * as Distributor from '#workers/distributor.js';
import type * as Hasher from '#workers/hasher.js';
import type * as Mesh from '#workers/mesh.js';
import type * as Receiver from '#workers/receiver.js';
import type * as TrackerClient from '#workers/tracker-client.js';
import type * as TransferServer from '#workers/transfer-server.js';
import { type Home, placeOf } from './home.js';

/** A goodbye takes 80 ms, a chunk on a slow disk a second; whoever needs longer is stuck. */
const SHUTDOWN_MS = 2000;

const permanent = (name: string) =>
  ({ name, restart: 'permanent', shutdownMs: SHUTDOWN_MS }) as const;

/** Discovery may be switched off; a client for trackers is there where there are trackers. */
export function treeOf({ discovery, trackers }: Settings): Tree {
  const finders = [
    permanent('mesh'),
    ...(discovery.enabled ? [permanent('discovery')] : []),
    ...(trackers.length > 0 ? [permanent('tracker-client')] : []),
  ];
  return {
    groups: [
      { strategy: 'one-for-one', children: [permanent('transfer-server'), permanent('hasher')] },
      // What the distributor gives rests on what the receiver keeps: it starts over with it.
      { strategy: 'rest-for-one', children: [permanent('receiver'), permanent('distributor')] },
      { strategy: 'one-for-one', children: finders },
    ],
  };
}

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
  readonly rates: () => SharedArrayBuffer;
  readonly receiverOrders: () => Receiver.Init['orders'];
  readonly distributorOrders: () => Distributor.Init['orders'];
  readonly knownTrackers: () => TrackerClient.Init['known'];
  /** Whether the peer has been announced: the first time that waits until everything listens. */
  readonly isAnnounced: () => boolean;
};

export type Starters = {
  readonly 'transfer-server': () => ActorHandle<TransferServer.In, TransferServer.Out>;
  readonly hasher: () => ActorHandle<Hasher.In, Hasher.Out>;
  readonly receiver: () => ActorHandle<Receiver.In, Receiver.Out>;
  readonly distributor: () => ActorHandle<Distributor.In, Distributor.Out>;
  readonly mesh: () => ActorHandle<Mesh.In, Mesh.Out>;
  readonly discovery: () => ActorHandle<Discovery.In, Discovery.Out>;
  readonly 'tracker-client': () => ActorHandle<TrackerClient.In, TrackerClient.Out>;
};

/** @param briefing is asked anew for each life. */
export function startersOf(home: Home, pool: ActorPool, briefing: Briefing): Starters {
  const inits = initsOf(home, briefing);
  return {
    'transfer-server': () =>
      onOwnThread<TransferServer.Init, TransferServer.In, TransferServer.Out>(
        'transfer-server',
        inits.transferServer(),
      ),
    hasher: () => {
      const handle = pool.start<Hasher.Init, Hasher.In, Hasher.Out>(
        threadFile('hasher'),
        inits.hasher(),
      );
      // One slot of the pool is the hasher's: requests never take it.
      if (handle === undefined) throw new P2pError('limit', 'no thread is free for the hasher');
      return handle;
    },
    receiver: () =>
      onOwnThread<Receiver.Init, Receiver.In, Receiver.Out>('receiver', inits.receiver()),
    distributor: () =>
      onOwnThread<Distributor.Init, Distributor.In, Distributor.Out>(
        'distributor',
        inits.distributor(),
      ),
    mesh: () => onOwnThread<Mesh.Init, Mesh.In, Mesh.Out>('mesh', inits.mesh()),
    discovery: () =>
      onOwnThread<Discovery.Init, Discovery.In, Discovery.Out>('discovery', inits.discovery()),
    'tracker-client': () =>
      onOwnThread<TrackerClient.Init, TrackerClient.In, TrackerClient.Out>(
        'tracker-client',
        inits.trackerClient(),
      ),
  };
}

/** What each actor is told as a life of it begins. */
function initsOf(home: Home, briefing: Briefing) {
  const { settings, folders } = home;
  const { manifests, store } = folders;
  const { ports } = home.self;
  const pings = { pingMs: settings.mesh.pingMs, deadAfterMs: settings.mesh.deadAfterMs };
  const common = () => ({
    ...pings,
    manifests,
    refused: briefing.refused(),
    rates: briefing.rates(),
  });
  const isSpreading = settings.distribution.enabled;
  return {
    transferServer: (): TransferServer.Init => ({
      ...placeOf(home, ports.transfer),
      ...common(),
      transports: settings.transfer.transport === 'tcp' ? ['tcp'] : ['tcp', 'udp'],
      contents: briefing.contents(),
    }),
    hasher: (): Hasher.Init => ({ manifests }),
    receiver: (): Receiver.Init => ({
      ...placeOf(home, ports.receiver),
      ...common(),
      store,
      quotaBytes: settings.store.quotaBytes,
      enabled: isSpreading && settings.store.quotaBytes > 0,
      orders: briefing.receiverOrders(),
    }),
    distributor: (): Distributor.Init => ({
      ...placeOf(home, ports.distributor),
      ...common(),
      intervalMs: settings.distribution.intervalMs,
      copies: isSpreading ? settings.distribution.copies : 0,
      roundBytes: settings.distribution.roundBytes,
      orders: briefing.distributorOrders(),
    }),
    mesh: (): Mesh.Init => ({
      ...placeOf(home, ports.mesh),
      ...pings,
      refused: briefing.refused(),
      trusted: briefing.trusted(),
      kept: briefing.kept(),
      most: settings.links.most,
      catalogue: briefing.catalogue(),
      history: briefing.history(),
    }),
    discovery: () => discoveryInit(home, briefing),
    trackerClient: (): TrackerClient.Init => ({
      trackers: settings.trackers.flatMap((text) => parseTracker(text) ?? []),
      known: briefing.knownTrackers(),
      flag: settings.tracker.flag ?? '',
      heartbeatMs: settings.tracker.heartbeatMs,
      self: home.self,
      credentials: home.credentials,
      announcing: briefing.isAnnounced(),
    }),
  };
}

/** It needs no place of its own: all peers of a network share its port. */
function discoveryInit({ settings, self, credentials }: Home, briefing: Briefing): Discovery.Init {
  const { port, heartbeatMs, expiryMs } = settings.discovery;
  const { host } = settings;
  const announcing = briefing.isAnnounced();
  const standing = briefing.standing();
  const times = { heartbeatMs, expiryMs };
  return { discoveryPort: port, host, self, credentials, ...times, announcing, standing };
}

// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller names the contract.
function onOwnThread<Init, In, Out>(name: string, init: Init): ActorHandle<In, Out> {
  return startOnWorker<Init, In, Out>(threadFile(name), init, { name });
}
