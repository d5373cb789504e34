/** One peer: opens its home, brings its parts to life, and answers as `Peer`. */
import type { Settings } from '#config/load.js';
import { P2pError } from '#src/domain/errors.js';
import { transferMethods } from '#src/peer/downloads/transfer-methods.js';
import { networkMethods } from '#src/peer/network/network-methods.js';
import { peerRows } from '#src/peer/network/others.js';
import { offerMethods } from '#src/peer/sends/offer-methods.js';
import { listRows } from '#src/peer/shares/listing.js';
import { talkMethods } from '#src/peer/talk/talk-methods.js';
import { profileMethods } from '#src/peer/trust/profile-methods.js';
import { trustMethods } from '#src/peer/trust/trust-methods.js';
import { serveWeb } from '#src/peer/web/web-desk.js';
import type { Peer } from './api.js';
import { checkText } from './arguments.js';
import { startingError } from './ending.js';
import { openHome } from './home.js';
import { aboutSelf, Life } from './life.js';
import { makeParts, type Parts } from './parts.js';
import type { PeerRow, Share, Status } from './rows.js';
import { actorOf } from './supervision-facts.js';

/** `list` waits so long for catalogues still coming. */
const LIST_WAITS_MS = 2000;

/** @param base the first of its four ports. @throws P2pError as `createPeer` does */
export async function openNode(settings: Settings, base: number): Promise<Peer> {
  try {
    return await begun(settings, base);
  } catch (error) {
    throw startingError(error);
  }
}

async function begun(settings: Settings, base: number): Promise<Peer> {
  const home = await openHome(settings, base);
  let parts: Parts;
  try {
    parts = await makeParts(home);
  } catch (error) {
    await home.database.close();
    throw error;
  }
  const life = new Life(parts);
  const peer = peerOf(parts, life);
  const serving = serveWeb(peer, parts, life);
  void life.closed.then(() => serving.unsubscribe());
  try {
    await life.begin();
  } catch (error) {
    await life.close(0);
    throw error;
  }
  return peer;
}

function peerOf(parts: Parts, life: Life): Peer {
  const { outlet, lookup, library, neighbours, sharing, downloads } = parts;
  return {
    ...aboutSelf(parts),
    get name() {
      return parts.home.self.name;
    },
    on: (type, listener) => outlet.on(type, listener),
    events: outlet.events,
    async list(part = '') {
      checkText(part, 'list', 'a part of a name');
      life.requireOpen();
      await lookup.catalogues(LIST_WAITS_MS);
      return listRows(library, neighbours.directory, part, sharing.all);
    },
    async share(path) {
      checkText(path, 'share', 'a path');
      return sharing.share(path);
    },
    unshare: (name) => unshare(parts, name),
    ...transferMethods(parts, life),
    ...trustMethods(parts, life),
    ...talkMethods(parts, life),
    ...offerMethods(parts, life),
    ...profileMethods(parts.privateTalk.profiles, life),
    ...networkMethods(parts, life),
    add: (address) => add(parts, address),
    async stopNetwork() {
      life.requireOpen();
      await parts.stopping.ask();
      return life.close(0);
    },
    status: () => statusOf(parts, life),
    drill: (kind, actor) => drill(parts, kind, actor),
    idle: () => downloads.idle(),
    close: () => life.close(0),
    closed: life.closed,
  };
}

async function unshare({ sharing }: Parts, name: string): Promise<Share> {
  checkText(name, 'unshare', "a share's name or id");
  return sharing.unshare(name);
}

async function add(parts: Parts, address: string): Promise<PeerRow> {
  checkText(address, 'add', 'HOST:PORT');
  const peerId = await parts.neighbours.add(address);
  const row = peerRows(parts, false).find((line) => line.peerId === peerId);
  if (row === undefined)
    throw new P2pError('unreachable', `${address}: it answered and left at once`);
  return row;
}

function drill({ home, crew }: Parts, kind: 'kill' | 'hang', actor: string): void {
  if (!home.settings.drills) {
    throw new P2pError('usage', 'drills are off: the setting `drills` (--drills) allows them');
  }
  const known = crew.actors().filter(({ actor: name }) => actorOf(name) === actor);
  // Of several requests the oldest is meant.
  const [oldest] = known;
  const isDone =
    oldest !== undefined && (kind === 'kill' ? crew.kill(oldest.actor) : crew.hang(oldest.actor));
  if (isDone) return;
  const names = [...new Set(crew.actors().map((row) => actorOf(row.actor)))].join(', ');
  throw new P2pError('not-found', `no ${actor} runs now: there are ${names}`);
}

function statusOf(parts: Parts, life: Life): Status {
  const { home, crew, neighbours, sharing, downloads, library, statistics, limits, privateTalk } =
    parts;
  const { self, settings } = home;
  const { peerId, name } = self;
  const { colour } = privateTalk.profiles.own;
  let keptChunks = 0;
  for (const { source, have } of library.contents.all()) {
    if (source.kind === 'kept') keptChunks += have.count;
  }
  return {
    peerId,
    name,
    ...(colour !== undefined && { colour }),
    private: settings.network.key !== null,
    drills: settings.drills,
    uptimeMs: Math.round(performance.now() - life.startedAt),
    peers: neighbours.lines().filter(({ state }) => state === 'up').length,
    shares: sharing.all.length,
    hashing: sharing.hashing,
    links: parts.links.rows,
    trackers: parts.trackers.rows,
    keptChunks,
    servedBytes: statistics.servedBytes,
    limits: limits.current,
    strays: { ...statistics.strays },
    downloads: downloads.running.map((running) => {
      const { have, chunks, bytesPerSecond } = running.progress;
      const { record, sources } = running;
      return { name: record.name, id: record.id, have, chunks, bytesPerSecond, sources };
    }),
    actors: crew.actors().map((row) => ({ ...row, actor: actorOf(row.actor) })),
  };
}
