/**
 * The life of one download, from a content id and some peers that may hold it to a proven file: which sources
 * to connect to, what to ask them, when to give up. Pure: events in, effects out; time (monotonic ms) and
 * randomness are arguments. `peer/running-download.ts` carries the effects out.
 *
 *     locating ──manifest stored──> preparing ──staged──> fetching ──last chunk──> finishing ──> ended
 *         └─────────────── cancelled, timed out, disk failed, nobody left ───────────────────────^
 */
import { ChunkSet } from './chunk-set.js';
import { failureOf, sentenceOf } from './disk-failure.js';
import { DownloadChunks } from './download-chunks.js';
import type { DownloadIn, DownloadOut, Progress, SourceEvent } from './download-events.js';
import { ProgressMeter } from './download-progress.js';
import { DownloadSources, type Duty, type Source } from './download-sources.js';
import type { PeerId } from './ids.js';
import { ManifestSearch } from './manifest-search.js';
import { unreachable } from './unreachable.js';

type Phase =
  | ManifestSearch
  | { readonly name: 'preparing' }
  | { readonly name: 'fetching'; readonly chunks: DownloadChunks }
  | { readonly name: 'finishing' }
  | { readonly name: 'ended' };

export type DownloadSettings = {
  /** Given up after so long without progress; infinite while nobody waits for it. */
  readonly timeoutMs: number;
  readonly random: () => number;
  /** Whether the manifest is here already. */
  readonly manifestHere: boolean;
};

export class DownloadMachine {
  readonly #settings: DownloadSettings;
  readonly #sources = new DownloadSources();
  readonly #meter = new ProgressMeter();
  #phase: Phase = new ManifestSearch();
  #out: DownloadOut[] = [];
  #slots = 0;
  #timeoutMs: number;
  #lastProgressAt: number;
  #waitingFor: 'slot' | 'sources' | undefined;
  #have = new ChunkSet(0);

