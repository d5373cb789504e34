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
import type { Tree } from '#src/supervision/tree.js';
import type * as Discovery from '#workers/discovery.js';
import type * as Distributor from '#workers/distributor.js';
import type * as Hasher from '#workers/hasher.js';
import type * as Mesh from '#workers/mesh.js';
import type * as Receiver from '#workers/receiver.js';
import type * as TrackerClient from '#workers/tracker-client.js';
import type * as TransferServer from '#workers/transfer-server.js';
import type * as Web from '#workers/web.js';
import type { Briefing } from './briefing.js';
import type { Home } from './home.js';
import {
  discoveryInit,
  distributorInit,
  hasherInit,
  meshInit,
  receiverInit,
  trackerClientInit,
  transferServerInit,
  webInit,
} from './inits.js';

/** A goodbye takes 80 ms, a chunk on a slow disk a second; whoever needs longer is stuck. */
const SHUTDOWN_MS = 2000;

const permanent = (name: string) =>
  ({ name, restart: 'permanent', shutdownMs: SHUTDOWN_MS }) as const;

/** Discovery may be switched off; a client for trackers is there where there are trackers. */
export function treeOf({ discovery, trackers, ui, control }: Settings): Tree {
  const finders = [
    permanent('mesh'),
    ...(discovery.enabled ? [permanent('discovery')] : []),
    ...(trackers.length > 0 ? [permanent('tracker-client')] : []),
  ];
  const desks =
    ui.enabled || control ? [{ ...permanent('web'), isDispensable: true } as const] : [];
  return {
    groups: [
      { strategy: 'one-for-one', children: [permanent('transfer-server'), permanent('hasher')] },
      // What the distributor gives rests on what the receiver keeps: it starts over with it.
      { strategy: 'rest-for-one', children: [permanent('receiver'), permanent('distributor')] },
      { strategy: 'one-for-one', children: finders },
      // Nothing rests on it. Whoever asked it for the end of the peer waits for that: it is spared until then.
      { strategy: 'one-for-one', children: desks },
    ],
  };
}

export type Starters = {
  readonly 'transfer-server': () => ActorHandle<TransferServer.In, TransferServer.Out>;
  readonly hasher: () => ActorHandle<Hasher.In, Hasher.Out>;
  readonly receiver: () => ActorHandle<Receiver.In, Receiver.Out>;
  readonly distributor: () => ActorHandle<Distributor.In, Distributor.Out>;
  readonly mesh: () => ActorHandle<Mesh.In, Mesh.Out>;
  readonly discovery: () => ActorHandle<Discovery.In, Discovery.Out>;
  readonly web: () => ActorHandle<Web.In, Web.Out>;
  readonly 'tracker-client': () => ActorHandle<TrackerClient.In, TrackerClient.Out>;
};

/** @param briefing is asked anew for each life. */
export function startersOf(home: Home, pool: ActorPool, briefing: Briefing): Starters {
  return {
    'transfer-server': () =>
      onOwnThread<TransferServer.Init, TransferServer.In, TransferServer.Out>(
        'transfer-server',
        transferServerInit(home, briefing),
      ),
    hasher: () => {
      const handle = pool.start<Hasher.Init, Hasher.In, Hasher.Out>(
        threadFile('hasher'),
        hasherInit(home),
      );
      // One slot of the pool is the hasher's: requests never take it.
      if (handle === undefined) throw new P2pError('limit', 'no thread is free for the hasher');
      return handle;
    },
    receiver: () =>
      onOwnThread<Receiver.Init, Receiver.In, Receiver.Out>(
        'receiver',
        receiverInit(home, briefing),
      ),
    distributor: () =>
      onOwnThread<Distributor.Init, Distributor.In, Distributor.Out>(
        'distributor',
        distributorInit(home, briefing),
      ),
    mesh: () => onOwnThread<Mesh.Init, Mesh.In, Mesh.Out>('mesh', meshInit(home, briefing)),
    discovery: () =>
      onOwnThread<Discovery.Init, Discovery.In, Discovery.Out>(
        'discovery',
        discoveryInit(home, briefing),
      ),
    'tracker-client': () =>
      onOwnThread<TrackerClient.Init, TrackerClient.In, TrackerClient.Out>(
        'tracker-client',
        trackerClientInit(home, briefing),
      ),
    web: () => onOwnThread<Web.Init, Web.In, Web.Out>('web', webInit(home, briefing)),
  };
}

// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller names the contract.
function onOwnThread<Init, In, Out>(name: string, init: Init): ActorHandle<In, Out> {
  return startOnWorker<Init, In, Out>(threadFile(name), init, { name });
}
