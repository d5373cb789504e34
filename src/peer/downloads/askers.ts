/** Those who wait for one download: the one who asked, others who asked for the same, or nobody. */
import type { Subject } from 'rxjs';
import type { DownloadEvent, DownloadResult, DownloadTrouble } from '#src/peer/api.js';
import type { PeerEvent } from '#src/peer/events.js';
import { DownloadError } from './download-error.js';

type Tell = (event: PeerEvent, ref?: string) => void;

export type Asker = {
  readonly ref: string | undefined;
  readonly progress: Subject<DownloadEvent>;
  readonly resolve: (result: DownloadResult) => void;
  readonly reject: (error: DownloadError) => void;
  /** By the user of this peer, or not: as he begins to wait, and as often as that may have changed. */
  readonly paused?: ((isPaused: boolean) => void) | undefined;
};

/** Told everybody's ear once: each asker through its promise, the outside once for each `ref`. */
export class Askers {
  readonly #tell: Tell;
  readonly #all: Asker[] = [];

  constructor(tell: Tell) {
    this.#tell = tell;
  }

  get count(): number {
    return this.#all.length;
  }

  add(asker: Asker): void {
    this.#all.push(asker);
  }

  has(asker: Asker): boolean {
    return this.#all.includes(asker);
  }

  /** All wait for what those wait for. */
  moveTo(other: Askers): void {
    for (const asker of this.#all.splice(0)) other.add(asker);
  }

  remove(asker: Asker): void {
    const at = this.#all.indexOf(asker);
    if (at >= 0) this.#all.splice(at, 1);
  }

  /** Progress, to all or to the one who has just joined. */
  tell(event: DownloadEvent, only: readonly Asker[] = this.#all): void {
    for (const { progress } of only) progress.next(event);
    const refs = new Set(only.map(({ ref }) => ref));
    if (refs.size === 0) refs.add(undefined);
    for (const ref of refs) this.#tell(event, ref);
  }

  paused(isPaused: boolean): void {
    for (const asker of this.#all) asker.paused?.(isPaused);
  }

  complete(event: DownloadResult): void {
    if (this.#all.length === 0) this.#tell(event);
    for (const asker of this.#all) completeOne(asker, event, this.#tell);
  }

  refuse(name: string, trouble: DownloadTrouble): void {
    if (this.#all.length === 0) this.#tell({ type: 'download-failed', name, ...trouble });
    for (const asker of this.#all) refuseOne(asker, name, trouble, this.#tell);
  }
}

export function completeOne(asker: Asker, event: DownloadResult, tell: Tell): void {
  tell(event, asker.ref);
  asker.resolve(event);
}

export function refuseOne(asker: Asker, name: string, trouble: DownloadTrouble, tell: Tell): void {
  tell({ type: 'download-failed', name, ...trouble }, asker.ref);
  asker.reject(new DownloadError(trouble));
}
