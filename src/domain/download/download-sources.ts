/**
 * The peers a download may be fetched from, and how each has behaved: who is connected to, who rests after a
 * failure, who makes room for another download, who is convicted. Pure: time (monotonic ms) is an argument.
 */
import type { ErrorRecord } from '#src/domain/errors.js';
import type { PeerId } from '#src/domain/ids.js';
import {
  type Duty,
  holdsSlot,
  isBusy,
  isReady,
  newSource,
  patienceMs,
  rest,
  type Source,
  type SourceState,
} from './download-source.js';

/** A thread to ask with, or somebody to ask. */
export type Lack = 'slot' | 'sources';

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
