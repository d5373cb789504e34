/**
 * The life of one download, from a content id and some peers that may hold it to a proven file: which sources
 * to connect to, what to ask them, when to give up. Pure: events in, effects out; time (monotonic ms) and
 * randomness are arguments. `peer/downloads.ts` carries the effects out.
 *
 *     locating ──manifest stored──> preparing ──staged──> fetching ──last chunk──> finishing ──> ended
 *         └─────────────── cancelled, timed out, disk failed, nobody left ───────────────────────^
 */
import { ChunkSet, type Ranges } from './chunk-set.js';
import type { ErrorRecord } from './errors.js';
import type { ChunkIndex, PeerId } from './ids.js';
import { Schedule } from './schedule.js';
import { unreachable } from './unreachable.js';

/** A source that failed is tried again after 1, 2, 4 ... s, as long as its peer is known. */
const RETRY_FIRST_MS = 1000;
const RETRY_MOST_MS = 30_000;

/** Another source is asked for the manifest when the first has not brought it by then. */
const MANIFEST_PATIENCE_MS = 3000;

/** Progress is told at least once a second, at most ten times. */
const PROGRESS_MS = 100;
const PROGRESS_IDLE_MS = 1000;

/** The rate shown is that of the last few seconds. */
const RATE_WINDOW_MS = 3000;

export type SourceEvent =
  | { readonly type: 'connected'; readonly rttMs: number }
  | { readonly type: 'manifest-stored' }
  | { readonly type: 'source-has'; readonly ranges: Ranges }
  | {
      readonly type: 'chunk-stored';
      readonly index: ChunkIndex;
      readonly bytes: number;
      readonly ms: number;
    }
  | { readonly type: 'chunk-wrong'; readonly index: ChunkIndex }
  | { readonly type: 'chunk-refused'; readonly index: ChunkIndex; readonly code: string }
  | { readonly type: 'source-failed'; readonly error: ErrorRecord }
  | { readonly type: 'write-failed'; readonly error: ErrorRecord };

export type DownloadIn =
  | { readonly type: 'peer-known'; readonly peer: PeerId }
  | { readonly type: 'peer-gone'; readonly peer: PeerId }
  | { readonly type: 'heard'; readonly peer: PeerId; readonly event: SourceEvent }
  /** Its request actor ended; `crashed` when it did not mean to. */
  | { readonly type: 'request-ended'; readonly peer: PeerId; readonly crashed: boolean }
  /** There was no thread for it, or its peer is not linked just now. */
  | { readonly type: 'request-not-started'; readonly peer: PeerId }
  /** How many request actors this download may have now. */
  | { readonly type: 'slots'; readonly count: number }
  | {
      readonly type: 'staged';
      readonly chunks: number;
      readonly chunkBytes: number;
      readonly bytes: number;
      readonly have: Ranges;
      readonly haveBytes: number;
    }
  | { readonly type: 'finished' }
  | { readonly type: 'failed'; readonly error: ErrorRecord }
  | { readonly type: 'cancel' }
  | { readonly type: 'tick' };

export type DownloadOut =
  | {
      readonly type: 'start-request';
      readonly peer: PeerId;
      readonly restart: boolean;
      readonly attempt: number;
    }
  | { readonly type: 'stop-request'; readonly peer: PeerId }
  | { readonly type: 'ask-manifest'; readonly peer: PeerId }
  /** The manifest is here: the actor may load it and ask what the source has. */
  | { readonly type: 'ask-have'; readonly peer: PeerId }
  | { readonly type: 'ask-chunks'; readonly peer: PeerId; readonly chunks: readonly ChunkIndex[] }
  | {
      readonly type: 'cancel-chunks';
      readonly peer: PeerId;
      readonly chunks: readonly ChunkIndex[];
    }
  | { readonly type: 'stage' }
  | { readonly type: 'convict'; readonly peer: PeerId }
  | { readonly type: 'chunk-here'; readonly index: ChunkIndex }
  | { readonly type: 'waiting'; readonly reason: 'slot' | 'sources' }
  | ({ readonly type: 'progress' } & Progress)
  | { readonly type: 'finish' }
  | { readonly type: 'fail'; readonly code: string; readonly message: string };

export type Progress = {
  readonly have: number;
  readonly chunks: number;
  readonly bytes: number;
  readonly doneBytes: number;
  readonly bytesPerSecond: number;
  readonly etaMs: number | null;
  readonly sources: number;
};

type SourceState = 'known' | 'starting' | 'connected' | 'resting' | 'convicted';

