/**
 * Files that somebody was promised and cannot have: they change whenever they are read, or are gone. What is sent goes on
 * without them, and both sides are told their names.
 */
import {
  compareBytes,
  type Entries,
  findEntry,
  isFile,
  pathBytesOf,
  pathOf,
  sizeOf,
} from '#src/domain/content/entries.js';
import type { ContentId } from '#src/domain/ids.js';
import { MOST_NAMED } from '#src/domain/send/rest.js';
import { sameLook } from './fingerprints.js';
import type { Hashed } from './known-content.js';

/** What was promised of something that is indexed. */
export type Promised = {
  /** By which it was offered: what that lists is promised. */
  readonly draft?: ContentId | undefined;
  /** Where that is not here any more: files that could not be had before; some may be there again. */
  readonly failed: readonly string[];
  /** And whether what was known is promised; else, as where it is offered now, what is listed first. */
  readonly isKnown: boolean;
  /** What has changed since it was known is left out: it never holds still for as long as fetching takes. */
  readonly mustHold: boolean;
};

export type FailedFiles = {
  /** The first 10,000; `failedCount` has them all. */
  readonly failed: readonly string[];
  readonly failedCount: number;
};

export const NONE_FAILED: FailedFiles = { failed: [], failedCount: 0 };

/** @param before paths that had failed. @returns those of them and of the files promised that are not among `now`. */
export function failedFiles(
  now: Entries,
  promised: Entries,
  before: readonly string[],
): FailedFiles {
  const encoder = new TextEncoder();
  const isThere = (path: string) => {
    const found = findEntry(now, encoder.encode(path));
    return found !== -1 && isFile(now, found);
  };
  const failed = new Set(before.filter((path) => !isThere(path)));
  let beyond = 0;
  for (const [entry, other] of pairs(promised, now)) {
    if (other !== -1) continue;
    if (failed.size < MOST_NAMED) failed.add(pathOf(promised, entry));
    else beyond += 1;
  }
  return { failed: [...failed], failedCount: failed.size + beyond };
}

/** @returns paths of files that are there and do not look as they did. */
export function changedSince(known: Hashed, now: Hashed): readonly string[] {
  const changed: string[] = [];
  for (const [entry, other] of pairs(known.entries, now.entries)) {
    if (other === -1) continue;
    const isSame =
      sizeOf(known.entries, entry) === sizeOf(now.entries, other) &&
      sameLook(known.looks, entry, now.looks, other);
    if (!isSame) changed.push(pathOf(now.entries, other));
  }
  return changed;
}

/** Both are sorted: one walk. Yields each file of the one and the file of that path in the other, or -1. */
function* pairs(one: Entries, other: Entries): Generator<readonly [number, number]> {
  let at = 0;
  for (let entry = 0; entry < one.count; entry += 1) {
    if (!isFile(one, entry)) continue;
    const path = pathBytesOf(one, entry);
    let order = -1;
    while (at < other.count) {
      order = compareBytes(pathBytesOf(other, at), path);
      if (order >= 0) break;
      at += 1;
    }
    const isThere = at < other.count && order === 0 && isFile(other, at);
    yield [entry, isThere ? at : -1];
  }
}
