/**
 * One download at work: feeds what happens to its machine, and carries out what that decides with its `Requests` and
 * its `DownloadDisk`.
 */
import { dirname } from 'node:path';
import type { ChunkSet } from '#src/domain/content/chunk-set.js';
import type { Manifest } from '#src/domain/content/manifest.js';
import { DownloadMachine } from '#src/domain/download/download.js';
import type { DownloadIn, DownloadOut } from '#src/domain/download/download-events.js';
import type { PeerId } from '#src/domain/ids.js';
import type { Priority } from '#src/domain/send/transfer.js';
import { unreachable } from '#src/domain/unreachable.js';
import { inSharedMemory } from '#src/io/content/shared-manifest.js';
import type { DownloadRecord } from '#src/io/disk/database-rows.js';
import { awakeTime, SYSTEM_CLOCK } from '#src/supervision/clock.js';
import { type Brought, type Earlier, Tally } from './brought.js';
import { DownloadDisk } from './download-disk.js';
import type { DownloadNews } from './download-news.js';
import { Requests } from './requests.js';
import { SourceWatch } from './source-watch.js';
import type { Surroundings } from './surroundings.js';

/** How often time-outs are looked at and progress told. */
const TICK_MS = 250;

/** A longer gap between two looks at the clock is time in which this process did not run. */
const ASLEEP_MS = 1000;

export class RunningDownload {
  readonly record: DownloadRecord;
  readonly startedAt: number;
  readonly #earlier: Earlier | undefined;
  readonly #tally: Tally;
  readonly #around: Surroundings;
  readonly #say: (news: DownloadNews) => void;
  /** A process that was suspended finds no deadline passed. */
  readonly #now = awakeTime(SYSTEM_CLOCK, ASLEEP_MS);
  readonly #machine: DownloadMachine;
  readonly #requests: Requests;
  readonly #disk: DownloadDisk;
  readonly #ended = new AbortController();
  readonly #ticker: NodeJS.Timeout;
  readonly #sources: SourceWatch;
  #state: DownloadMachine['state'] | undefined;

  constructor(
    record: DownloadRecord,
    manifest: Manifest | undefined,
    around: Surroundings,
    say: (news: DownloadNews) => void,
    earlier?: Earlier,
  ) {
    this.record = record;
    this.#earlier = earlier;
    this.#tally = new Tally(earlier?.brought);
    this.startedAt = earlier?.startedAt ?? performance.now();
    this.#around = around;
    this.#say = say;
    this.#requests = new Requests(record, around, (event) => this.step(event));
    this.#disk = this.#openDisk(manifest);
    // Nobody waits for it yet: it is patient until somebody does.
    const timeoutMs = Number.POSITIVE_INFINITY;
    const { isDraft = false, into: folder = dirname(record.target) } = record;
    this.#machine = new DownloadMachine(
      { timeoutMs, random: Math.random, manifestHere: manifest !== undefined, isDraft, folder },
      this.#now(),
    );
    this.#ticker = setInterval(() => this.#tick(), TICK_MS);
    this.#sources = new SourceWatch(record.id, around, (event) => this.step(event));
  }

  /** Somebody waits for it from now on. */
  beAwaited(): void {
    this.step({ type: 'awaited', timeoutMs: this.#around.home.settings.transfer.timeoutMs });
  }

  begin(): void {
    this.#sources.look();
  }

  /** Chunks each source brought in this run, by each transport. */
  get brought(): Brought {
    return this.#tally.brought;
  }

  /** Those connected to now. */
  get sources() {
    return this.#requests.sources;
  }

  /** Those for whom a request runs, connected or not. */
  get asked(): readonly PeerId[] {
    return this.#requests.peers;
  }

  /** In this run, also before it was this content; what the rest is was here. */
  get fetchedBytes(): number {
    const here = this.progress.doneBytes - this.#disk.heldBytes;
    return here + (this.#earlier?.fetchedBytes ?? 0);
  }

  get have(): ChunkSet {
    return this.#machine.have;
  }

  get progress() {
    return this.#machine.progress(this.#now());
  }

  /** What it consists of is known here. */
  get isListed(): boolean {
    return this.#disk.manifest !== undefined && this.#machine.phase !== 'locating';
  }

  /** It is whole, and on its way to its place or there. */
  get isFinishing(): boolean {
    return ['finishing', 'ended'].includes(this.#machine.phase);
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
    await this.#disk.ended();
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
        return this.#disk.stage();
      case 'finish':
        return this.#disk.finish();
      case 'fail':
        this.#end();
        this.#disk.letGo();
        return this.#say({ ...order, type: 'failed' });
      case 'chunk-here':
        this.#tally.count(order.peer, this.#requests.transportOf(order.peer));
        return this.#say(order);
      case 'convict':
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
    const { looks, manifest: here } = this.#disk;
    const manifest = here && inSharedMemory(here);
    this.#requests.send(peer, { type, holds, looks, ...(manifest && { manifest }) });
  }

  #openDisk(manifest: Manifest | undefined): DownloadDisk {
    return new DownloadDisk({
      record: this.record,
      manifest,
      around: this.#around,
      requests: this.#requests,
      signal: this.#ended.signal,
      isFinishing: () => this.#machine.phase === 'finishing',
      outcome: {
        listed: () => this.#say({ type: 'listed' }),
        staged: (listed, have) => this.#staged(listed, have),
        placed: (whole, path) => this.#placed(whole, path),
        failed: (error) => this.step({ type: 'failed', error }),
        leftThere: (staging, error) => this.#say({ type: 'left-there', staging, error }),
      },
    });
  }

  #staged(manifest: Manifest, have: ChunkSet): void {
    this.#say({ type: 'started', manifest, have: have.count });
    this.step({
      type: 'staged',
      chunks: manifest.layout.chunks,
      chunkBytes: manifest.layout.chunkBytes,
      bytes: manifest.bytes,
      have: have.toRanges(),
      haveBytes: this.#disk.heldBytes,
    });
  }

  #placed(manifest: Manifest, path: string): void {
    this.step({ type: 'finished' });
    this.#end();
    this.#say({ type: 'completed', path, manifest, looks: this.#disk.looks });
  }

  #tick(): void {
    this.step({ type: 'tick' });
    const { phase, brought } = this.#machine;
    const isComing = phase === 'fetching' || phase === 'paused';
    if (isComing && brought.length > 0) this.#disk.tick(this.#now(), this.progress.doneBytes);
  }

  #end(): void {
    this.#ended.abort();
    clearInterval(this.#ticker);
    this.#sources.close();
  }
}
