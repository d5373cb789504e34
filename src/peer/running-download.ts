/**
 * One download at work: feeds what happens to its machine and carries out what it decides, with its `Requests`
 * and the `StagedDownload` on the disk. Whoever asked is told through `Asker`s: several may wait for one.
 */
import type { ChunkSet } from '#src/domain/chunk-set.js';
import { DownloadMachine } from '#src/domain/download.js';
import type { DownloadIn, DownloadOut } from '#src/domain/download-events.js';
import { fileCount } from '#src/domain/entries.js';
import { toRecord } from '#src/domain/errors.js';
import type { PeerId } from '#src/domain/ids.js';
import type { Manifest } from '#src/domain/manifest.js';
import { requireOffered } from '#src/domain/offered-size.js';
import type { Priority } from '#src/domain/transfer.js';
import { unreachable } from '#src/domain/unreachable.js';
import type { DownloadRecord } from '#src/io/database-rows.js';
import type { Fingerprints } from '#src/io/fingerprints.js';
import { inSharedMemory } from '#src/io/shared-manifest.js';
import { heldBytes } from '#src/io/staging.js';
import { awakeTime, SYSTEM_CLOCK } from '#src/supervision/clock.js';
import { added, type Brought, type Earlier } from './brought.js';
import { Delta } from './delta.js';
import { PacedSync } from './paced-sync.js';
import { Requests } from './requests.js';
import { searchSegments } from './segment-search.js';
import { SourceWatch } from './source-watch.js';
import { StagedDownload } from './staged-download.js';
import type { Surroundings } from './surroundings.js';

/** How often time-outs are looked at and progress told. */
const TICK_MS = 250;

/** A longer gap between two looks at the clock is time in which this process did not run. */
const ASLEEP_MS = 1000;

/** What a running download says. */
export type DownloadNews =
  /** What it consists of is known here. */
  | { readonly type: 'listed' }
  | { readonly type: 'started'; readonly manifest: Manifest; readonly have: number }
  | Extract<DownloadOut, { type: 'progress' | 'waiting' | 'convict' | 'chunk-here' }>
  /** It runs, waits or is paused now, and did not before. */
  | { readonly type: 'state' }
  | {
      readonly type: 'completed';
      readonly path: string;
      readonly manifest: Manifest;
      /** How its files looked when they were written, as far as that is known. */
      readonly looks: Fingerprints;
    }
  | { readonly type: 'failed'; readonly code: string; readonly message: string }
  /** A request actor crashed and another took its place. */
  | { readonly type: 'request-restarted'; readonly attempt: number };

export class RunningDownload {
  readonly record: DownloadRecord;
  readonly startedAt: number;
  readonly #earlier: Earlier | undefined;
  readonly #around: Surroundings;
  readonly #say: (news: DownloadNews) => void;
  /** A process that was suspended finds no deadline passed. */
  readonly #now = awakeTime(SYSTEM_CLOCK, ASLEEP_MS);
  readonly #machine: DownloadMachine;
  readonly #staged: StagedDownload;
  readonly #requests: Requests;
  readonly #delta: Delta;
  readonly #ended = new AbortController();
  readonly #ticker: NodeJS.Timeout;
  readonly #sources: SourceWatch;
  #manifest: Manifest | undefined;
  readonly #syncing: PacedSync;
  #state: DownloadMachine['state'] | undefined;
  #heldBytes = 0;
  /** Staging or finishing, which is not to be left half done. */
  #work: Promise<void> = Promise.resolve();