type Source = {
  state: SourceState;
  failures: number;
  retryAt: number;
  attempts: number;
  /** Its last request actor crashed: the next one is a restart. */
  crashed: boolean;
  rttMs: number;
  askedHave: boolean;
  /** Chunks it brought in this run. */
  brought: number;
  /** Its last failure, for the message when nobody is left. */
  last?: ErrorRecord;
};

type Phase =
  | { readonly name: 'locating'; asked: PeerId | undefined; askedAt: number }
  | { readonly name: 'preparing' }
  | { readonly name: 'fetching'; readonly schedule: Schedule }
  | { readonly name: 'finishing' }
  | { readonly name: 'ended' };

export type DownloadSettings = {
  /** Given up after so long without progress. */
  readonly timeoutMs: number;
  readonly random: () => number;
  /** Whether the manifest is here already. */
  readonly manifestHere: boolean;
};

export class DownloadMachine {
  readonly #settings: DownloadSettings;
  readonly #sources = new Map<PeerId, Source>();
  #phase: Phase = { name: 'locating', asked: undefined, askedAt: 0 };
  #out: DownloadOut[] = [];
  #slots = 0;
  #lastProgressAt: number;
  #lastToldAt = 0;
  #waitingFor: 'slot' | 'sources' | undefined;
  #have = new ChunkSet(0);
  #bytes = 0;
  #doneBytes = 0;
  readonly #window: { readonly at: number; readonly doneBytes: number }[] = [];

  constructor(settings: DownloadSettings, now: number) {
    this.#settings = settings;
    this.#lastProgressAt = now;
    if (settings.manifestHere) this.#stage();
  }

  /** Chunks each source brought in this run. */
  get brought(): readonly { readonly peerId: PeerId; readonly chunks: number }[] {
    return [...this.#sources]
      .filter(([, source]) => source.brought > 0)
      .map(([peerId, source]) => ({ peerId, chunks: source.brought }));
  }

  get phase(): Phase['name'] {
    return this.#phase.name;
  }

  get have(): ChunkSet {
    return this.#have;
  }

  get connected(): number {
    return this.#count('connected');
  }

  progress(now: number): Progress {
    const bytesPerSecond = this.#rate(now);
    const left = this.#bytes - this.#doneBytes;
    return {
      have: this.#have.count,
      chunks: this.#have.size,
      bytes: this.#bytes,
      doneBytes: this.#doneBytes,
      bytesPerSecond,
      etaMs: bytesPerSecond > 0 ? Math.round((left / bytesPerSecond) * 1000) : null,
      sources: this.connected,
    };
  }

  /** Takes one event and returns what is to be done, in order. */
  step(event: DownloadIn, now: number): readonly DownloadOut[] {
    if (this.#phase.name !== 'ended') this.#take(event, now);
    if (this.#isAlive()) this.#connect(now);
    if (this.#phase.name === 'locating') this.#askManifest(this.#phase, now);
    if (this.#phase.name === 'fetching') this.#askChunks(this.#phase.schedule, now);
    const out = this.#out;
    this.#out = [];
    return out;
  }

  #take(event: DownloadIn, now: number): void {
    switch (event.type) {
      case 'peer-known':
        return this.#peerKnown(event.peer, now);
      case 'peer-gone':
        return this.#peerGone(event.peer);
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
        return this.#fail(failureOf(event.error), event.error.message);
      case 'cancel':
        return this.#fail('cancelled', 'The download was cancelled; what arrived is kept.');
      case 'tick':
        return this.#tick(now);
      default:
        return unreachable(event);
    }
  }

  #peerKnown(peer: PeerId, now: number): void {
    const source = this.#sources.get(peer);
    if (source === undefined) {
      this.#sources.set(peer, newSource(now));
    } else if (source.state === 'resting') {
      // Heard anew: no reason to wait any longer.
      source.state = 'known';
      source.retryAt = now;
    }
  }

  #peerGone(peer: PeerId): void {
    const source = this.#sources.get(peer);
    if (source === undefined || isBusy(source) || source.state === 'convicted') return;
    if (source.brought === 0) this.#sources.delete(peer);
    else source.state = 'resting';
  }

  #heard(peer: PeerId, event: SourceEvent, now: number): void {
    const source = this.#sources.get(peer);
    if (source === undefined || source.state === 'convicted') return;
    switch (event.type) {
      case 'connected':
        source.state = 'connected';
        source.rttMs = event.rttMs;
        this.#greet(peer, source, now);
        break;
      case 'manifest-stored':
        if (this.#phase.name === 'locating') this.#stage();
        break;
      case 'source-failed':
        source.last = event.error;
        this.#manifestFailed(peer);
        break;
      case 'write-failed':
        this.#fail(failureOf(event.error), event.error.message);
        break;
      default:
        if (this.#phase.name === 'fetching') {
          this.#chunkEvent(this.#phase.schedule, peer, source, event, now);
        }
    }
  }

  #chunkEvent(
    schedule: Schedule,
    peer: PeerId,
    source: Source,
    event: Extract<
      SourceEvent,
      { type: 'source-has' | 'chunk-stored' | 'chunk-wrong' | 'chunk-refused' }
    >,
    now: number,
  ): void {
    switch (event.type) {
      case 'source-has':
        schedule.sourceHas(peer, event.ranges);
        break;
      case 'chunk-stored':
        this.#stored(schedule, peer, source, event, now);
        break;
      case 'chunk-refused':
        schedule.refused(peer, event.index);
        break;
      case 'chunk-wrong':
        source.state = 'convicted';
        schedule.sourceDown(peer);
        this.#out.push({ type: 'convict', peer }, { type: 'stop-request', peer });
        break;
      default:
        unreachable(event);
    }
  }

  #stored(
    schedule: Schedule,
    peer: PeerId,
    source: Source,
    event: { readonly index: ChunkIndex; readonly bytes: number },
    now: number,
  ): void {
    const { isNew, cancel } = schedule.stored(peer, event.index, event.bytes, now);
    for (const { source: loser, chunks } of cancel) {
      this.#out.push({ type: 'cancel-chunks', peer: loser, chunks });
    }
    if (!isNew) return;
    source.brought += 1;
    source.failures = 0;
    this.#doneBytes += event.bytes;
    this.#lastProgressAt = now;
    this.#out.push({ type: 'chunk-here', index: event.index });
    this.#tell(now, PROGRESS_MS);
    if (schedule.isDone) this.#finish();
  }

