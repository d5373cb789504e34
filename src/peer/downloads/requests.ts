/** The request actors of one download, one for each source: started on the pool, spoken to, waited for. */

import { join } from 'node:path';
import { Subject } from 'rxjs';
import type { ActorHandle } from '#src/actor/actor.js';
import { threadFile } from '#src/actor/thread-file.js';
import type {
  DownloadIn,
  SegmentsEvent,
  SourceEvent,
} from '#src/domain/download/download-events.js';
import type { Transport, Way, WhyMoved } from '#src/domain/download/transport-choice.js';
import type { PeerId } from '#src/domain/ids.js';
import { PRIORITY_WEIGHTS, type Priority } from '#src/domain/send/transfer.js';
import type { DownloadRecord } from '#src/io/disk/database-rows.js';
import type { Reach } from '#src/peer/network/linked-peers.js';
import type * as Request from '#workers/request.js';
import type { Surroundings } from './surroundings.js';
import { NO_UDP } from './transports.js';

type Around = Pick<
  Surroundings,
  'home' | 'neighbours' | 'pool' | 'crew' | 'transports' | 'rates' | 'manifests'
>;
type RequestHandle = ActorHandle<Request.In, Request.Out>;
type RequestEvent = Extract<
  DownloadIn,
  { type: 'heard' | 'request-ended' | 'request-not-started' }
>;

type Running = {
  readonly handle: RequestHandle;
  readonly transport: Transport;
  isConnected: boolean;
};

/** Names the actors of all downloads apart. */
let started = 0;

/** What has to do with lists of segments: a source that can be asked for one, and what it answers. */
export type SegmentsSaid = {
  readonly peer: PeerId;
  readonly type: SegmentsEvent['type'] | 'connected' | 'ended';
};

export class Requests {
  readonly #record: DownloadRecord;
  readonly #around: Around;
  readonly #tell: (event: RequestEvent) => void;
  readonly #running = new Map<PeerId, Running>();
  /** How each source was connected to last. */
  readonly #transports = new Map<PeerId, Transport>();
  readonly #segments = new Subject<SegmentsSaid>();
  #isStopped = false;
  #priority: Priority;

  constructor(record: DownloadRecord, around: Around, tell: (event: RequestEvent) => void) {
    this.#record = record;
    this.#priority = record.priority ?? 'normal';
    this.#around = around;
    this.#tell = tell;
  }