  constructor(settings: DownloadSettings, now: number) {
    this.#settings = settings;
    this.#timeoutMs = settings.timeoutMs;
    this.#lastProgressAt = now;
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
    if (this.#isAlive()) this.#connect(now);
    if (this.#phase.name === 'locating') this.#askManifest(this.#phase, now);
    if (this.#phase.name === 'fetching') this.#out.push(...this.#phase.chunks.ask(now));
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
        return this.#requestNotStarted(event.peer, now);
      case 'slots':
        return this.#setSlots(event.count);
      case 'staged':
        return this.#staged(event, now);
      case 'finished':
        this.#phase = { name: 'ended' };
        return undefined;
      case 'failed':
        return this.#fail(failureOf(event.error), sentenceOf(event.error));
      case 'awaited':
        this.#timeoutMs = event.timeoutMs;
        this.#lastProgressAt = now;
        return undefined;
      case 'cancel':
        return this.#fail('cancelled', 'The download was cancelled; what arrived is kept.');
      case 'tick':
        return this.#tick(now);
      default:
        return unreachable(event);
    }
  }

  #heard(peer: PeerId, event: SourceEvent, now: number): void {
    if (event.type === 'write-failed') {
      // Our own disk's doing, whatever became of the source.
      this.#fail(failureOf(event.error), sentenceOf(event.error));
      return;
    }
    const source = this.#sources.get(peer);
    if (source === undefined || source.state === 'convicted') return;
    switch (event.type) {
      case 'connected':
        if (source.state !== 'starting') break;
        source.state = 'connected';
        source.rttMs = event.rttMs;
        source.gaveAt = now;
        this.#greet(source, now);
        break;
      case 'manifest-stored':
        if (this.#phase.name === 'locating') this.#stage();
        break;
      case 'manifest-wrong':
        source.last = event.error;
        this.#convict(source, 'manifest', event.error.code === 'hostile');
        break;
      case 'source-failed':
        source.last = event.error;
        if (this.#phase.name === 'locating') this.#phase.failed(peer);
        break;
      case 'chunk-wrong':
        if (this.#phase.name === 'fetching') this.#convict(source, 'chunk', false);
        break;
      default:
        this.#chunkEvent(source, event, now);
    }
  }

  #chunkEvent(source: Source, event: Parameters<DownloadChunks['take']>[1], now: number): void {
    if (this.#phase.name !== 'fetching') return;
    const { out, gained } = this.#phase.chunks.take(source, event, now);
    this.#out.push(...out);
    if (gained === undefined) return;
    this.#lastProgressAt = now;
    if (gained === 'part') return;
    if (this.#meter.isDue('gained', now)) this.#tellProgress(now);
    if (this.#phase.chunks.isDone) this.#finish();
  }

  /** Nothing more is taken from it for this download. */
  #convict(source: Source, lie: 'chunk' | 'manifest', isAttack: boolean): void {
    const { peer } = source;
    source.state = 'convicted';
    this.#letGo(source);
    this.#out.push({ type: 'convict', peer, lie, isAttack }, { type: 'stop-request', peer });
  }

  #requestEnded(peer: PeerId, crashed: boolean, now: number): void {
    const source = this.#sources.get(peer);
    if (source === undefined) return;
    this.#letGo(source);
    this.#sources.ended(source, crashed, now);
  }

  /** If it was to replace one that crashed, the next try still is. */
  #requestNotStarted(peer: PeerId, now: number): void {
    const source = this.#sources.get(peer);
    if (source === undefined) return;
    const { crashed } = source;
    this.#sources.ended(source, false, now);
    source.crashed = crashed;
  }

  /** What it owes is asked of the others at once. */
  #letGo(source: Source): void {
    if (this.#phase.name === 'fetching') this.#phase.chunks.letGo(source);
    if (this.#phase.name === 'locating') this.#phase.failed(source.peer);
  }

  #setSlots(count: number): void {
    this.#slots = count;
    this.#leave(this.#sources.shrinkTo(count));
  }

  #leave(sources: readonly Source[]): void {
    for (const source of sources) {
      this.#letGo(source);
      this.#out.push({ type: 'stop-request', peer: source.peer });
    }
  }

  #dutyOf({ peer, askedManifestAt }: Source): Duty {
    if (this.#phase.name === 'fetching') return this.#phase.chunks.owes(peer) ? 'owing' : 'idle';
    // While the manifest is on its way only those that were asked for it could have brought something.
    return this.#phase.name === 'locating' && askedManifestAt >= 0 ? 'idle' : 'none';
  }

  #stage(): void {
    this.#phase = { name: 'preparing' };
    this.#out.push({ type: 'stage' });
  }

  #staged(event: Extract<DownloadIn, { type: 'staged' }>, now: number): void {
    const chunks = new DownloadChunks(event, this.#meter, this.#settings.random);
    this.#have = chunks.have;
    this.#lastProgressAt = now;
    this.#phase = { name: 'fetching', chunks };
    if (chunks.isDone) this.#finish();
    else for (const source of this.#sources.connected) this.#greet(source, now);
  }

  #greet(source: Source, now: number): void {
    if (this.#phase.name === 'fetching') this.#out.push(...this.#phase.chunks.greet(source, now));
  }

  #connect(now: number): void {
    for (const { peer, crashed, attempts } of this.#sources.start(this.#slots, now)) {
      this.#out.push({ type: 'start-request', peer, restart: crashed, attempt: attempts });
    }
  }

  #askManifest(search: ManifestSearch, now: number): void {
    const peer = search.next(this.#sources, now);
    if (peer !== undefined) this.#out.push({ type: 'ask-manifest', peer });
  }

  #tick(now: number): void {
    if (!this.#isAlive()) return;
    const waits = this.#waits();
    if (waits !== this.#waitingFor && waits !== undefined) {
      this.#out.push({ type: 'waiting', reason: waits });
    }
    this.#waitingFor = waits;
    this.#leave(this.#sources.makeRoom(this.#slots, (source) => this.#dutyOf(source), now));
    if (this.#phase.name === 'fetching' && this.#meter.isDue('time', now)) this.#tellProgress(now);
    // Waiting for a slot, or for our own disk to say what is there, is no fault of the sources.
    if (waits === 'slot' || this.#phase.name === 'preparing') this.#lastProgressAt = now;
    if (now - this.#lastProgressAt >= this.#timeoutMs) this.#timeOut();
  }

  /** What it waits for, if nobody is being asked; said once it has lasted until a tick. */
  #waits(): 'slot' | 'sources' | undefined {
    if (this.#sources.busy.length > 0) return undefined;
    return this.#slots === 0 && this.#sources.areWaiting ? 'slot' : 'sources';
  }

  #timeOut(): void {
    const seconds = Math.round(this.#timeoutMs / 1000);
    if (this.#sources.connected.length > 0) {
      this.#fail('timed-out', `Nothing arrived for ${seconds} s; what arrived before is kept.`);
      return;
    }
    const last = this.#sources.lastFailure;
    const why = last === undefined ? '' : ` (the last one failed: ${last.message})`;
    this.#fail('no-sources', `Nobody who has it could be reached for ${seconds} s${why}.`);
  }

  #tellProgress(now: number): void {
    this.#out.push({ type: 'progress', ...this.progress(now) });
  }

  #finish(): void {
    this.#phase = { name: 'finishing' };
    this.#stopAll();
    this.#out.push({ type: 'finish' });
  }

  #fail(code: string, message: string): void {
    this.#phase = { name: 'ended' };
    this.#stopAll();
    this.#out.push({ type: 'fail', code, message });
  }

  #stopAll(): void {
    for (const { peer } of this.#sources.busy) this.#out.push({ type: 'stop-request', peer });
  }

  #isAlive(): boolean {
    const { name } = this.#phase;
    return name === 'locating' || name === 'preparing' || name === 'fetching';
  }
}
