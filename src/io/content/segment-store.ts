/**
 * Lists of segments as files in one folder: our own by content id, served to whoever asks, and under other names what was
 * heard or is compared just now. None is proven; a damaged one finds less.
 */
import type { Stats } from 'node:fs';
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { PAGE_SEGMENTS, SEGMENT_BYTES } from '#src/domain/content/segment-list.js';
import type { ContentId } from '#src/domain/ids.js';
import { MiB } from '#src/domain/limits.js';
import { openToRead } from '#src/io/disk/file-pool.js';
import { missingAs } from '#src/io/disk/missing.js';
import { readInto } from '#src/io/disk/read-into.js';
import { writeWhole } from '#src/io/disk/whole-file.js';

/** The lists of some 200 GiB; one that is made beyond that takes the place of the oldest. */
const MOST_BYTES = 64 * MiB;

const PAGE_BYTES = PAGE_SEGMENTS * SEGMENT_BYTES;

export function writeSegments(file: string, records: readonly Uint8Array[]): Promise<void> {
  return writeWhole(file, records);
}

/** @throws the system's errors, ENOENT where there is none */
export function readSegments(file: string): Promise<Uint8Array> {
  return readFile(file);
}

/** @returns one page; empty behind the last; undefined where there is no list. */
export async function readSegmentPage(
  folder: string,
  id: ContentId,
  page: number,
): Promise<Uint8Array | undefined> {
  const file = await openToRead(join(folder, id)).catch(missingAs(undefined));
  if (file === undefined) return undefined;
  try {
    const start = page * PAGE_BYTES;
    const { size } = await file.stat();
    const bytes = new Uint8Array(Math.max(0, Math.min(PAGE_BYTES, size - start)));
    return (await readInto(file, [bytes], start)) ? bytes : new Uint8Array();
  } finally {
    await file.close();
  }
}

/** Removes the oldest until the others have room. */
export async function boundSegments(folder: string, mostBytes = MOST_BYTES): Promise<void> {
  const found: { readonly path: string; readonly stats: Stats }[] = [];
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const stats = await stat(path).catch(missingAs(undefined));
    if (stats?.isFile() === true) found.push({ path, stats });
  }
  let bytes = 0;
  for (const { path, stats } of found.toSorted((a, b) => b.stats.mtimeMs - a.stats.mtimeMs)) {
    bytes += stats.size;
    if (bytes > mostBytes) await rm(path, { force: true });
  }
}