  constructor(
    record: DownloadRecord,
    manifest: Manifest | undefined,
    around: Surroundings,
    say: (news: DownloadNews) => void,
    earlier?: Earlier,
  ) {
    this.record = record;
    this.#earlier = earlier;
    this.startedAt = earlier?.startedAt ?? performance.now();
    this.#around = around;
    this.#say = say;
    this.#manifest = manifest;
    this.#staged = new StagedDownload(record, around);
    this.#requests = new Requests(record, around, (event) => this.step(event));
    this.#delta = new Delta({
      record,
      around,
      search: (stop) => searchSegments(this.#requests, stop),
      signal: this.#ended.signal,
    });
    // Nobody waits for it yet: it is patient until somebody does.
    const timeoutMs = Number.POSITIVE_INFINITY;
    this.#machine = new DownloadMachine(
      { timeoutMs, random: Math.random, manifestHere: manifest !== undefined },
      this.#now(),
    );
    this.#syncing = new PacedSync(() => this.#sync());
    this.#ticker = setInterval(() => this.#tick(), TICK_MS);
    this.#sources = new SourceWatch(record.id, around, (event) => this.step(event));
  }

  /** Somebody waits for it from now on. */
  beAwaited(): void {
    const { timeoutMs } = this.#around.home.settings.transfer;
    this.step({ type: 'awaited', timeoutMs });
  }

  begin(): void {
    this.#sources.look();
  }

  /** Chunks each source brought in this run, and by which transport it was connected to last. */
  get brought(): Brought {
    const now = this.#machine.brought.map((source) => ({
      ...source,
      transport: this.#requests.transportOf(source.peerId),
    }));
    return added(this.#earlier?.brought ?? [], now);
  }

  /** Those connected to now. */
  get sources() {
    return this.#requests.sources;
  }

  /** Those for whom a request runs, connected or not. */
  get asked(): readonly PeerId[] {
    return this.#requests.peers;
  }

  /** What was here when it began or went on. */
  get heldBytes(): number {
    if (this.#earlier === undefined) return this.#heldBytes;
    return this.#earlier.heldBytes + this.#delta.broughtBytes;
  }

  get have(): ChunkSet {
    return this.#machine.have;
  }

  get progress() {
    return this.#machine.progress(this.#now());
  }

  /** What it consists of is known here. */
  get isListed(): boolean {
    return this.#manifest !== undefined && this.#machine.phase !== 'locating';
  }

  /** It is whole, and on its way to its place or there. */
  get isFinishing(): boolean {
    return this.#machine.phase === 'finishing' || this.#machine.phase === 'ended';
  }

  get state(): DownloadMachine['state'] {
    return this.#machine.state;
  }

  prefer(priority: Priority): void {
    this.#requests.prefer(priority);
  }

  step(event: DownloadIn): void {
    for (const order of this.#machine.step(event, this.#now())) this.#obey(order);
    if (this.#ended.signal.aborted || this.state === this.#state) return;
    this.#state = this.state;
    this.#say({ type: 'state' });
  }

  /** Stops asking and lets go of everything; what arrived stays. Resolves once nothing of it runs. */
  async abandon(): Promise<void> {
    this.#end();
    this.#requests.stopAll();
    await this.#requests.ended();
    await this.#syncing.ended;
    await this.#work;
  }

  #obey(order: DownloadOut): void {
    switch (order.type) {
      case 'start-request':
        return this.#requests.start(order.peer, () => {
          if (order.restart) this.#say({ type: 'request-restarted', attempt: order.attempt });
        });
      case 'stop-request':
        return this.#requests.stop(order.peer);
      case 'ask-manifest':
        return this.#requests.send(order.peer, { type: order.type, ...this.#like() });
      case 'ask-have':
        return this.#askHave(order);
      case 'tell-held':
        return this.#requests.send(order.peer, { type: order.type, ranges: order.ranges });
      case 'ask-chunks':
      case 'cancel-chunks':
        return this.#requests.send(order.peer, { type: order.type, chunks: order.chunks });
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

  /** What its sender listed, where that is in memory still. */
  #like(): { readonly like?: Manifest } {
    const { draft } = this.record;
    const like = draft === undefined ? undefined : this.#around.manifests.known(draft);
    return like === undefined ? {} : { like: inSharedMemory(like) };
  }

  #askHave({ peer, type, holds }: Extract<DownloadOut, { type: 'ask-have' }>): void {
    const { looks } = this.#staged;
    const manifest = this.#manifest && inSharedMemory(this.#manifest);
    this.#requests.send(peer, { type, holds, looks, ...(manifest && { manifest }) });
  }

  async #stage(): Promise<void> {
    const stored = this.#manifest ?? (await this.#around.manifests.read(this.record.id));
    if (stored === undefined) throw new Error('the manifest was stored and is gone');
    const manifest = inSharedMemory(stored);
    this.#manifest = manifest;
    requireOffered({ bytes: manifest.bytes, files: fileCount(manifest.entries) }, this.record);
    this.#say({ type: 'listed' });
    if (this.#ended.signal.aborted) return;
    const have = await this.#staged.prepare(manifest, this.#delta);
    if (this.#ended.signal.aborted) return;
    this.#heldBytes = heldBytes(manifest, have);
    this.#say({ type: 'started', manifest, have: have.count });
    this.step({
      type: 'staged',
      chunks: manifest.layout.chunks,
      chunkBytes: manifest.layout.chunkBytes,
      bytes: manifest.bytes,
      have: have.toRanges(),
      haveBytes: this.#heldBytes,
    });
  }

  async #finish(): Promise<void> {
    const manifest = this.#manifest;
    if (manifest === undefined) throw new Error('a download without a manifest cannot be finished');
    await this.#syncing.ended;
    await this.#requests.ended();
    // All there is of it; what it is called, and whether it is that, its sender has yet to say.
    if (this.record.isDraft === true) return;
    // A sync that failed meanwhile has ended it: what that lost no later sync tells of.
    if (this.#machine.phase !== 'finishing') return;
    const path = await this.#staged.finish(manifest);
    this.step({ type: 'finished' });
    this.#end();
    this.#say({ type: 'completed', path, manifest, looks: this.#staged.looks });
  }

  #tick(): void {
    this.step({ type: 'tick' });
    const { phase, brought } = this.#machine;
    if (phase !== 'fetching' && phase !== 'paused') return;
    if (brought.length > 0) this.#syncing.tick(this.#now(), this.progress.doneBytes);
  }

  async #sync(): Promise<void> {
    if (this.#manifest === undefined) return;
    try {
      await this.#staged.sync(this.#manifest);
    } catch (error) {
      this.step({ type: 'failed', error: toRecord(error) });
    }
  }

  /** After a failed sync, what was being written meanwhile counts no more than what was written before. */
  async #letGo(): Promise<void> {
    await this.#requests.ended();
    await this.#staged.letGo();
  }

  #end(): void {
    this.#ended.abort();
    clearInterval(this.#ticker);
    this.#sources.close();
  }

  #detached(work: Promise<void>): void {
    this.#work = work.catch((error: unknown) =>
      this.step({ type: 'failed', error: toRecord(error) }),
    );
  }
}
