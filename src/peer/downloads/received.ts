/** What was downloaded whole: remembered, known again at the next start, and served on where that is wanted. */
import { lstatSync } from 'node:fs';
import { lstat, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isFile, pathOf } from '#src/domain/content/entries.js';
import type { Manifest } from '#src/domain/content/manifest.js';
import type { ContentId } from '#src/domain/ids.js';
import {
  createLooks,
  type Fingerprints,
  hasLook,
  setLook,
  writeFingerprints,
} from '#src/io/content/fingerprints.js';
import type { ReceivedRecord } from '#src/io/disk/database-rows.js';
import { QuickDisk } from '#src/io/disk/quick-disk.js';
import type { Home } from '#src/peer/home.js';
import type { HasherJobs } from '#src/peer/shares/hasher-jobs.js';
import type { Library } from '#src/peer/shares/library.js';
import { fingerprintsOf } from '#src/peer/shares/share-paths.js';

export class Received {
  readonly #home: Home;
  readonly #library: Library;
  readonly #jobs: HasherJobs;
  readonly #paths = new Map<string, ReceivedRecord>();

  constructor(home: Home, library: Library, jobs: HasherJobs) {
    this.#home = home;
    this.#library = library;
    this.#jobs = jobs;
  }

  /** Looks whether what was downloaded before is still there as it was; what is not is let go of. */
  async begin(): Promise<void> {
    for (const [path, record] of await this.#home.database.all('received')) {
      await this.#checkAgain(path, record);
    }
  }

  /** A download is in its place: note how it looks, as far as `looks` does not say so, and hold it. */
  async add(
    path: string,
    about: Pick<ReceivedRecord, 'name' | 'isPrivate' | 'from'>,
    manifest: Manifest,
    looks: Fingerprints,
  ): Promise<void> {
    const { id, bytes, layout } = manifest;
    const record = { ...about, id, bytes, chunks: layout.chunks };
    const fingerprints = fingerprintsOf(this.#home, path);
    await writeFingerprints(fingerprints, id, await looksOf(path, manifest, looks));
    await this.#home.database.put('received', path, record);
    this.#hold(path, record);
  }

  /** The bytes of a content are not what they were: whoever changed it made it something else. */
  async stale(id: ContentId): Promise<void> {
    for (const [path, record] of this.#paths) {
      if (record.id === id) await this.#checkAgain(path, record);
    }
  }

  /** @returns where it lies whole, if it does: what was downloaded is looked at, as nobody watches that. */
  async whole(id: ContentId): Promise<string | undefined> {
    await this.stale(id);
    return this.#library.whole(id)?.path;
  }

  async #checkAgain(path: string, record: ReceivedRecord): Promise<void> {
    const fingerprints = fingerprintsOf(this.#home, path);
    const found = await this.#jobs
      .identify(path, fingerprints, { id: record.id, fingerprints })
      // Gone, or not readable any more: the same as changed.
      .catch(() => undefined);
    if (found === record.id) this.#hold(path, record);
    else await this.#letGo(path);
  }

  #hold(path: string, record: ReceivedRecord): void {
    this.#paths.set(path, record);
    this.#library.put(keyOf(path), {
      ...record,
      isOffered: this.#home.settings.sharing.downloads && record.isPrivate !== true,
      source: { kind: 'share', path, fingerprints: fingerprintsOf(this.#home, path) },
    });
  }

  async #letGo(path: string): Promise<void> {
    this.#paths.delete(path);
    this.#library.remove(keyOf(path));
    await this.#home.database.remove('received', path);
    await rm(fingerprintsOf(this.#home, path), { force: true });
  }
}

function keyOf(path: string): string {
  return `received:${path}`;
}

/** @param known what is known of them from when they were written; a single file has lost a name since and looks anew. */
async function looksOf(
  root: string,
  manifest: Manifest,
  known: Fingerprints,
): Promise<Fingerprints> {
  const { entries, kind } = manifest;
  if (kind === 'file') return lookedUp(createLooks(entries.count), () => root, manifest);
  return lookedUp(known, (entry) => join(root, pathOf(entries, entry)), manifest);
}

async function lookedUp(
  looks: Fingerprints,
  pathTo: (entry: number) => string,
  { entries }: Manifest,
): Promise<Fingerprints> {
  const disk = new QuickDisk();
  for (let entry = 0; entry < entries.count; entry += 1) {
    if (!isFile(entries, entry) || hasLook(looks, entry)) continue;
    const path = pathTo(entry);
    const found = await disk.use(
      () => lstatSync(path, { bigint: true }),
      () => lstat(path, { bigint: true }),
    );
    setLook(looks, entry, found);
  }
  return looks;
}
