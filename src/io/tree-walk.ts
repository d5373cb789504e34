/**
 * Lists what a share consists of: regular files and directories. Links are never followed; they, special
 * files, what may not be read and names that no one could take are skipped and named. File calls here are
 * synchronous, a third of the cost of asynchronous ones for a million small entries; the walk lets its thread
 * breathe in between, so that it can be cancelled and is seen to live.
 */
import type { BigIntStats, Dirent } from 'node:fs';
import { accessSync, constants, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';
import type { ContentKind, Listed } from '#src/domain/entries.js';
import { comparePaths } from '#src/domain/entries.js';
import { P2pError } from '#src/domain/errors.js';
import { LIMITS } from '#src/domain/limits.js';
import { checkName, checkPath, STAGING_NAME } from '#src/domain/name.js';
import type { Skipped } from '#src/domain/share-table.js';
import type { LookList } from './fingerprints.js';
import { addLook, createLookList } from './fingerprints.js';

/** `look`: where in `looks` stands how a file looked when it was listed; directories have none. */
type Found = Listed & {
  readonly look: number | undefined;
  /** Whether its owner may run it. */
  readonly isExecutable: boolean;
};

export type Tree = {
  readonly kind: ContentKind;
  /** In manifest order. */
  readonly found: readonly Found[];
  readonly looks: LookList;
  /** The first 100; `skippedCount` has them all. */
  readonly skipped: readonly Skipped[];
  readonly skippedCount: number;
};

/** What stands directly in a share folder and can be shared. */
export type FolderListing = {
  readonly names: readonly string[];
  readonly skipped: readonly Skipped[];
};

/** More names than that help nobody, and they travel between threads. */
const NAMED_SKIPPED = 100;

/** Some milliseconds of work between two breaths. */
const BREATH_ENTRIES = 500;

/**
 * @throws P2pError `not-found`, `unreadable` where the root is missing, a link, special or may not be read;
 * `too-large` beyond a million entries. The signal's reason if it is aborted.
 */
export async function walkTree(root: string, signal: AbortSignal): Promise<Tree> {
  const stats = rootStats(root);
  const looks = createLookList();
  if (stats.isFile()) {
    const found = [fileFound('', stats, looks)];
    return { kind: 'file', found, looks, skipped: [], skippedCount: 0 };
  }
  const found: Found[] = [];
  const skipped: Skipped[] = [];
  let skippedCount = 0;
  const skip = (path: string, why: string) => {
    skippedCount += 1;
    if (skipped.length < NAMED_SKIPPED) skipped.push({ path, why });
  };
  const folders = [''];
  let untilBreath = BREATH_ENTRIES;
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const entry of listed(root, folder, skip)) {
      untilBreath -= 1;
      if (untilBreath === 0) {
        await breathe();
        untilBreath = BREATH_ENTRIES;
      }
      signal.throwIfAborted();
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      const item = examined(root, path, entry, looks, skip);
      if (item === undefined) continue;
      found.push(item);
      if (found.length > LIMITS.entries) throw tooMany();
      if (item.kind === 'directory') folders.push(path);
    }
  }
  found.sort((a, b) => comparePaths(a.path, b.path));
  return { kind: 'directory', found, looks, skipped, skippedCount };
}

/**
 * What stands directly in a share folder: each file and directory is a share of its own.
 * @throws system errors of the folder itself.
 */
export function listFolder(folder: string): FolderListing {
  const names: string[] = [];
  const skipped: Skipped[] = [];
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.name === STAGING_NAME) continue;
    const why = whyNotShared(entry.name, entry, checkName(entry.name, 'posix'));
    if (why === undefined) names.push(entry.name);
    else skipped.push({ path: entry.name, why });
  }
  return { names: names.toSorted(comparePaths), skipped };
}

function rootStats(root: string): BigIntStats {
  let stats: BigIntStats;
  try {
    stats = lstatSync(root, { bigint: true });
    accessSync(root, constants.R_OK);
  } catch (cause) {
    const isMissing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    throw isMissing
      ? new P2pError('not-found', 'it does not exist.', { cause })
      : new P2pError('unreadable', 'it cannot be read.', { cause });
  }
  if (stats.isFile() || stats.isDirectory()) return stats;
  const what = stats.isSymbolicLink() ? 'a link: share what it points to' : 'not a regular file';
  throw new P2pError('unreadable', `it is ${what}.`);
}

/** @returns what a directory contains; nothing, and its name told, where it may not be read. */
function listed(
  root: string,
  folder: string,
  skip: (path: string, why: string) => void,
): readonly Dirent[] {
  try {
    const entries = readdirSync(join(root, folder), { withFileTypes: true });
    return entries.filter((entry) => entry.name !== STAGING_NAME);
  } catch (cause) {
    if (folder === '') {
      throw new P2pError('unreadable', 'it cannot be read.', { cause });
    }
    skip(folder, 'cannot be read');
    return [];
  }
}

function examined(
  root: string,
  path: string,
  entry: Dirent,
  looks: LookList,
  skip: (path: string, why: string) => void,
): Found | undefined {
  const why = whyNotShared(entry.name, entry, checkPath(path, 'posix'));
  if (why !== undefined) {
    skip(path, why);
    return undefined;
  }
  if (entry.isDirectory()) {
    return { path, kind: 'directory', bytes: 0, look: undefined, isExecutable: false };
  }
  const full = join(root, path);
  try {
    const stats = lstatSync(full, { bigint: true });
    accessSync(full, constants.R_OK);
    if (stats.isFile()) return fileFound(path, stats, looks);
    skip(path, 'is not a regular file any more');
  } catch (error) {
    // What vanished since it was listed was not there.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') skip(path, 'cannot be read');
  }
  return undefined;
}

function fileFound(path: string, stats: BigIntStats, looks: LookList): Found {
  const isExecutable = (Number(stats.mode) & constants.S_IXUSR) !== 0;
  const [bytes, look] = [Number(stats.size), addLook(looks, stats)];
  return { path, kind: 'file', bytes, look, isExecutable };
}

function whyNotShared(
  name: string,
  entry: Dirent,
  verdict: ReturnType<typeof checkPath>,
): string | undefined {
  if (entry.isSymbolicLink()) return 'is a link';
  if (!entry.isFile() && !entry.isDirectory()) return 'is not a regular file';
  // Node shows bytes that are not UTF-8 as this character, and then cannot find the file.
  if (name.includes('\ufffd')) return 'is not named in UTF-8';
  return verdict.kind === 'ok' ? undefined : verdict.why;
}

function tooMany(): P2pError {
  return new P2pError(
    'too-large',
    `it holds more than ${LIMITS.entries} files and folders, the most a share can have.`,
  );
}
