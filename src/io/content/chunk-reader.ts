/**
 * Reads chunks of a content back from wherever this machine holds it, straight into views that the caller
 * lays out (with gaps for the headers of frames in between). It does not hash what it reads: whoever takes a
 * chunk from us proves it. It does make sure that a shared file still looks as it did when it was hashed,
 * before and after reading, so that what was changed never leaves under the old id.
 */
import { join } from 'node:path';
import type { ContentSource } from '#src/domain/content/content-source.js';
import { pathOf } from '#src/domain/content/entries.js';
import { toHex } from '#src/domain/content/hash.js';
import type { Part } from '#src/domain/content/layout.js';
import { chunkLength, partsOf } from '#src/domain/content/layout.js';
import type { Manifest } from '#src/domain/content/manifest.js';
import { chunkHashOf } from '#src/domain/content/manifest.js';
import { unreachable } from '#src/domain/unreachable.js';
import type { FilePool, Lease } from '#src/io/disk/file-pool.js';
import { isGone, openToRead } from '#src/io/disk/file-pool.js';
import { type Read, readPacked } from '#src/io/disk/packed-files.js';
import { readInto, viewsOf } from '#src/io/disk/read-into.js';
import { stagedPath } from '#src/io/fetch/staged-place.js';
import { type EntryPath, entryPaths } from './entry-paths.js';
import type { Fingerprints } from './fingerprints.js';
import { looksSame, readFingerprints } from './fingerprints.js';

/**
 * - `stale`: a shared file is gone or was changed; the content has to be indexed again.
 * - `absent`: a kept or staged chunk is not here (any more).
 */
export type ReadAnswer = 'ok' | 'stale' | 'absent';

export type ContentReader = {
  /**
   * @param targets views that together have exactly the chunk's length, filled in order; their content is
   * undefined unless the answer is `ok`.
   * @throws system errors that say nothing about the content (EIO, EMFILE).
   */
  readChunk(index: number, targets: readonly Uint8Array[]): Promise<ReadAnswer>;
};

/** Small files of one pack that are opened at once, where they are not quick: libuv has four threads for files. */
const AT_ONCE = 8;

/** @param pool shared by all readers of a thread; it bounds the open files of all of them. */
export function openContent(
  source: ContentSource,
  manifest: Manifest,
  pool: FilePool,
): ContentReader {
  switch (source.kind) {
    case 'share':
      return shareReader(entryPaths(source), source.fingerprints, manifest, pool);
    case 'partial':
      return partialReader(source.path, manifest, pool);
    case 'kept':
      return keptReader(source.path, manifest);
    default:
      return unreachable(source);
  }
}

/** @returns where the chunk store below `root` has a chunk. */
export function keptPath(root: string, chunkHash: Uint8Array): string {
  const name = toHex(chunkHash);
  return join(root, name.slice(0, 2), name);
}

function shareReader(
  pathIn: EntryPath,
  fingerprints: string,
  manifest: Manifest,
  pool: FilePool,
): ContentReader {
  let noted: Promise<Fingerprints | undefined> | undefined;

  return {
    async readChunk(index, targets) {
      noted ??= readFingerprints(fingerprints, manifest.id);
      const looks = await noted;
      const read = index < manifest.layout.largeChunks ? readShared : readSharedPacked;
      const answer =
        looks === undefined
          ? 'stale'
          : await readParts(manifest, index, targets, 'stale', (part, views) =>
              read(pathIn(pathOf(manifest.entries, part.entry)), part, views, looks, pool),
            );
      // It may be indexed again and found to be the same: what was noted then counts.
      if (answer === 'stale') noted = undefined;
      return answer;
    },
  };
}

