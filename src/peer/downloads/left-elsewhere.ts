/** What arrived of a download on another disk, before its user wanted it here: taken along, chunk by chunk, as far as it is proven. */
import type { ChunkSet } from '#src/domain/content/chunk-set.js';
import type { ContentSource } from '#src/domain/content/content-source.js';
import type { Manifest } from '#src/domain/content/manifest.js';
import { type ErrorRecord, P2pError, toRecord } from '#src/domain/errors.js';
import type { ChunkIndex } from '#src/domain/ids.js';
import type { DownloadRecord } from '#src/io/disk/database-rows.js';
import { type Layout, laidOutBy } from '#src/io/fetch/laid-out.js';
import { chunksLeft } from '#src/io/fetch/relaying.js';
import { namesStaged, removeStaging } from '#src/io/fetch/staging-folder.js';
import { foldersOf } from './staged-elsewhere.js';
import type { Surroundings } from './surroundings.js';

type Options = {
  /** The download has ended. */
  readonly signal: AbortSignal;
  /** What arrived elsewhere stays there. */
  readonly leftThere: (staging: string, error: ErrorRecord) => void;
  /** Copies chunks to what is staged here. @returns those that are proven */
  readonly adopt: (
    source: ContentSource,
    chunks: readonly ChunkIndex[],
  ) => Promise<readonly ChunkIndex[]>;
  /** Makes what is staged here outlast a power loss. */
  readonly sync: () => Promise<void>;
};

export class LeftElsewhere {
  readonly #record: DownloadRecord;
  readonly #around: Pick<Surroundings, 'home' | 'manifests'>;
  readonly #with: Options;

  constructor(
    record: DownloadRecord,
    around: Pick<Surroundings, 'home' | 'manifests'>,
    options: Options,
  ) {
    this.#record = record;
    this.#around = around;
    this.#with = options;
  }

  /** What is not taken along is fetched. @param have gains what is */
  async take(manifest: Manifest, have: ChunkSet): Promise<void> {
    const { leftAt = [] } = this.#record;
    // Nothing proves the chunks of a draft until its sender has said their hashes.
    if (manifest.form === 'draft') return;
    for (const path of leftAt) {
      if (this.#with.signal.aborted) return;
      if (!(await this.#takeAlong(path, manifest, have))) continue;
      // Until then a power loss would take what is here, and there it would be gone.
      await this.#with.sync();
      if (await this.#isOfAnother(path)) continue;
      await removeStaging(path).catch((error: unknown) => this.#leftThere(path, error));
    }
  }

  /** That disk is gone, or either refuses: it is fetched. */
  #leftThere(path: string, error: unknown): void {
    if (!this.#with.signal.aborted) this.#with.leftThere(path, toRecord(error));
  }

  /** It was this content once, which another download fetches there by now. */
  async #isOfAnother(path: string): Promise<boolean> {
    const all = await this.#around.home.database.all('downloads');
    const others = all.filter(([id]) => id !== this.#record.id).map(([, record]) => record);
    return foldersOf(...others).has(path);
  }

  /** @returns whether nothing there is needed any more. */
  async #takeAlong(path: string, manifest: Manifest, have: ChunkSet): Promise<boolean> {
    try {
      const chunks = (await this.#chunksAt(path, manifest)).filter((index) => !have.has(index));
      const good = await this.#with.adopt({ kind: 'partial', path, have: [] }, chunks);
      for (const index of good) have.add(index);
      return true;
    } catch (error) {
      // Taken along before, and gone since.
      const isGone = (await namesStaged(path))?.length === 0;
      if (!isGone) this.#leftThere(path, error);
      return false;
    }
  }

  /** @throws P2pError `damaged`: the listing that it came by is not here */
  async #chunksAt(path: string, manifest: Manifest): Promise<readonly ChunkIndex[]> {
    const { by, earlier } = await layoutOf(path, this.#record);
    const from = earlier?.by ?? by;
    const listing = from === manifest.id ? manifest : await this.#around.manifests.read(from);
    // It may come again, with what is there.
    if (listing === undefined) throw new P2pError('damaged', `its listing ${from} is not here`);
    if (listing.kind !== manifest.kind) return [];
    return chunksLeft(path, manifest, listing, earlier);
  }
}

/** By what listing that is laid out; where nothing says so, by what it was begun as. */
export async function layoutOf(
  staging: string,
  { id, draft }: Pick<DownloadRecord, 'id' | 'draft'>,
): Promise<Layout> {
  return (await laidOutBy(staging)) ?? { by: draft ?? id };
}
