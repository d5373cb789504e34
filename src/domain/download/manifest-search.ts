/** Whom to ask for the manifest of a download: one source at a time, and another one when that is slow. Pure. */

import type { PeerId } from '#src/domain/ids.js';
import type { DownloadOut } from './download-events.js';
import type { Phase } from './download-phase.js';
import type { Duty, Source } from './download-source.js';
import type { DownloadSources } from './download-sources.js';

/** Another source is asked for the manifest when the first has not brought it by then. */
const PATIENCE_MS = 3000;

export class ManifestSearch implements Phase {
  readonly name = 'locating';
  readonly #sources: DownloadSources;
  #asked: PeerId | undefined;
  #askedAt = 0;

  constructor(sources: DownloadSources) {
    this.#sources = sources;
  }

  /** It is asked when it is its turn. */
  greet(): readonly DownloadOut[] {
    return [];
  }

  ask(now: number): readonly DownloadOut[] {
    if (this.#asked !== undefined && now - this.#askedAt < PATIENCE_MS) return [];
    const source = this.#sources.nextForManifest(this.#asked);
    if (source === undefined) return [];
    this.#asked = source.peer;
    this.#askedAt = now;
    source.askedManifestAt = now;
    return [{ type: 'ask-manifest', peer: source.peer }];
  }

  letGo({ peer }: Source): void {
    if (this.#asked === peer) this.#asked = undefined;
  }

  /** Only those that were asked for the manifest could have brought something. */
  dutyOf({ askedManifestAt }: Source): Duty {
    return askedManifestAt >= 0 ? 'idle' : 'none';
  }
}
