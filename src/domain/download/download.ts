/**
 * The life of one download, from a content id and some peers that may hold it to a proven file: which sources
 * to connect to, what to ask them, when to give up. Pure: events in, effects out; time (monotonic ms) and
 * randomness are arguments. `peer/downloads/running-download.ts` carries the effects out.
 *
 *     locating ──manifest stored──> preparing ──staged──> fetching ──last chunk──> finishing ──> ended
 *         │                                                  └─last of a draft─> unsealed ─────────^
 *         └──── timed out, disk failed, nobody left ──────────────────────────────────────────────^
 *     each of the first three ──pause──> paused ──resume──> what it was, or has become by what still arrived
 */
import { ChunkSet } from '#src/domain/content/chunk-set.js';
import type { PeerId } from '#src/domain/ids.js';
import { unreachable } from '#src/domain/unreachable.js';
import { type Failure, ofOurDisk } from './disk-failure.js';
import { DownloadChunks } from './download-chunks.js';
import { DownloadCourse } from './download-course.js';
import type {
  DownloadIn,
  DownloadOut,
  DownloadSettings,
  Progress,
  SourceEvent,
} from './download-events.js';
import { type Phase, PREPARING } from './download-phase.js';
import { ProgressMeter } from './download-progress.js';
import { connects, type Source } from './download-source.js';
import { DownloadSources } from './download-sources.js';
import { DownloadWait } from './download-wait.js';
import { ManifestSearch } from './manifest-search.js';

export class DownloadMachine {
  readonly #settings: DownloadSettings;
  readonly #sources = new DownloadSources();
  readonly #meter = new ProgressMeter();
  readonly #course = new DownloadCourse(new ManifestSearch(this.#sources));
  #out: DownloadOut[] = [];
  readonly #wait: DownloadWait;
  #have = new ChunkSet(0);

  constructor(settings: DownloadSettings, now: number) {
    this.#settings = settings;
    this.#wait = new DownloadWait(settings.timeoutMs, now);
    if (settings.manifestHere) this.#stage();
  }

  /** Chunks each source brought in this run. */
  get brought(): readonly { readonly peerId: PeerId; readonly chunks: number }[] {
    return this.#sources.brought;
  }

  get phase(): Phase['name'] {
    return this.#phase.name;
  }

  get have(): ChunkSet {
    return this.#have;
  }

  get state(): 'running' | 'waiting' | 'paused' {
    return this.#course.stateWith(this.#sources);
  }

  progress(now: number): Progress {
    return {
      have: this.#have.count,
      chunks: this.#have.size,
      ...this.#meter.now(now),
      sources: this.#sources.connected.length,
    };
  }

  /** Takes one event and returns what is to be done, in order. */
  step(event: DownloadIn, now: number): readonly DownloadOut[] {
    if (this.#phase.name !== 'ended') this.#take(event, now);
    if (this.#course.isWorking) this.#connect(now);
    this.#out.push(...this.#phase.ask(now));
    const out = this.#out;
    this.#out = [];
    return out;
  }

  #take(event: DownloadIn, now: number): void {
    switch (event.type) {
      case 'peer-known':
        return this.#sources.known(event.peer, now);
      case 'peer-gone':
        return this.#sources.gone(event.peer);
      case 'heard':
        return this.#heard(event.peer, event.event, now);
      case 'request-ended':
        return this.#requestEnded(event.peer, event.crashed, now);
      case 'request-not-started':
        return this.#sources.notStarted(event.peer, now);
      case 'slots':
        return this.#leave(this.#sources.setSlots(event.count));
      case 'staged':
        return this.#staged(event, now);
      case 'finished':
        return this.#course.end();
      case 'failed':
        return this.#fail(ofOurDisk(event.error, this.#settings.folder));
      case 'awaited':
        return this.#wait.anew(event.timeoutMs, now);
      case 'pause':
        return this.#pause();
      case 'resume':
        return this.#resume(now);
      case 'tick':
        return this.#tick(now);
      default:
        return unreachable(event);
    }
  }

  #heard(peer: PeerId, event: SourceEvent, now: number): void {
    // Our own disk's doing, whatever became of the source.
    if (event.type === 'write-failed')
      return this.#fail(ofOurDisk(event.error, this.#settings.folder));
    const source = this.#sources.get(peer);
    if (source === undefined || source.state === 'convicted') return undefined;
    switch (event.type) {
      case 'connected':
        if (connects(source, event.rttMs, now)) this.#greet(source, now);
        break;
      case 'manifest-stored':
        if (this.#course.work?.name === 'locating') this.#stage();
        break;
      case 'manifest-wrong':
        source.last = event.error;
        this.#convict(source, 'manifest', event.error.code === 'hostile');
        break;
      case 'source-failed':
        source.last = event.error;
        if (this.#course.work?.name === 'locating') this.#phase.letGo(source);
        break;
      case 'chunk-wrong':
        if (this.#course.work?.name === 'fetching') this.#convict(source, 'chunk', false);
        break;
      default:
        this.#chunkEvent(source, event, now);
    }
    return undefined;
  }

  #chunkEvent(source: Source, event: Parameters<DownloadChunks['take']>[1], now: number): void {
    const work = this.#course.work;
    if (work?.name !== 'fetching') return;
    const { out, gained } = work.take(source, event, now);
    this.#out.push(...out);
    if (gained === undefined) return;
    this.#wait.gained(now);
    if (gained === 'part') return;
    if (this.#meter.isDue('gained', now)) this.#tellProgress(now);
    if (work.isDone) this.#finish();
  }

  /** Nothing more is taken from it for this download. */
  #convict(source: Source, lie: 'chunk' | 'manifest', isAttack: boolean): void {
    const { peer } = source;
    source.state = 'convicted';
    this.#phase.letGo(source);
    this.#out.push({ type: 'convict', peer, lie, isAttack }, { type: 'stop-request', peer });
  }

  #requestEnded(peer: PeerId, crashed: boolean, now: number): void {
    const source = this.#sources.get(peer);
    if (source === undefined) return;
    this.#phase.letGo(source);
    this.#sources.ended(source, crashed, now);
  }

  #leave(sources: readonly Source[]): void {
    for (const source of sources) {
      this.#phase.letGo(source);
      this.#out.push({ type: 'stop-request', peer: source.peer });
    }
  }

