/**
 * One download at work: feeds what happens to its machine and carries out what it decides, with request actors
 * on threads and the staged file on the disk. Whoever asked is told through `Asker`s: several may wait for one.
 */
import type { Subscription } from 'rxjs';
import type { ActorHandle } from '#src/actor/actor.js';
import type { ActorPool } from '#src/actor/pool-host.js';
import { threadFile } from '#src/actor/thread-file.js';
import type { ChunkSet } from '#src/domain/chunk-set.js';
import type { ContentSource } from '#src/domain/content-source.js';
import { DownloadMachine } from '#src/domain/download.js';
import type { DownloadIn, DownloadOut } from '#src/domain/download-events.js';
import { toRecord } from '#src/domain/errors.js';
import type { ContentId, PeerId } from '#src/domain/ids.js';
import { MiB } from '#src/domain/limits.js';
import type { Manifest } from '#src/domain/manifest.js';
import { unreachable } from '#src/domain/unreachable.js';
import type { DownloadRecord } from '#src/io/database-rows.js';
import type { ManifestStore } from '#src/io/manifest-store.js';
import { heldBytes } from '#src/io/staging.js';
import type * as Request from '#workers/request.js';
import type { Crew } from './crew.js';
import type { HasherJobs } from './hasher-jobs.js';
import type { Home } from './home.js';
import type { Neighbours } from './neighbours.js';
import { StagedDownload } from './staged-download.js';

/** How often time-outs are looked at and progress told. */
const TICK_MS = 250;

/** What was written is synced this often, or after so many bytes: a power loss costs no more than that. */
const SYNC_MS = 1000;
const SYNC_BYTES = 256 * MiB;

/** A longer gap between two looks at the clock is time in which this process did not run. */
const ASLEEP_MS = 1000;

/** What a running download needs of its surroundings. */
export type Surroundings = {
  readonly home: Home;
  readonly crew: Crew;
  readonly pool: ActorPool;
  readonly manifests: ManifestStore;
  readonly neighbours: Neighbours;
  readonly hasherJobs: HasherJobs;
  /** What is kept here for others of a content. */
  readonly kept: (
    id: ContentId,
  ) => { readonly have: ChunkSet; readonly source: ContentSource } | undefined;
};

/** What a running download says. */
export type DownloadNews =
  | { readonly type: 'started'; readonly manifest: Manifest; readonly have: number }
  | Extract<DownloadOut, { type: 'progress' | 'waiting' | 'convict' | 'chunk-here' }>
  | { readonly type: 'completed'; readonly path: string; readonly manifest: Manifest }
  | { readonly type: 'failed'; readonly code: string; readonly message: string }
  /** A request actor crashed and another took its place. */
  | { readonly type: 'request-restarted'; readonly attempt: number };

type RequestHandle = ActorHandle<Request.In, Request.Out>;

let requests = 0;

export class RunningDownload {
  readonly record: DownloadRecord;
  readonly startedAt = performance.now();
  readonly #around: Surroundings;
  readonly #say: (news: DownloadNews) => void;
  readonly #machine: DownloadMachine;
  readonly #staged: StagedDownload;
  readonly #requests = new Map<PeerId, RequestHandle>();
  readonly #ticker: NodeJS.Timeout;
  readonly #following: Subscription;
  #known: ReadonlySet<PeerId> = new Set();
  #manifest: Manifest | undefined;
  #syncing: Promise<void> | undefined;
  #lastSyncAt = 0;
  #lastSyncBytes = 0;
  #awakeMs = 0;
  #lookedAt = performance.now();
  #isEnded = false;
  #isAbandoned = false;
  /** Staging or finishing, which is not to be left half done. */
  #work: Promise<void> = Promise.resolve();

