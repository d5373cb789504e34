/**
 * Which actor's words go to whom: the whole of it, as streams.
 *
 *     tracker client ─hints─┐
 *     discovery ─heard─> neighbours ─dial─> mesh ─links, catalogues─> neighbours ─who holds what─> downloads,
 *                                                                        │            distributor, receiver
 *     hasher ─indexed─> sharing ─┐                                       └─> the user: peer-up, peer-down
 *     receiver ─kept─────────────┼─> library ─serve, hold, offer─> transfer server, distributor, mesh
 *     downloads ─chunk here──────┘
 *     mesh ─standing-changed─> standings ─set-standing─> discovery ─heard─> standings ─announced─> mesh
 *     mesh ─message-heard─> conversation ─stored─> the user: message
 *     mesh ─query-heard─> answering ─answer─> mesh ─answer-heard─> queries (of the one who asked)
 *     mesh ─tell-heard, direct-heard─> private talk ─stored─> the user: message, message-delivered
 *     mesh ─offer-heard─> inbox ─accepted─> downloads ─whole─> inbox ─receipt─> mesh ─receipt-heard─> sends ─> the user
 *     transfer server ─segments-wanted─> segment making ─cut─> hasher
 *     transfer server, distributor ─stale─> sharing, received, sends ─index─> hasher
 */
import { merge, type Observable, type Subscription, tap } from 'rxjs';
import { addStrays } from '#src/domain/datagram/strays.js';
import type { ContentId } from '#src/domain/ids.js';
import { databaseError } from '#src/peer/shares/share-news.js';
import type * as Distributor from '#workers/distributor.js';
import type * as Mesh from '#workers/mesh.js';
import type * as Receiver from '#workers/receiver.js';
import type * as TrackerClient from '#workers/tracker-client.js';
import type * as TransferServer from '#workers/transfer-server.js';
import type { PeerEvent } from './events.js';
import type { Parts } from './parts.js';

export type Wired = Pick<
  Parts,
  | 'home'
  | 'knownTrackers'
  | 'trackers'
  | 'crew'
  | 'library'
  | 'neighbours'
  | 'links'
  | 'queries'
  | 'answering'
  | 'conversation'
  | 'stopping'
  | 'standings'
  | 'privateTalk'
  | 'offers'
  | 'sharing'
  | 'received'
  | 'hasherJobs'
  | 'manifests'
  | 'segmentMaking'
  | 'statistics'
> & { readonly tell: (event: PeerEvent) => void };

/** Subscribes to every actor, once, for all its lives. */
export function wire(parts: Wired): Subscription {
  const { crew, links, neighbours, standings, sharing, hasherJobs, manifests } = parts;
  return merge(
    crew.out('discovery').pipe(
      tap((said) => neighbours.hearDiscovery(said)),
      tap((said) => standings.hearDiscovery(said)),
    ),
    crew.out('tracker-client').pipe(tap((said) => hearTracker(said, parts))),
    crew.out('mesh').pipe(
      tap((said) => links.hearMesh(said)),
      tap((said) => neighbours.hearMesh(said)),
      tap((said) => standings.hearMesh(said)),
      tap((said) => hearMesh(said, parts)),
    ),
    crew.out('hasher').pipe(
      tap((said) => {
        if (said.type === 'indexed' && said.manifest !== undefined) manifests.keep(said.manifest);
      }),
      tap((said) => hasherJobs.hear(said)),
      tap((said) => sharing.hear(said)),
    ),
    crew.out('transfer-server').pipe(tap((said) => hearServer(said, parts))),
    crew.out('distributor').pipe(tap((said) => hearDistributor(said, parts))),
    crew.out('receiver').pipe(tap((said) => hearReceiver(said, parts))),
    troubles(parts),
    crew.facts.pipe(
      tap((fact) => {
        if (fact.type === 'actor-restarted') restarted(fact.actor, parts);
      }),
    ),
  ).subscribe();
}