  #pause(): void {
    if (!this.#course.isWorking) return;
    this.#leave(this.#sources.setSlots(0));
    this.#course.pause();
  }

  #resume(now: number): void {
    if (this.#course.resume()) this.#wait.gained(now);
  }

  get #phase() {
    return this.#course.phase;
  }

  #stage(): void {
    this.#course.turnTo(PREPARING);
    this.#out.push({ type: 'stage' });
  }

  #staged(event: Extract<DownloadIn, { type: 'staged' }>, now: number): void {
    const chunks = new DownloadChunks(event, this.#meter, this.#settings.random);
    this.#have = chunks.have;
    this.#wait.gained(now);
    this.#course.turnTo(chunks);
    if (chunks.isDone) this.#finish();
    else for (const source of this.#sources.connected) this.#greet(source, now);
  }

  #greet(source: Source, now: number): void {
    this.#out.push(...this.#phase.greet(source, now));
  }

  #connect(now: number): void {
    for (const { peer, crashed, attempts } of this.#sources.start(now)) {
      this.#out.push({ type: 'start-request', peer, restart: crashed, attempt: attempts });
    }
  }

  #tick(now: number): void {
    // All is here: its sender may take as long as he likes to say what it is, while he is there.
    const isUnsealed = this.#phase.name === 'unsealed';
    if (isUnsealed && this.#sources.isAnyKnown) this.#wait.gained(now);
    if (this.#course.isWorking) this.#tickAtWork(now);
    const isOver = (this.#course.isWorking || isUnsealed) && this.#wait.isOver(now);
    if (isOver) this.#fail(this.#wait.failure(this.#sources));
  }

  #tickAtWork(now: number): void {
    const { lack } = this.#sources;
    if (this.#wait.isNews(lack)) this.#out.push({ type: 'waiting', reason: lack });
    this.#leave(this.#sources.makeRoom((source) => this.#phase.dutyOf(source), now));
    if (this.#phase.name === 'fetching' && this.#meter.isDue('time', now)) this.#tellProgress(now);
    // Waiting for a slot, or for our own disk to say what is there, is no fault of the sources.
    if (lack === 'slot' || this.#phase.name === 'preparing') this.#wait.gained(now);
  }

  #tellProgress(now: number): void {
    this.#out.push({ type: 'progress', ...this.progress(now) });
  }

  #finish(): void {
    this.#course.finish(this.#settings.isDraft === true);
    this.#leave(this.#sources.busy);
    this.#out.push({ type: 'finish' });
  }

  #fail(failure: Failure): void {
    this.#course.end();
    this.#leave(this.#sources.busy);
    this.#out.push({ ...failure, type: 'fail' });
  }
}
