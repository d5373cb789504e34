/** What one download has on the disk: found again, checked, synced, put in its place, counted as lost. */
import { dirname } from 'node:path';
import { ChunkSet } from '#src/domain/content/chunk-set.js';
import type { ContentSource } from '#src/domain/content/content-source.js';
import { listsTheSame } from '#src/domain/content/draft.js';
import type { Manifest } from '#src/domain/content/manifest.js';
import type { ErrorRecord } from '#src/domain/errors.js';
import type { ChunkIndex } from '#src/domain/ids.js';
import { createLooks, type Fingerprints } from '#src/io/content/fingerprints.js';
import type { DownloadRecord } from '#src/io/disk/database-rows.js';
import { syncFolder } from '#src/io/disk/held-folder.js';
import { requireWritableNames } from '#src/io/disk/writable-names.js';
import { dropNotes, keepNotes, otherThan } from '#src/io/fetch/draft-staging.js';
import { finishStaged, loseStagedName } from '#src/io/fetch/finish.js';
import { laidOutBy, noteLayout } from '#src/io/fetch/laid-out.js';
import { placedBefore } from '#src/io/fetch/placed.js';
import { layOutAnew } from '#src/io/fetch/relaying.js';
import { prepareStaging } from '#src/io/fetch/staging.js';
import { removeStaging } from '#src/io/fetch/staging-folder.js';
import { loseUnsynced, markSynced, settleStaging, syncStaged } from '#src/io/fetch/staging-sync.js';
import { fingerprintsOf } from '#src/peer/shares/share-paths.js';
import type { Delta } from './delta.js';
import { LeftElsewhere, layoutOf } from './left-elsewhere.js';
import type { Surroundings } from './surroundings.js';

type Options = {
  /** The download has ended. */
  readonly signal: AbortSignal;
  /** What arrived elsewhere stays there. */
  readonly leftThere: (staging: string, error: ErrorRecord) => void;
};

export class StagedDownload {
  readonly #record: DownloadRecord;
  readonly #around: Pick<Surroundings, 'home' | 'hasherJobs' | 'kept' | 'manifests'>;
  readonly #with: Options;
  /** Where an earlier run put it, which ended before that was noted. */
  #placed: string | undefined;
  /** Entries of the journal that outlast a power loss. */
  #synced = 0;
  #isUnsynced = false;
  #looks = createLooks(0);

  constructor(
    record: DownloadRecord,
    around: Pick<Surroundings, 'home' | 'hasherJobs' | 'kept' | 'manifests'>,
    options: Options,
  ) {
    this.#record = record;
    this.#around = around;
    this.#with = options;
  }

  /** How small files looked when they were written; what was not written in this run is unknown. For all threads. */
  get looks(): Fingerprints {
    return this.#looks;
  }

