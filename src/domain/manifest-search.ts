/** Whom to ask for the manifest of a download: one source at a time, and another one when that is slow. Pure. */
import type { DownloadSources } from './download-sources.js';
import type { PeerId } from './ids.js';

/** Another source is asked for the manifest when the first has not brought it by then. */
const PATIENCE_MS = 3000;

export class ManifestSearch {
  readonly name = 'locating';
  #asked: PeerId | undefined;
  #askedAt = 0;

  /** @returns who is to be asked now, if anybody. */
  next(sources: DownloadSources, now: number): PeerId | undefined {
    if (this.#asked !== undefined && now - this.#askedAt < PATIENCE_MS) return undefined;
    const source = sources.nextForManifest(this.#asked);
    if (source === undefined) return undefined;
    this.#asked = source.peer;
    this.#askedAt = now;
    source.askedManifestAt = now;
    return source.peer;
  }

  /** Nothing comes from it any more. */
  failed(peer: PeerId): void {
    if (this.#asked === peer) this.#asked = undefined;
  }
}
