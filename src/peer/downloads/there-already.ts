/**
 * What a user asks for may lie already where it would go, and nothing here knows of it: an earlier run fetched it, or it was
 * copied there. Its bytes say so; then it is not fetched, nor put there a second time.
 */
import type { Stats } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { toRecord } from '#src/domain/errors.js';
import type { ContentId, PeerId } from '#src/domain/ids.js';
import { MiB } from '#src/domain/limits.js';
import { absentAs } from '#src/io/disk/missing.js';
import { numbered } from '#src/io/fetch/place-file.js';
import type { DownloadOptions } from '#src/peer/api.js';
import type { HasherJobs } from '#src/peer/shares/hasher-jobs.js';
import { fingerprintsOf } from '#src/peer/shares/share-paths.js';
import type { Surroundings } from './surroundings.js';
import { wouldBe } from './targets.js';
import type { Unfinished } from './unfinished.js';

/** Other contents of its name may have come before it, each under the next number; more than these nobody looks through. */
const MOST_LOOKED_AT = 10;

/** Read of all of them beyond what it should have: a slow disk reads that in seconds, and others wait for the same hasher. */
const SLACK_BYTES = 256 * MiB;

type Parts = Pick<Surroundings, 'home'> & {
  readonly unfinished: Pick<Unfinished, 'get'>;
  readonly hasherJobs: Pick<HasherJobs, 'index'>;
  readonly neighbours: {
    readonly directory: Pick<Surroundings['neighbours']['directory'], 'leastBytes'>;
  };
};

type There = { readonly path: string; readonly bytes: number; readonly files: number };

type Look = { readonly found?: Omit<There, 'path'>; readonly readBytes: number };

export class ThereAlready {
  readonly #with: Parts;
  readonly #closed = new AbortController();

  constructor(parts: Parts) {
    this.#with = parts;
  }

  /**
   * What somebody sends is not looked for, as he would learn that it is here; what is half here already knows its place.
   * @param options as the user gave them: nothing is read any more once he gives up. @param from who sends it, if somebody does
   * @returns where it lies whole, as its bytes prove. @throws P2pError `bad-name`
   */
  async find(
    id: ContentId,
    name: string,
    { to, signal }: Pick<DownloadOptions, 'to' | 'signal'>,
    from?: PeerId,
  ): Promise<There | undefined> {
    const { home, neighbours, unfinished } = this.#with;
    if (from !== undefined || (await unfinished.get(id)) !== undefined) return undefined;
    // By hearsay: it spares the reading of what cannot be it, and proves nothing. Who repeats an id with more has no more read.
    const bytes = neighbours.directory.leastBytes(id);
    if (bytes === undefined) return undefined;
    const closed = this.#closed.signal;
    const ended = signal === undefined ? closed : AbortSignal.any([closed, signal]);
    const { target, mayRename } = await wouldBe(name, home.folders.downloads, to);
    const kind = (await lookAt(target))?.isDirectory() === true ? 'directory' : 'file';
    let readBytes = 0;
    for (let attempt = 0; attempt < (mayRename ? MOST_LOOKED_AT : 1); attempt += 1) {
      const path = numbered(target, kind, attempt);
      const there = await lookAt(path);
      if (there === undefined || ended.aborted || readBytes > SLACK_BYTES) return undefined;
      if (!there.isDirectory() && !(there.isFile() && there.size === bytes)) continue;
      const look = await this.#read(id, path, bytes, ended);
      if (look.found !== undefined) return { path, ...look.found };
      readBytes += look.readBytes;
    }
    return undefined;
  }

  close(): void {
    this.#closed.abort();
  }

  /** Nothing stays of it. */
  async #read(id: ContentId, path: string, mostBytes: number, signal: AbortSignal): Promise<Look> {
    const { home, hasherJobs } = this.#with;
    const options = { mostBytes, signal, isStored: false } as const;
    try {
      const found = await hasherJobs.index(path, fingerprintsOf(home, path), undefined, options);
      const { bytes, files, readBytes } = found;
      return found.id === id ? { found: { bytes, files }, readBytes } : { readBytes };
    } catch (error) {
      // It is larger, does not hold still, or cannot be read: it counts for nothing, and nothing is overwritten.
      return { readBytes: isTooLarge(error) ? 0 : mostBytes };
    }
  }
}

/** It was listed then, and not read. */
function isTooLarge(error: unknown): boolean {
  return toRecord(error).code === 'too-large';
}

function lookAt(path: string): Promise<Stats | undefined> {
  return lstat(path).catch(absentAs(undefined));
}