  constructor(
    record: DownloadRecord,
    manifest: Manifest | undefined,
    around: Surroundings,
    say: (news: DownloadNews) => void,
  ) {
    this.record = record;
    this.#around = around;
    this.#say = say;
    this.#manifest = manifest;
    this.#staged = new StagedDownload(record, around);
    // Nobody waits for it yet: it is patient until somebody does.
    const timeoutMs = Number.POSITIVE_INFINITY;
    this.#machine = new DownloadMachine(
      { timeoutMs, random: Math.random, manifestHere: manifest !== undefined },
      this.#now(),
    );
    this.#ticker = setInterval(() => this.#tick(), TICK_MS);
    this.#following = around.neighbours.holdersChanged.subscribe((ids) => {
      if (ids.includes(record.id)) this.#noteHolders();
    });
  }

  /** Somebody waits for it from now on. */
  beAwaited(): void {
    const { timeoutMs } = this.#around.home.settings.transfer;
    this.step({ type: 'awaited', timeoutMs });
  }

  begin(): void {
    this.#noteHolders();
  }

  get brought() {
    return this.#machine.brought;
  }

  get have(): ChunkSet {
    return this.#machine.have;
  }

  get progress() {
    return this.#machine.progress(this.#now());
  }

  step(event: DownloadIn): void {
    for (const order of this.#machine.step(event, this.#now())) this.#obey(order);
  }

  /** Stops asking and lets go of everything; what arrived stays. Resolves once nothing of it runs. */
  async abandon(): Promise<void> {
    this.#isAbandoned = true;
    this.#end();
    for (const request of this.#requests.values()) request.stop();
    await this.#requestsEnded();
    await this.#syncing;
    await this.#work;
  }

  #obey(order: DownloadOut): void {
    switch (order.type) {
      case 'start-request':
        return this.#startRequest(order);
      case 'stop-request':
        return this.#requests.get(order.peer)?.stop();
      case 'ask-manifest':
      case 'ask-have':
        return this.#requests.get(order.peer)?.send({ type: order.type });
      case 'ask-chunks':
      case 'cancel-chunks':
        return this.#requests.get(order.peer)?.send({ type: order.type, chunks: order.chunks });
      case 'stage':
        return this.#detached(this.#stage());
      case 'finish':
        return this.#detached(this.#finish());
      case 'fail':
        this.#end();
        this.#detached(this.#work.then(() => this.#letGo()));
        return this.#say({ type: 'failed', code: order.code, message: order.message });
      case 'convict':
      case 'chunk-here':
      case 'waiting':
      case 'progress':
        return this.#say(order);
      default:
        return unreachable(order);
    }
  }

  #startRequest(order: Extract<DownloadOut, { type: 'start-request' }>): void {
    if (this.#isAbandoned) return;
    const { home, neighbours, pool, crew } = this.#around;
    const reach = neighbours.reach(order.peer);
    const handle =
      reach === undefined
        ? undefined
        : pool.start<Request.Init, Request.In, Request.Out>(threadFile('request'), {
            id: this.record.id,
            source: order.peer,
            host: reach.host,
            port: reach.ports.transfer,
            self: home.self,
            credentials: home.credentials,
            manifests: home.folders.manifests,
            staging: this.record.staging,
            pingMs: home.settings.mesh.pingMs,
            deadAfterMs: home.settings.mesh.deadAfterMs,
          });
    if (handle === undefined) {
      setImmediate(() => this.step({ type: 'request-not-started', peer: order.peer }));
      return;
    }
    this.#requests.set(order.peer, handle);
    requests += 1;
    if (order.restart) this.#say({ type: 'request-restarted', attempt: order.attempt });
    crew.adopt(`request-${requests}`, handle);
    handle.out.subscribe((event) => this.step({ type: 'heard', peer: order.peer, event }));
    void handle.exit.then((exit) => {
      this.#requests.delete(order.peer);
      this.step({ type: 'request-ended', peer: order.peer, crashed: exit.reason !== 'normal' });
    });
  }

  #noteHolders(): void {
    const { directory } = this.#around.neighbours;
    const { id } = this.record;
    const sources = new Set(
      [...directory.holders(id).keys()].filter((peer) => directory.isSource(peer, id)),
    );
    for (const peer of this.#known) if (!sources.has(peer)) this.step({ type: 'peer-gone', peer });
    for (const peer of sources) if (!this.#known.has(peer)) this.step({ type: 'peer-known', peer });
    this.#known = sources;
  }

  async #stage(): Promise<void> {
    this.#manifest ??= await this.#around.manifests.read(this.record.id);
    const manifest = this.#manifest;
    if (manifest === undefined) throw new Error('the manifest was stored and is gone');
    const have = await this.#staged.prepare(manifest);
    if (this.#isEnded) return;
    this.#say({ type: 'started', manifest, have: have.count });
    this.step({
      type: 'staged',
      chunks: manifest.layout.chunks,
      chunkBytes: manifest.layout.chunkBytes,
      bytes: manifest.bytes,
      have: have.toRanges(),
      haveBytes: heldBytes(manifest, have),
    });
  }

  async #finish(): Promise<void> {
    const manifest = this.#manifest;
    if (manifest === undefined) throw new Error('a download without a manifest cannot be finished');
    await this.#syncing;
    await this.#requestsEnded();
    // A sync that failed meanwhile has ended it: what that lost no later sync tells of.
    if (this.#machine.phase !== 'finishing') return;
    const path = await this.#staged.finish(manifest);
    this.step({ type: 'finished' });
    this.#end();
    this.#say({ type: 'completed', path, manifest });
  }

  #tick(): void {
    this.step({ type: 'tick' });
    const now = this.#now();
    const { doneBytes } = this.progress;
    const isDue =
      now - this.#lastSyncAt >= SYNC_MS || doneBytes - this.#lastSyncBytes >= SYNC_BYTES;
    if (this.#syncing !== undefined || !isDue) return;
    if (this.#manifest === undefined || this.#machine.phase !== 'fetching') return;
    if (this.#machine.brought.length === 0) return;
    this.#lastSyncAt = now;
    this.#lastSyncBytes = doneBytes;
    this.#syncing = this.#sync(this.#manifest).finally(() => {
      this.#syncing = undefined;
    });
  }

  async #sync(manifest: Manifest): Promise<void> {
    try {
      await this.#staged.sync(manifest);
    } catch (error) {
      this.step({ type: 'failed', error: toRecord(error) });
    }
  }

  /** After a failed sync, what was being written meanwhile counts no more than what was written before. */
  async #letGo(): Promise<void> {
    await this.#requestsEnded();
    await this.#staged.letGo();
  }

  async #requestsEnded(): Promise<void> {
    await Promise.all([...this.#requests.values()].map((request) => request.exit));
  }

  /** Time awake: a process that was suspended finds no deadline passed. */
  #now(): number {
    const at = performance.now();
    this.#awakeMs += Math.min(at - this.#lookedAt, ASLEEP_MS);
    this.#lookedAt = at;
    return this.#awakeMs;
  }

  #end(): void {
    this.#isEnded = true;
    clearInterval(this.#ticker);
    this.#following.unsubscribe();
  }

  #detached(work: Promise<void>): void {
    this.#work = work.catch((error: unknown) =>
      this.step({ type: 'failed', error: toRecord(error) }),
    );
  }
}
