/**
 * Has lists of segments made for those who ask the transfer server: one at a time and once for each content, however many
 * ask, for each costs the reading of all of it.
 */
import { join } from 'node:path';
import type { ContentId } from '#src/domain/ids.js';
import { boundSegments } from '#src/io/content/segment-store.js';
import type { Crew } from '#src/peer/crew.js';
import type { Home } from '#src/peer/home.js';
import type { HasherJobs } from '#src/peer/shares/hasher-jobs.js';
import type { Library } from '#src/peer/shares/library.js';

export class SegmentMaking {
  readonly #home: Home;
  readonly #crew: Crew;
  readonly #library: Library;
  readonly #jobs: HasherJobs;
  /** Tried in this run: what failed or was given up for others is not made again. */
  readonly #tried = new Set<ContentId>();
  #last: Promise<void> = Promise.resolve();

  constructor(home: Home, crew: Crew, library: Library, jobs: HasherJobs) {
    this.#home = home;
    this.#crew = crew;
    this.#library = library;
    this.#jobs = jobs;
  }

  wanted(id: ContentId): void {
    this.#last = this.#last.then(() => this.#make(id));
  }

  async #make(id: ContentId): Promise<void> {
    const held = this.#library.contents.best(id);
    if (held?.source.kind === 'share' && !this.#tried.has(id)) {
      this.#tried.add(id);
      const { segments } = this.#home.folders;
      const job = { id, source: held.source, likeBytes: held.bytes, file: join(segments, id) };
      await this.#jobs
        .cut(job)
        .then(() => boundSegments(segments))
        // It has changed, or the disk refuses: whoever asked does without.
        .catch(() => undefined);
    }
    this.#crew.send('transfer-server', { type: 'segments-settled', id });
  }
}
