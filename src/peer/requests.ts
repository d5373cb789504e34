/** The request actors of one download, one for each source: started on the pool, spoken to, waited for. */
import type { ActorHandle } from '#src/actor/actor.js';
import { threadFile } from '#src/actor/thread-file.js';
import type { DownloadIn } from '#src/domain/download-events.js';
import type { PeerId } from '#src/domain/ids.js';
import type { Transport } from '#src/domain/transport-choice.js';
import type { DownloadRecord } from '#src/io/database-rows.js';
import type * as Request from '#workers/request.js';
import type { Surroundings } from './surroundings.js';

type Around = Pick<Surroundings, 'home' | 'neighbours' | 'pool' | 'crew' | 'transports'>;
type RequestHandle = ActorHandle<Request.In, Request.Out>;
type RequestEvent = Extract<
  DownloadIn,
  { type: 'heard' | 'request-ended' | 'request-not-started' }
>;

/** Names the actors of all downloads apart. */
let started = 0;

export class Requests {
  readonly #record: DownloadRecord;
  readonly #around: Around;
  readonly #tell: (event: RequestEvent) => void;
  readonly #running = new Map<PeerId, RequestHandle>();
  #isStopped = false;

  constructor(record: DownloadRecord, around: Around, tell: (event: RequestEvent) => void) {
    this.#record = record;
    this.#around = around;
    this.#tell = tell;
  }

  /** @param onThread called if there is a thread for it; if not, that is told in a moment. */
  start(peer: PeerId, onThread: () => void): void {
    if (this.#isStopped) return;
    const transport = this.#around.transports.of(peer, performance.now());
    const handle = this.#handle(peer, transport);
    if (handle === undefined) {
      setImmediate(() => this.#tell({ type: 'request-not-started', peer }));
      return;
    }
    onThread();
    this.#running.set(peer, handle);
    started += 1;
    this.#around.crew.adopt(`request-${started}`, handle);
    let isConnected = false;
    handle.out.subscribe((event) => {
      if (event.type === 'connected') isConnected = true;
      if (event.type === 'source-failed' && isFaultOfTransport(event.error.code, isConnected)) {
        this.#around.transports.failed(peer, transport, performance.now());
      }
      this.#tell({ type: 'heard', peer, event });
    });
    void handle.exit.then((exit) => {
      this.#running.delete(peer);
      this.#tell({ type: 'request-ended', peer, crashed: exit.reason !== 'normal' });
    });
  }

  send(peer: PeerId, order: Request.In): void {
    this.#running.get(peer)?.send(order);
  }

  stop(peer: PeerId): void {
    this.#running.get(peer)?.stop();
  }

  /** None is started after this. */
  stopAll(): void {
    this.#isStopped = true;
    for (const request of this.#running.values()) request.stop();
  }

  /** Resolves once all that run now have ended. */
  async ended(): Promise<void> {
    await Promise.all([...this.#running.values()].map((request) => request.exit));
  }

  /** @returns undefined where its peer is not linked just now, or there is no thread. */
  #handle(peer: PeerId, transport: Transport): RequestHandle | undefined {
    const { home, neighbours, pool, transports } = this.#around;
    const reach = neighbours.reach(peer);
    if (reach === undefined) return undefined;
    return pool.start<Request.Init, Request.In, Request.Out>(threadFile('request'), {
      id: this.#record.id,
      source: peer,
      host: reach.host,
      port: reach.ports.transfer,
      transport,
      mayMove: transports.isFree && transport === 'tcp',
      self: home.self,
      credentials: home.credentials,
      manifests: home.folders.manifests,
      staging: this.#record.staging,
      pingMs: home.settings.mesh.pingMs,
      deadAfterMs: home.settings.mesh.deadAfterMs,
    });
  }
}

/** What another transport may do better: get there at all, or faster. */
function isFaultOfTransport(code: string, isConnected: boolean): boolean {
  return code === 'crawling' || (!isConnected && (code === 'unreachable' || code === 'timed-out'));
}