  /** @returns the chunks that count: staged, doubtful ones once they were hashed, kept for others, and of other versions. */
  async prepare(manifest: Manifest, delta: Pick<Delta, 'bring'>): Promise<ChunkSet> {
    this.#looks = createLooks(manifest.entries.count);
    this.#placed = await this.#findPlaced();
    if (this.#placed !== undefined) return ChunkSet.full(manifest.layout.chunks);
    const { staging, id } = this.#record;
    const relaid = await this.#layOutAnew(manifest);
    const { have, doubtful: unproven, synced } = await prepareStaging(staging, manifest, relaid);
    const disproven = await this.#takeOver(manifest, have);
    for (const index of disproven) have.delete(index);
    const doubtful = [...unproven, ...disproven];
    await requireWritableNames(staging, manifest);
    this.#synced = synced;
    if (doubtful.length > 0) {
      const good = await this.#around.hasherJobs.verify(id, staging, doubtful);
      for (const index of good) have.add(index);
      this.#synced = await settleStaging(staging, manifest, have, synced);
    }
    await this.#endLayingOut();
    // A draft's hash may have proven now what another one was noted for.
    if (this.#record.draft !== undefined || doubtful.length > 0) await dropNotes(staging);
    await this.#adoptKept(have);
    const left = new LeftElsewhere(this.#record, this.#around, {
      ...this.#with,
      adopt: (source, chunks) => this.#adopt(source, chunks),
      sync: () => this.sync(manifest),
    });
    await left.take(manifest, have);
    await delta.bring(manifest, have);
    return have;
  }

  /** Makes what was written so far outlast a power loss. @throws the system's errors; `letGo` must follow then */
  async sync(manifest: Manifest): Promise<void> {
    const { staging } = this.#record;
    try {
      this.#synced = await syncStaged(staging, manifest, this.#synced);
    } catch (error) {
      this.#isUnsynced = true;
      throw error;
    }
    // A full disk takes no mark; what was synced is.
    await markSynced(staging, this.#synced);
  }

  /** @returns where it is now, whole. */
  async finish(manifest: Manifest): Promise<string> {
    const draft = await this.#draft();
    const path = await this.#place(manifest, draft);
    // Files that were given a time look otherwise than when they were written.
    if (draft !== undefined) this.#looks = createLooks(manifest.entries.count);
    await loseStagedName(this.#record.staging);
    return path;
  }

  /** Nobody writes any more: what was written while a sync failed counts no more than what was before. */
  async letGo(): Promise<void> {
    if (this.#isUnsynced) await loseUnsynced(this.#record.staging, this.#synced);
  }

  async #place(manifest: Manifest, draft: Manifest | undefined): Promise<string> {
    const { staging, target, mayRename, into } = this.#record;
    if (this.#placed === undefined)
      return finishStaged(staging, manifest, this.#synced, {
        path: target,
        mayRename,
        draft,
        into,
      });
    await syncFolder(dirname(this.#placed));
    return this.#placed;
  }

  /**
   * What is staged may be of an earlier content, or of the draft. Where it is gone what that listed, nothing of it is known.
   * @returns the chunks that came by another tree, where they have other numbers: to be hashed before they count.
   */
  async #layOutAnew(manifest: Manifest): Promise<readonly ChunkIndex[]> {
    const { staging, draft } = this.#record;
    if (draft === undefined) return [];
    const { by, earlier } = await layoutOf(staging, this.#record);
    if (earlier === undefined && by === manifest.id) return [];
    const listing = await this.#around.manifests.read(earlier?.by ?? by);
    if (listing?.kind === manifest.kind) {
      if (earlier === undefined && listsTheSame(listing, manifest)) return [];
      return layOutAnew(staging, manifest, listing, earlier);
    }
    await removeStaging(staging);
    return [];
  }

  /** What came by an earlier listing is proven to be of this one, or is not. */
  async #endLayingOut(): Promise<void> {
    const { id, staging } = this.#record;
    if ((await laidOutBy(staging))?.earlier !== undefined) await noteLayout(staging, { by: id });
  }

  /** @returns the chunks that something else than this content has proven: noted before it is said to be of this one. */
  async #takeOver(manifest: Manifest, have: ChunkSet): Promise<readonly ChunkIndex[]> {
    const { id, staging, draft } = this.#record;
    if (draft === undefined) return [];
    if ((await laidOutBy(staging))?.by !== id) {
      await keepNotes(staging);
      await noteLayout(staging, { by: id });
    }
    return otherThan(staging, manifest, have);
  }

  /** What its sender listed, where it was fetched by that at first. */
  #draft(): Promise<Manifest | undefined> {
    const { draft } = this.#record;
    return draft === undefined ? Promise.resolve(undefined) : this.#around.manifests.read(draft);
  }

  /** Whole and in its place already, as its bytes prove. */
  async #findPlaced(): Promise<string | undefined> {
    const { home, hasherJobs } = this.#around;
    const { staging, id } = this.#record;
    for (const path of [await placedBefore(staging), await this.#receivedBefore()]) {
      if (path === undefined) continue;
      const found = await hasherJobs
        .identify(path, fingerprintsOf(home, path))
        // Gone, or not readable: it is fetched again.
        .catch(() => undefined);
      if (found === id) return path;
    }
    return undefined;
  }

  /** It was noted as received, and not yet as no longer unfinished. */
  async #receivedBefore(): Promise<string | undefined> {
    const received = await this.#around.home.database.all('received');
    const { id: wanted, from } = this.#record;
    // What its sender does not know to be here is fetched, so that he does not learn it.
    return received.find(
      ([, one]) => one.id === wanted && (from === undefined || one.from === from),
    )?.[0];
  }

  /** What this peer keeps for others of the same content need not be fetched. */
  async #adoptKept(have: ChunkSet): Promise<void> {
    const held = this.#around.kept(this.#record.id);
    if (held === undefined) return;
    const chunks = [...held.have.values()].filter((index) => !have.has(index)) as ChunkIndex[];
    if (chunks.length === 0) return;
    try {
      for (const index of await this.#adopt(held.source, chunks)) have.add(index);
    } catch (error) {
      if (!this.#with.signal.aborted) throw error;
    }
  }

  #adopt(source: ContentSource, chunks: readonly ChunkIndex[]): Promise<readonly ChunkIndex[]> {
    const { id, staging } = this.#record;
    return this.#around.hasherJobs.adopt(id, staging, source, chunks, this.#with.signal);
  }
}
