/**
 * The peers a download may be fetched from, and how each has behaved: who is connected to, who rests after a
 * failure, who makes room for another download, who is convicted. Pure: time (monotonic ms) is an argument.
 */
import type { ErrorRecord } from '#src/domain/errors.js';
import type { PeerId } from '#src/domain/ids.js';

/** A source that failed is tried again after 1, 2, 4 ... s, as long as its peer is known. */
const RETRY_FIRST_MS = 1000;
const RETRY_MOST_MS = 30_000;

/** A crash is ours, not the source's: another request starts at once, but not for ever. */
const CRASHES_FORGIVEN = 2;

/**
 * A source that gives nothing for so long makes room for one that waits: whoever has something says so in
 * milliseconds, and identities are free, so a few that only hold their slots must not keep the others out.
 */
const IDLE_MS = 10_000;

/**
 * One that owes a chunk has longer: 4 MiB at 140 kB/s, and whoever waits gets a turn before the download is given up.
 * Parts that trickle in, or a promise to bring it later, cost next to nothing. Twice as long each time it had to
 * leave, so that where all are slow each brings its chunk at last.
 */
const OWING_MS = 30_000;
const MOST_DOUBLINGS = 5;

/**
 * `leaving`: asked to stop so that another download gets its slot; it holds the slot until it has.
 * `gone`: nobody says any more that it holds anything; what it brought is remembered.
 */
type SourceState =
  | 'known'
  | 'starting'
  | 'connected'
  | 'leaving'
  | 'resting'
  | 'gone'
  | 'convicted';

export type Source = {
  readonly peer: PeerId;
  state: SourceState;
  /** Whether its peer is still said to hold something. */
  isKnown: boolean;
  failures: number;
  retryAt: number;
  attempts: number;
  /** Its last request actor crashed: the next one is a restart. */
  crashed: boolean;
  rttMs: number;
  askedHave: boolean;
  /** When it last brought a chunk, or it was not up to it to bring anything. */
  gaveAt: number;
  /** When it was last asked for the manifest. */
  askedManifestAt: number;
  /** Chunks it brought in this run. */
  brought: number;
  /** Bytes of chunks that are not whole, since the last that was. */
  partBytes: number;
  /** Its last failure, for the message when nobody is left. */
  last?: ErrorRecord;
};

/** A thread to ask with, or somebody to ask. */
export type Lack = 'slot' | 'sources';

/** `none`: there is nothing yet that it could bring. `idle`: it has nothing, or does not say. */
export type Duty = 'none' | 'idle' | 'owing';

export class DownloadSources {
  readonly #all = new Map<PeerId, Source>();
  #slots = 0;

  get(peer: PeerId): Source | undefined {
    return this.#all.get(peer);
  }

  get connected(): readonly Source[] {
    return this.#in('connected');
  }