/** What went wrong in any of them is told to the user. */
function troubles({ crew, tell }: Wired): Observable<unknown> {
  return merge(
    crew.out('discovery'),
    crew.out('tracker-client'),
    crew.out('mesh'),
    crew.out('transfer-server'),
    crew.out('distributor'),
    crew.out('receiver'),
  ).pipe(
    tap((said) => {
      if (said.type === 'trouble') tell({ type: 'notice', ...said.error });
    }),
  );
}

function restarted(
  actor: string,
  { links, neighbours, offers, privateTalk, standings, sharing, hasherJobs }: Wired,
): void {
  if (actor === 'mesh') {
    links.meshRestarted();
    neighbours.meshRestarted();
    privateTalk.meshRestarted();
    offers.meshRestarted();
    standings.meshRestarted();
  }
  if (actor === 'discovery') neighbours.discoveryRestarted();
  if (actor === 'hasher') {
    sharing.hasherRestarted();
    hasherJobs.hasherRestarted();
  }
}

function hearMesh(said: Mesh.Out, parts: Wired): void {
  const { conversation, privateTalk, queries, answering, stopping, tell } = parts;
  privateTalk.hearMesh(said);
  parts.offers.hearMesh(said);
  if (said.type === 'query-heard') answering.hear(said);
  if (said.type === 'answer-heard') queries.hear(said);
  if (said.type === 'stop-heard') stopping.hear(said);
  if (said.type === 'message-heard') conversation.hear(said.message);
  if (said.type === 'neighbour-up') tell({ ...said, type: 'link-up' });
  if (said.type === 'neighbour-down') tell({ ...said, type: 'link-down' });
}

function hearTracker(said: TrackerClient.Out, parts: Wired): void {
  const { knownTrackers, trackers, neighbours, tell } = parts;
  if (said.type === 'tracker-standing') trackers.hear(said);
  if (said.type === 'members-heard') neighbours.hint(said.members);
  if (said.type === 'tracker-met') {
    knownTrackers.meet(said.address, said.peerId).catch(({ message: why }: Error) => {
      const message = `Which tracker is at ${said.address} could not be written down: ${why}`;
      tell({ type: 'error', code: 'data-failed', message });
    });
  }
}

function hearServer(said: TransferServer.Out, parts: Wired): void {
  const { statistics } = parts;
  if (said.type === 'content-stale') stale(said.id, parts);
  if (said.type === 'segments-wanted') parts.segmentMaking.wanted(said.id);
  if (said.type === 'bytes-served') {
    statistics.servedBytes += said.bytes;
    parts.offers.sends.hearServed(said.to);
  }
  if (said.type === 'strayed') addStrays(statistics.strays, said.strays);
}

function hearDistributor(said: Distributor.Out, parts: Wired): void {
  if (said.type === 'content-stale') stale(said.id, parts);
  if (said.type === 'round-done') parts.tell({ ...said, type: 'distribution-round' });
}

/** What lies there is not what was hashed. */
function stale(id: ContentId, { sharing, received, offers, tell }: Wired): void {
  sharing.stale(id);
  offers.stale(id);
  received.stale(id).catch((error: Error) => tell(databaseError(error)));
}

function hearReceiver(said: Receiver.Out, { home, library, statistics, tell }: Wired): void {
  if (said.type === 'content-kept') {
    const { id, name, bytes, chunks, have } = said;
    library.put(keptKey(id), {
      id,
      name,
      bytes,
      chunks,
      isOffered: true,
      source: { kind: 'kept', path: home.folders.store, have },
    });
  }
  if (said.type === 'chunk-kept') {
    library.gain(keptKey(said.id), [said.index, 1]);
    statistics.keptChunks += 1;
    tell({ type: 'chunk-received', id: said.id, index: said.index });
  }
  if (said.type === 'content-evicted') library.remove(keptKey(said.id));
}

function keptKey(id: ContentId): string {
  return `kept:${id}`;
}
