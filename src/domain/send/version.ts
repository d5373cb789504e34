/**
 * What an offer came to be: a content, and the files of the offer that are not in it. It becomes another one where files
 * change before they are fetched, and somebody may have all of the earlier one by then. Pure.
 */
import type { ContentId } from '#src/domain/ids.js';

export type Version = {
  readonly id: ContentId;
  readonly bytes: number;
  readonly files: number;
  /** The first of them; `failedCount` has them all. */
  readonly failed: readonly string[];
  readonly failedCount: number;
};

/** As it is remembered. */
export type Versioned = Omit<Version, 'id' | 'failed' | 'failedCount'> & {
  /** Empty until it is known. */
  readonly id: ContentId | '';
  readonly failed?: readonly string[] | undefined;
  readonly failedCount?: number | undefined;
  /** Newest first. */
  readonly earlier?: readonly Version[] | undefined;
};

/** Whoever is slower than so many changes gets no receipt noted; each may carry thousands of names. */
const MOST_EARLIER = 4;

/** @returns the one of that content; undefined where it never was that, or too long ago. */
export function versionOf(record: Versioned, id: ContentId): Version | undefined {
  return versions(record).find((version) => version.id === id);
}

/** @returns those that stay known once it becomes that content. */
export function earlierThan(record: Versioned, id: ContentId): readonly Version[] {
  return versions(record)
    .filter((version) => version.id !== id)
    .slice(0, MOST_EARLIER);
}

function versions({ id, earlier = [], ...rest }: Versioned): readonly Version[] {
  if (id === '') return earlier;
  const { bytes, files, failed = [], failedCount = 0 } = rest;
  return [{ id, bytes, files, failed, failedCount }, ...earlier];
}
