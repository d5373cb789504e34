/** Which phase a download is in, and which it may go to from there: the one place where that changes. Pure. */
import type { DownloadChunks } from './download-chunks.js';
import { ENDED, FINISHING, Paused, type PREPARING, UNSEALED } from './download-phase.js';
import type { DownloadSources } from './download-sources.js';
import type { ManifestSearch } from './manifest-search.js';

/** In which something of the download is still to come. */
export type Work = ManifestSearch | typeof PREPARING | DownloadChunks;
type AnyPhase = Work | Paused<Work> | typeof UNSEALED | typeof FINISHING | typeof ENDED;

export class DownloadCourse {
  #phase: AnyPhase;

  constructor(search: ManifestSearch) {
    this.#phase = search;
  }

  get phase(): AnyPhase {
    return this.#phase;
  }

  /** What is under way, paused or not; none where nothing is to come any more. */
  get work(): Work | undefined {
    const phase = this.#phase.name === 'paused' ? this.#phase.before : this.#phase;
    return isWork(phase) ? phase : undefined;
  }

  /** Something is to come, and it is not paused. */
  get isWorking(): boolean {
    return isWork(this.#phase);
  }

  /** It asks sources now. */
  get isAsking(): boolean {
    return this.#phase.name === 'locating' || this.#phase.name === 'fetching';
  }

  /** The next work, paused where the last one was. */
  turnTo(work: Work): void {
    this.#phase = this.#phase.name === 'paused' ? new Paused(work) : work;
  }

  pause(): void {
    if (isWork(this.#phase)) this.#phase = new Paused(this.#phase);
  }

  /** @returns whether it was paused. */
  resume(): boolean {
    if (this.#phase.name !== 'paused') return false;
    this.#phase = this.#phase.before;
    return true;
  }

  /** `waiting`: there is nobody to ask. What only our own disk is busy with is running. */
  stateWith(sources: DownloadSources): 'running' | 'waiting' | 'paused' {
    if (this.#phase.name === 'paused') return 'paused';
    const isAlone = this.isAsking && sources.connected.length === 0;
    const isLeft = this.#phase.name === 'unsealed' && !sources.isAnyKnown;
    return isAlone || isLeft ? 'waiting' : 'running';
  }

  /** All of it is here. */
  finish(isDraft: boolean): void {
    this.#phase = isDraft ? UNSEALED : FINISHING;
  }

  end(): void {
    this.#phase = ENDED;
  }
}

function isWork(phase: AnyPhase): phase is Work {
  return phase.name === 'locating' || phase.name === 'preparing' || phase.name === 'fetching';
}