  /** Whether anybody is said to hold something, connected or not. */
  get isAnyKnown(): boolean {
    return [...this.#all.values()].some(({ isKnown }) => isKnown);
  }

  /** Those that hold a slot and are wanted. */
  get busy(): readonly Source[] {
    return [...this.#all.values()].filter(isBusy);
  }

  /** What keeps the download from asking anybody, if anything does. */
  get lack(): Lack | undefined {
    if (this.busy.length > 0) return undefined;
    return this.#slots === 0 && this.#in('known').length > 0 ? 'slot' : 'sources';
  }

  get lastFailure(): ErrorRecord | undefined {
    return [...this.#all.values()].find(({ last }) => last !== undefined)?.last;
  }

  /** Chunks each brought in this run. */
  get brought(): readonly { readonly peerId: PeerId; readonly chunks: number }[] {
    return [...this.#all.values()]
      .filter(({ brought }) => brought > 0)
      .map(({ peer, brought }) => ({ peerId: peer, chunks: brought }));
  }

  known(peer: PeerId, now: number): void {
    const source = this.#all.get(peer);
    if (source === undefined) {
      this.#all.set(peer, newSource(peer, now));
      return;
    }
    source.isKnown = true;
    // Heard anew: no reason to wait any longer.
    if (source.state === 'resting' || source.state === 'gone') source.state = 'known';
  }

  gone(peer: PeerId): void {
    const source = this.#all.get(peer);
    if (source === undefined) return;
    source.isKnown = false;
    if (holdsSlot(source) || source.state === 'convicted') return;
    if (source.brought === 0) this.#all.delete(peer);
    else source.state = 'gone';
  }

  /** Its request actor ended, as it was asked to, by itself, or by a crash. */
  ended(source: Source, crashed: boolean, now: number): void {
    source.askedHave = false;
    if (source.state === 'convicted') return;
    if (source.state === 'leaving') source.state = 'known';
    else rest(source, crashed, now);
    if (!source.isKnown) this.gone(source.peer);
  }

  /** No request actor could be had for it. If it was to replace one that crashed, the next try still is. */
  notStarted(peer: PeerId, now: number): void {
    const source = this.#all.get(peer);
    if (source === undefined) return;
    const { crashed } = source;
    this.ended(source, false, now);
    source.crashed = crashed;
  }

  /** Marks those as leaving for whom there is no slot any more: those that brought least go first. */
  setSlots(slots: number): readonly Source[] {
    this.#slots = slots;
    const { busy } = this;
    const surplus = busy
      .toSorted((left, right) => left.brought - right.brought)
      .slice(0, Math.max(0, busy.length - slots));
    for (const source of surplus) source.state = 'leaving';
    return surplus;
  }

  /** Marks those as leaving that have given nothing for long, as many as others wait for their slots. */
  makeRoom(dutyOf: (source: Source) => Duty, now: number): readonly Source[] {
    const waiting = this.#ready(now).length - this.#free;
    const idle: Source[] = [];
    for (const source of this.connected) {
      const duty = dutyOf(source);
      if (duty === 'none') source.gaveAt = now;
      else if (now - source.gaveAt >= patienceMs(source, duty)) idle.push(source);
    }
    const leaving = idle
      .toSorted((left, right) => left.gaveAt - right.gaveAt)
      .slice(0, Math.max(0, waiting));
    for (const source of leaving) {
      source.state = 'leaving';
      source.failures += 1;
    }
    return leaving;
  }

  /** Marks those as starting whom there are slots for now, the proven ones first, then who was tried least. */
  start(now: number): readonly Source[] {
    const chosen = this.#ready(now)
      .toSorted((left, right) => left.failures - right.failures || left.attempts - right.attempts)
      .slice(0, Math.max(0, this.#free));
    for (const source of chosen) {
      source.state = 'starting';
      source.attempts += 1;
    }
    return chosen;
  }

  /** The connected one that was longest not asked for the manifest, so that none can keep it from us by turns. */
  nextForManifest(except: PeerId | undefined): Source | undefined {
    return this.connected
      .filter(({ peer }) => peer !== except)
      .toSorted((left, right) => left.askedManifestAt - right.askedManifestAt)[0];
  }

  #ready(now: number): readonly Source[] {
    return [...this.#all.values()].filter((source) => isReady(source, now));
  }

  get #free(): number {
    return this.#slots - [...this.#all.values()].filter(holdsSlot).length;
  }

  #in(state: SourceState): readonly Source[] {
    return [...this.#all.values()].filter((source) => source.state === state);
  }
}

function newSource(peer: PeerId, now: number): Source {
  return {
    peer,
    state: 'known',
    isKnown: true,
    failures: 0,
    retryAt: now,
    attempts: 0,
    crashed: false,
    rttMs: 0,
    askedHave: false,
    gaveAt: now,
    askedManifestAt: Number.NEGATIVE_INFINITY,
    brought: 0,
    partBytes: 0,
  };
}

function rest(source: Source, crashed: boolean, now: number): void {
  source.state = 'resting';
  source.crashed = crashed;
  source.failures += 1;
  const restMs = Math.min(RETRY_MOST_MS, RETRY_FIRST_MS * 2 ** (source.failures - 1));
  source.retryAt = now + (crashed && source.failures <= CRASHES_FORGIVEN ? 0 : restMs);
}

function patienceMs({ failures }: Source, duty: 'idle' | 'owing'): number {
  return duty === 'idle' ? IDLE_MS : OWING_MS * 2 ** Math.min(failures, MOST_DOUBLINGS);
}

function isReady({ state, retryAt }: Source, now: number): boolean {
  return state === 'known' || (state === 'resting' && retryAt <= now);
}

function isBusy({ state }: Source): boolean {
  return state === 'starting' || state === 'connected';
}

function holdsSlot(source: Source): boolean {
  return isBusy(source) || source.state === 'leaving';
}
