/**
 * What one download does with our disk: staged at its beginning, synced as it grows, put in its place at its end. One after
 * the other, and nothing of it is left half done.
 */
import type { ChunkSet } from '#src/domain/content/chunk-set.js';
import { fileCount } from '#src/domain/content/entries.js';
import type { Manifest } from '#src/domain/content/manifest.js';
import { type ErrorRecord, toRecord } from '#src/domain/errors.js';
import { requireOffered } from '#src/domain/send/offered-size.js';
import type { Fingerprints } from '#src/io/content/fingerprints.js';
import { inSharedMemory } from '#src/io/content/shared-manifest.js';
import type { DownloadRecord } from '#src/io/disk/database-rows.js';
import { heldBytes } from '#src/io/fetch/staging.js';
import { Delta } from './delta.js';
import { PacedSync } from './paced-sync.js';
import type { Requests } from './requests.js';
import { searchSegments } from './segment-search.js';
import { StagedDownload } from './staged-download.js';
import type { Surroundings } from './surroundings.js';

/** What comes of it. */
type Outcome = {
  /** What the download consists of is known. */
  readonly listed: () => void;
  /** These chunks are here. */
  readonly staged: (manifest: Manifest, have: ChunkSet) => void;
  /** It is in its place. */
  readonly placed: (manifest: Manifest, path: string) => void;
  readonly failed: (error: ErrorRecord) => void;
  /** What arrived elsewhere could not be taken along. */
  readonly leftThere: (staging: string, error: ErrorRecord) => void;
};

export type DownloadDiskOptions = {
  readonly record: DownloadRecord;
  /** Where it is here already. */
  readonly manifest: Manifest | undefined;
  readonly around: Surroundings;
  readonly requests: Requests;
  /** Nobody wants what is not done yet. */
  readonly signal: AbortSignal;
  /** Whether all has come, and nothing has failed since. */
  readonly isFinishing: () => boolean;
  readonly outcome: Outcome;
};

export class DownloadDisk {
  readonly #with: DownloadDiskOptions;
  readonly #staged: StagedDownload;
  readonly #delta: Delta;
  readonly #syncing = new PacedSync(() => this.#sync());
  #manifest: Manifest | undefined;
  #heldBytes = 0;
  #work: Promise<void> = Promise.resolve();

  constructor(options: DownloadDiskOptions) {
    const { record, manifest, around, requests, signal } = options;
    this.#with = options;
    this.#manifest = manifest;
    this.#staged = new StagedDownload(record, around, {
      signal,
      leftThere: options.outcome.leftThere,
    });
    this.#delta = new Delta({
      record,
      around,
      search: (stop) => searchSegments(requests, stop),
      signal,
    });
  }

  /** Once it is known. */
  get manifest(): Manifest | undefined {
    return this.#manifest;
  }

  get looks(): Fingerprints {
    return this.#staged.looks;
  }

  /** What was here when it was staged. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  stage(): void {
    this.#detached(this.#stage());
  }

  finish(): void {
    this.#detached(this.#finish());
  }

  /** It has failed: what is under way ends first. */
  letGo(): void {
    this.#detached(this.#work.then(() => this.#letGo()));
  }

  /** @param doneBytes what is here now. */
  tick(now: number, doneBytes: number): void {
    this.#syncing.tick(now, doneBytes);
  }

  /** Resolves once nothing of it runs. */
  async ended(): Promise<void> {
    await this.#syncing.ended;
    await this.#work;
  }

  async #stage(): Promise<void> {
    const { record, around, signal, outcome } = this.#with;
    const stored = this.#manifest ?? (await around.manifests.read(record.id));
    if (stored === undefined) throw new Error('the manifest was stored and is gone');
    const manifest = inSharedMemory(stored);
    this.#manifest = manifest;
    requireOffered({ bytes: manifest.bytes, files: fileCount(manifest.entries) }, record);
    outcome.listed();
    if (signal.aborted) return;
    const have = await this.#staged.prepare(manifest, this.#delta);
    if (signal.aborted) return;
    this.#heldBytes = heldBytes(manifest, have);
    outcome.staged(manifest, have);
  }

  async #finish(): Promise<void> {
    const { record, requests, isFinishing, outcome } = this.#with;
    const manifest = this.#manifest;
    if (manifest === undefined) throw new Error('a download without a manifest cannot be finished');
    await this.#syncing.ended;
    await requests.ended();
    // All there is of it; what it is called, and whether it is that, its sender has yet to say.
    if (record.isDraft === true) return;
    // A sync that failed meanwhile has ended it: what that lost no later sync tells of.
    if (!isFinishing()) return;
    outcome.placed(manifest, await this.#staged.finish(manifest));
  }

  async #sync(): Promise<void> {
    if (this.#manifest === undefined) return;
    try {
      await this.#staged.sync(this.#manifest);
    } catch (error) {
      this.#with.outcome.failed(toRecord(error));
    }
  }

  /** After a failed sync, what was being written meanwhile counts no more than what was written before. */
  async #letGo(): Promise<void> {
    await this.#with.requests.ended();
    await this.#staged.letGo();
  }

  #detached(work: Promise<void>): void {
    this.#work = work.catch((error: unknown) => this.#with.outcome.failed(toRecord(error)));
  }
}