/** Reads a run of a shared file that looks, before and after, as it did when it was hashed. */
async function readShared(
  path: string,
  part: Part,
  targets: readonly Uint8Array[],
  looks: Fingerprints,
  pool: FilePool,
): Promise<ReadAnswer> {
  const isTheSame = async ({ file }: Lease) =>
    looksSame(looks, part.entry, await file.stat({ bigint: true }));
  const attempt = (isLast: boolean) =>
    pool.with(path, async (lease): Promise<ReadAnswer | 'again'> => {
      const isWhole = await readInto(lease.file, targets, part.fileOffset);
      // Asked once, afterwards: whatever changed it before or while it was read shows now.
      if (isWhole && (await isTheSame(lease))) return 'ok';
      return lease.wasKept && !isLast ? 'again' : 'stale';
    });
  let answer = await attempt(false);
  // What was kept open may be a file since replaced by the one that was hashed.
  if (answer !== 'ok') await pool.forget(path);
  if (answer === 'again') answer = await attempt(true);
  return answer === 'again' ? 'stale' : answer;
}

function readSharedPacked(
  path: string,
  part: Part,
  targets: readonly Uint8Array[],
  looks: Fingerprints,
  pool: FilePool,
): ReadAnswer | Promise<ReadAnswer> {
  const answer = (found: Read) =>
    found !== 'short' && looksSame(looks, part.entry, found) ? 'ok' : 'stale';
  const found = readPacked(pool.disk, path, targets);
  return found instanceof Promise ? found.then(answer) : answer(found);
}

function partialReader(staging: string, manifest: Manifest, pool: FilePool): ContentReader {
  return {
    readChunk: (index, targets) =>
      readParts(manifest, index, targets, 'absent', async (part, views) => {
        const path = stagedPath(staging, manifest, part.entry);
        const isRead =
          index < manifest.layout.largeChunks
            ? await pool.with(path, ({ file }) => readInto(file, views, part.fileOffset))
            : (await readPacked(pool.disk, path, views)) !== 'short';
        return isRead ? 'ok' : 'absent';
      }),
  };
}

function keptReader(root: string, manifest: Manifest): ContentReader {
  return {
    async readChunk(index, targets) {
      checkLength(manifest, index, targets);
      return unlessGone('absent', async () => {
        const file = await openToRead(keptPath(root, chunkHashOf(manifest, index)));
        try {
          return (await readInto(file, targets, 0)) ? 'ok' : 'absent';
        } finally {
          await file.close();
        }
      });
    },
  };
}

/** Reads every part of a chunk, a few at once where they are not read on the spot; the first that is not `ok` is the answer for all. */
async function readParts(
  manifest: Manifest,
  index: number,
  targets: readonly Uint8Array[],
  whenGone: ReadAnswer,
  read: (part: Part, views: readonly Uint8Array[]) => ReadAnswer | Promise<ReadAnswer>,
): Promise<ReadAnswer> {
  checkLength(manifest, index, targets);
  const parts = partsOf(manifest.layout, manifest.entries, index)[Symbol.iterator]();
  let answer: ReadAnswer = 'ok';
  const worker = async () => {
    for (const part of parts) {
      if (answer !== 'ok') return;
      const views = viewsOf(targets, part.chunkOffset, part.bytes);
      const reading = unlessGone(whenGone, () => read(part, views));
      const said = reading instanceof Promise ? await reading : reading;
      if (said !== 'ok') answer = said;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return answer;
}

/** @returns at once what is known at once. @throws what says nothing of the file, either way */
function unlessGone(
  whenGone: ReadAnswer,
  read: () => ReadAnswer | Promise<ReadAnswer>,
): ReadAnswer | Promise<ReadAnswer> {
  const absent = (error: unknown): ReadAnswer => {
    if (isGone(error)) return whenGone;
    throw error;
  };
  try {
    const reading = read();
    return reading instanceof Promise ? reading.catch(absent) : reading;
  } catch (error) {
    return absent(error);
  }
}

function checkLength(manifest: Manifest, index: number, targets: readonly Uint8Array[]): void {
  const given = targets.reduce((sum, target) => sum + target.length, 0);
  const length = chunkLength(manifest.layout, manifest.entries, index);
  if (given !== length) throw new RangeError(`chunk ${index} has ${length} bytes, not ${given}`);
}