  /** @param onThread called if there is a thread for it; if not, that is told in a moment. */
  start(peer: PeerId, onThread: () => void): void {
    if (this.#isStopped) return;
    const reach = this.#around.neighbours.reach(peer);
    if (reach === undefined) return this.#notStarted(peer);
    const way = this.#around.transports.way(peer, reach);
    if (way === undefined) return this.#notStarted(peer, `${reach.name}: ${NO_UDP}`);
    const handle = this.#handle(peer, reach, way);
    if (handle === undefined) return this.#notStarted(peer);
    onThread();
    const running: Running = { handle, transport: way.transport, isConnected: false };
    this.#running.set(peer, running);
    this.#weigh();
    started += 1;
    this.#around.crew.adopt(`request-${started}`, handle);
    handle.out.subscribe((event) => {
      if (event.type === 'segments-stored' || event.type === 'segments-absent') {
        return this.#segments.next({ peer, type: event.type });
      }
      this.#note(peer, running, event);
      return this.#tell({ type: 'heard', peer, event });
    });
    const noMore = this.#around.neighbours.need(peer);
    const refusals = this.#around.neighbours.refused.subscribe((peers) => {
      if (peers.includes(peer)) handle.stop();
    });
    void handle.exit.then((exit) => {
      refusals.unsubscribe();
      noMore();
      this.#running.delete(peer);
      this.#tellCount();
      this.#weigh();
      this.#segments.next({ peer, type: 'ended' });
      this.#tell({ type: 'request-ended', peer, crashed: exit.reason !== 'normal' });
    });
  }

  prefer(priority: Priority): void {
    this.#priority = priority;
    this.#weigh();
  }

  send(peer: PeerId, order: Request.In): void {
    this.#running.get(peer)?.handle.send(order);
  }

  stop(peer: PeerId): void {
    this.#running.get(peer)?.handle.stop();
  }

  /** Those for whom one runs, connected or not. */
  get peers(): readonly PeerId[] {
    return [...this.#running.keys()];
  }

  /** Those connected to now. */
  get sources(): readonly { readonly peerId: PeerId; readonly transport: Transport }[] {
    return [...this.#running]
      .filter(([, { isConnected }]) => isConnected)
      .map(([peerId, { transport }]) => ({ peerId, transport }));
  }

  /** How a source is connected to, or was last. */
  transportOf(peer: PeerId): Transport {
    return this.#transports.get(peer) ?? 'tcp';
  }

  get segments() {
    return this.#segments.asObservable();
  }

  /** Where the list goes that a source is asked for. */
  get heardSegments(): string {
    return join(this.#around.home.folders.segments, `${this.#record.id}.heard`);
  }

  /** None is started after this. */
  stopAll(): void {
    this.#isStopped = true;
    for (const { handle } of this.#running.values()) handle.stop();
  }

  /** Resolves once all that run now have ended. */
  async ended(): Promise<void> {
    await Promise.all([...this.#running.values()].map(({ handle }) => handle.exit));
  }

  /** Whoever judges how fast its source is has to know who shares the line. */
  #tellCount(): void {
    const { length } = this.sources;
    for (const peer of this.#running.keys())
      this.send(peer, { type: 'fetch-beside', sources: length });
  }

  /** All requests of a download together weigh as much as its priority says. */
  #weigh(): void {
    const priority = this.#priority;
    const weight = PRIORITY_WEIGHTS[priority] / Math.max(1, this.#running.size);
    for (const { handle } of this.#running.values()) {
      handle.send({ type: 'weigh', weight, priority });
    }
  }

  #notStarted(peer: PeerId, why?: string): void {
    setImmediate(() => {
      if (why !== undefined) {
        const error = { code: 'unreachable', message: why };
        this.#tell({ type: 'heard', peer, event: { type: 'source-failed', error } });
      }
      this.#tell({ type: 'request-not-started', peer });
    });
  }

  /** What it says of the way to its source. */
  #note(peer: PeerId, running: Running, event: SourceEvent): void {
    const { transports, manifests } = this.#around;
    if (event.type === 'connected') {
      running.isConnected = true;
      this.#segments.next({ peer, type: 'connected' });
      this.#transports.set(peer, running.transport);
      transports.connected(peer, running.transport, this.#record);
      this.#tellCount();
    }
    if (event.type === 'manifest-stored' && event.manifest !== undefined) {
      manifests.keep(event.manifest);
    }
    if (event.type !== 'source-failed') return;
    const why = faultOfTransport(event.error.code, running.isConnected);
    if (why !== undefined) transports.failed(peer, running.transport, why);
  }

  /** @returns undefined where there is no thread. */
  #handle(peer: PeerId, { host, ports }: Reach, way: Way): RequestHandle | undefined {
    const { home, pool, rates } = this.#around;
    return pool.start<Request.Init, Request.In, Request.Out>(threadFile('request'), {
      id: this.#record.id,
      isDraft: this.#record.isDraft === true,
      source: peer,
      host,
      port: ports.transfer,
      ...way,
      self: home.self,
      credentials: home.credentials,
      manifests: home.folders.manifests,
      staging: this.#record.staging,
      heardSegments: this.heardSegments,
      pingMs: home.settings.mesh.pingMs,
      deadAfterMs: home.settings.mesh.deadAfterMs,
      ...(rates === undefined ? {} : { rates }),
    });
  }
}

/** @returns what another transport may do better: get there at all, or faster. */
function faultOfTransport(code: string, isConnected: boolean): WhyMoved | undefined {
  if (code === 'crawling') return 'crawling';
  const isUnreached = !isConnected && (code === 'unreachable' || code === 'timed-out');
  return isUnreached ? 'unreachable' : undefined;
}