  #requestEnded(peer: PeerId, crashed: boolean, now: number): void {
    const source = this.#sources.get(peer);
    if (source === undefined) return;
    if (this.#phase.name === 'fetching') this.#phase.schedule.sourceDown(peer);
    this.#manifestFailed(peer);
    source.askedHave = false;
    if (source.state === 'convicted') return;
    source.crashed = crashed;
    rest(source, now);
    // A crash is ours, not the source's: start another at once, but not for ever.
    if (crashed && source.failures < 3) source.retryAt = now;
  }

  /** If it was to replace one that crashed, the next try still is. */
  #requestNotStarted(peer: PeerId, now: number): void {
    const source = this.#sources.get(peer);
    if (source !== undefined && source.state !== 'convicted') rest(source, now);
  }

  #setSlots(count: number): void {
    this.#slots = count;
    const busy = [...this.#sources].filter(([, source]) => isBusy(source));
    const surplus = busy.toSorted((left, right) => left[1].brought - right[1].brought);
    for (const [peer] of surplus.slice(0, Math.max(0, busy.length - count))) {
      this.#out.push({ type: 'stop-request', peer });
    }
  }

  #stage(): void {
    this.#phase = { name: 'preparing' };
    this.#out.push({ type: 'stage' });
  }

  #staged(event: Extract<DownloadIn, { type: 'staged' }>, now: number): void {
    this.#have = ChunkSet.from(event.chunks, event.have);
    this.#bytes = event.bytes;
    this.#doneBytes = event.haveBytes;
    this.#lastProgressAt = now;
    const schedule = new Schedule(
      event.chunks,
      event.chunkBytes,
      this.#have,
      this.#settings.random,
    );
    this.#phase = { name: 'fetching', schedule };
    if (schedule.isDone) {
      this.#finish();
      return;
    }
    for (const [peer, source] of this.#sources) {
      if (source.state === 'connected') this.#greet(peer, source, now);
    }
  }

  #greet(peer: PeerId, source: Source, now: number): void {
    if (this.#phase.name !== 'fetching' || source.askedHave) return;
    source.askedHave = true;
    this.#phase.schedule.sourceUp(peer, source.rttMs, now);
    this.#out.push({ type: 'ask-have', peer });
  }

  /** Connects to as many sources as there are slots, the proven ones first. */
  #connect(now: number): void {
    const ready = [...this.#sources].filter(
      ([, source]) =>
        source.state === 'known' || (source.state === 'resting' && source.retryAt <= now),
    );
    let free = this.#slots - [...this.#sources.values()].filter(isBusy).length;
    for (const [peer, source] of ready.toSorted((a, b) => a[1].failures - b[1].failures)) {
      if (free <= 0) break;
      free -= 1;
      source.state = 'starting';
      source.attempts += 1;
      this.#out.push({
        type: 'start-request',
        peer,
        restart: source.crashed,
        attempt: source.attempts,
      });
    }
  }

  /** What it waits for, if nobody is being asked; said when it has lasted from one tick to the next. */
  #sayWaiting(): void {
    const sources = [...this.#sources.values()];
    let reason: 'slot' | 'sources' | undefined;
    if (!sources.some(isBusy)) {
      reason =
        this.#slots === 0 && sources.some(({ state }) => state === 'known') ? 'slot' : 'sources';
    }
    if (reason === this.#waitingFor) return;
    this.#waitingFor = reason;
    if (reason !== undefined) this.#out.push({ type: 'waiting', reason });
  }

  #askManifest(phase: Extract<Phase, { name: 'locating' }>, now: number): void {
    if (phase.asked !== undefined && now - phase.askedAt < MANIFEST_PATIENCE_MS) return;
    const next = [...this.#sources].find(
      ([peer, source]) => source.state === 'connected' && peer !== phase.asked,
    );
    if (next === undefined) return;
    phase.asked = next[0];
    phase.askedAt = now;
    this.#out.push({ type: 'ask-manifest', peer: next[0] });
  }

  #manifestFailed(peer: PeerId): void {
    if (this.#phase.name === 'locating' && this.#phase.asked === peer) {
      this.#phase.asked = undefined;
    }
  }

  #askChunks(schedule: Schedule, now: number): void {
    for (const { source, fetch } of schedule.next(now)) {
      this.#out.push({ type: 'ask-chunks', peer: source, chunks: fetch });
    }
  }

  #tick(now: number): void {
    if (this.#isAlive()) this.#sayWaiting();
    if (this.#phase.name === 'fetching') this.#tell(now, PROGRESS_IDLE_MS);
    // Waiting for a slot is no fault of the sources.
    if (this.#slots === 0) this.#lastProgressAt = now;
    if (!this.#isAlive() || now - this.#lastProgressAt < this.#settings.timeoutMs) return;
    const seconds = Math.round(this.#settings.timeoutMs / 1000);
    if (this.connected > 0) {
      this.#fail('timed-out', `Nothing arrived for ${seconds} s; what arrived before is kept.`);
      return;
    }
    const last = [...this.#sources.values()].find((source) => source.last !== undefined)?.last;
    const why = last === undefined ? '' : ` (the last one failed: ${last.message})`;
    this.#fail('no-sources', `Nobody who has it could be reached for ${seconds} s${why}.`);
  }

  #tell(now: number, everyMs: number): void {
    if (now - this.#lastToldAt < everyMs) return;
    this.#lastToldAt = now;
    this.#window.push({ at: now, doneBytes: this.#doneBytes });
    while (now - (this.#window[0]?.at ?? now) > RATE_WINDOW_MS) this.#window.shift();
    this.#out.push({ type: 'progress', ...this.progress(now) });
  }

  #rate(now: number): number {
    const first = this.#window[0];
    if (first === undefined || now <= first.at) return 0;
    return Math.round(((this.#doneBytes - first.doneBytes) * 1000) / (now - first.at));
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
    for (const [peer, source] of this.#sources) {
      if (isBusy(source)) this.#out.push({ type: 'stop-request', peer });
    }
  }

  #isAlive(): boolean {
    return (
      this.#phase.name === 'locating' ||
      this.#phase.name === 'preparing' ||
      this.#phase.name === 'fetching'
    );
  }

  #count(state: SourceState): number {
    return [...this.#sources.values()].filter((source) => source.state === state).length;
  }
}

function newSource(now: number): Source {
  return {
    state: 'known',
    failures: 0,
    retryAt: now,
    attempts: 0,
    crashed: false,
    rttMs: 0,
    askedHave: false,
    brought: 0,
  };
}

function rest(source: Source, now: number): void {
  source.state = 'resting';
  source.failures += 1;
  source.retryAt = now + Math.min(RETRY_MOST_MS, RETRY_FIRST_MS * 2 ** (source.failures - 1));
}

function isBusy(source: Source): boolean {
  return source.state === 'starting' || source.state === 'connected';
}

/** The word for the user that a failure of our own disk comes to. */
function failureOf(error: ErrorRecord): string {
  switch (error.code) {
    case 'disk-full':
    case 'ENOSPC':
    case 'EDQUOT':
      return 'disk-full';
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return 'denied';
    default:
      return 'io';
  }
}
