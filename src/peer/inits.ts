/** What each actor is told as a life of it begins: settings, and what has changed since the life before. */
import { parseTracker } from '#src/domain/tracker/tracker-address.js';
import type * as Discovery from '#workers/discovery.js';
import type * as Distributor from '#workers/distributor.js';
import type * as Hasher from '#workers/hasher.js';
import type * as Mesh from '#workers/mesh.js';
import type * as Receiver from '#workers/receiver.js';
import type * as TrackerClient from '#workers/tracker-client.js';
import type * as TransferServer from '#workers/transfer-server.js';
import type * as Web from '#workers/web.js';
import type { Briefing } from './briefing.js';
import { type Home, placeOf } from './home.js';

export function transferServerInit(home: Home, briefing: Briefing): TransferServer.Init {
  return {
    ...placeOf(home, home.self.ports.transfer),
    ...commonOf(home, briefing),
    transports: home.settings.transfer.transport === 'tcp' ? ['tcp'] : ['tcp', 'udp'],
    segments: home.settings.transfer.delta ? home.folders.segments : null,
    contents: briefing.contents(),
    preferred: briefing.preferred(),
  };
}

export function hasherInit({ folders }: Home): Hasher.Init {
  return { manifests: folders.manifests };
}

export function receiverInit(home: Home, briefing: Briefing): Receiver.Init {
  const { distribution, store } = home.settings;
  return {
    ...placeOf(home, home.self.ports.receiver),
    ...commonOf(home, briefing),
    store: home.folders.store,
    quotaBytes: store.quotaBytes,
    enabled: distribution.enabled && store.quotaBytes > 0,
    orders: briefing.receiverOrders(),
  };
}

export function distributorInit(home: Home, briefing: Briefing): Distributor.Init {
  const { distribution } = home.settings;
  return {
    ...placeOf(home, home.self.ports.distributor),
    ...commonOf(home, briefing),
    intervalMs: distribution.intervalMs,
    copies: distribution.enabled ? distribution.copies : 0,
    roundBytes: distribution.roundBytes,
    orders: briefing.distributorOrders(),
  };
}

export function meshInit(home: Home, briefing: Briefing): Mesh.Init {
  return {
    ...placeOf(home, home.self.ports.mesh),
    ...pingsOf(home),
    refused: briefing.refused(),
    trusted: briefing.trusted(),
    kept: briefing.kept(),
    most: home.settings.links.most,
    catalogue: briefing.catalogue(),
    history: briefing.history(),
  };
}

/** It needs no place of its own: all peers of a network share its port. */
export function discoveryInit(
  { settings, self, credentials }: Home,
  briefing: Briefing,
): Discovery.Init {
  const { port, heartbeatMs, expiryMs } = settings.discovery;
  const { host } = settings;
  const announcing = briefing.isAnnounced();
  const standing = briefing.standing();
  const times = { heartbeatMs, expiryMs };
  return { discoveryPort: port, host, self, credentials, ...times, announcing, standing };
}

export function trackerClientInit(home: Home, briefing: Briefing): TrackerClient.Init {
  const { settings, self, credentials } = home;
  return {
    trackers: settings.trackers.flatMap((text) => parseTracker(text) ?? []),
    known: briefing.knownTrackers(),
    flag: settings.tracker.flag ?? '',
    heartbeatMs: settings.tracker.heartbeatMs,
    self,
    credentials,
    announcing: briefing.isAnnounced(),
  };
}

export function webInit({ settings, folders }: Home, briefing: Briefing): Web.Init {
  const { ui, control } = settings;
  return {
    control: control ? folders.data : null,
    port: ui.enabled ? briefing.pagePort() : null,
    token: briefing.token(),
    manifests: folders.manifests,
    uploads: folders.uploads,
  };
}

function commonOf(home: Home, briefing: Briefing) {
  return {
    ...pingsOf(home),
    manifests: home.folders.manifests,
    refused: briefing.refused(),
    rates: briefing.rates(),
  };
}

function pingsOf({ settings }: Home) {
  return { pingMs: settings.mesh.pingMs, deadAfterMs: settings.mesh.deadAfterMs };
}
