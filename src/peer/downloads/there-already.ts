/**
 * What a user asks for may lie already where it would go, and nothing here knows of it: an earlier run fetched it, or it was
 * copied there. Its bytes say so; then it is not fetched, nor put there a second time.
 */
import type { Stats } from 'node:fs';
import { lstat, rm } from 'node:fs/promises';
import type { ContentId } from '#src/domain/ids.js';
import { absentAs } from '#src/io/disk/missing.js';
import { numbered } from '#src/io/fetch/place-file.js';
import type { HasherJobs } from '#src/peer/shares/hasher-jobs.js';
import { fingerprintsOf } from '#src/peer/shares/share-paths.js';
import type { Surroundings } from './surroundings.js';
import { wouldBe } from './targets.js';

/** Other contents of its name may have come before it, each under the next number; more than these nobody looks through. */
const MOST_LOOKED_AT = 10;

type Parts = Pick<Surroundings, 'home'> & {
  readonly hasherJobs: Pick<HasherJobs, 'index'>;
  readonly neighbours: {
    readonly directory: Pick<Surroundings['neighbours']['directory'], 'offers'>;
  };
};

export type There = { readonly path: string; readonly bytes: number };

export class ThereAlready {
  readonly #with: Parts;
  readonly #closed = new AbortController();

  constructor(parts: Parts) {
    this.#with = parts;
  }

  /** @param to as the user gave it. @returns where it lies whole, as its bytes prove. @throws P2pError `bad-name` */
  async find(id: ContentId, name: string, to: string | undefined): Promise<There | undefined> {
    const { home, neighbours } = this.#with;
    // By hearsay: it spares the reading of what cannot be it, and proves nothing.
    const bytes = neighbours.directory.offers().find((offer) => offer.id === id)?.bytes;
    if (bytes === undefined) return undefined;
    const { target, mayRename } = await wouldBe(name, home.folders.downloads, to);
    const kind = (await lookAt(target))?.isDirectory() === true ? 'directory' : 'file';
    for (let attempt = 0; attempt < (mayRename ? MOST_LOOKED_AT : 1); attempt += 1) {
      const path = numbered(target, kind, attempt);
      const there = await lookAt(path);
      if (there === undefined || this.#closed.signal.aborted) return undefined;
      const isLike = there.isDirectory() || (there.isFile() && there.size === bytes);
      if (isLike && (await this.#isThis(id, path, bytes))) return { path, bytes };
    }
    return undefined;
  }

  close(): void {
    this.#closed.abort();
  }

  async #isThis(id: ContentId, path: string, mostBytes: number): Promise<boolean> {
    const { home, hasherJobs } = this.#with;
    // Its own: what a share or a received content remembers is not ours to change.
    const fingerprints = `${fingerprintsOf(home, path)}.there`;
    const { signal } = this.#closed;
    try {
      const found = await hasherJobs
        .index(path, fingerprints, undefined, { mostBytes, signal })
        // It is larger, does not hold still, or cannot be read: it counts for nothing, and nothing is overwritten.
        .catch(() => undefined);
      return found?.id === id;
    } finally {
      await rm(fingerprints, { force: true });
    }
  }
}

function lookAt(path: string): Promise<Stats | undefined> {
  return lstat(path).catch(absentAs(undefined));
}
