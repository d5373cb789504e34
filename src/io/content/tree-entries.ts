/** What stands at one place of a tree: what it is, how it looks, or why nobody could take it. File calls are synchronous. */
import type { BigIntStats, Dirent } from 'node:fs';
import { accessSync, constants, lstatSync, readdirSync } from 'node:fs';
import { basename } from 'node:path';
import type { Listed } from '#src/domain/content/entries.js';
import { checkPath, STAGING_NAME } from '#src/domain/content/name.js';
import { P2pError } from '#src/domain/errors.js';
import type { EntryPath } from './entry-paths.js';
import type { LookList } from './fingerprints.js';
import { addLook } from './fingerprints.js';

/** What stands under a name. */
export type Named = Pick<Dirent, 'name' | 'isFile' | 'isDirectory' | 'isSymbolicLink'>;

/** `look`: where in `looks` stands how a file looked when it was listed; directories have none. */
export type Found = Listed & {
  readonly look: number | undefined;
  /** Whether its owner may run it. */
  readonly isExecutable: boolean;
};

export function rootStats(root: string): BigIntStats {
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

/**
 * @param parts full paths. @returns those of them that are there, by their last names
 * @throws P2pError `not-found` where none is
 */
export function partsFound(parts: readonly string[]): readonly Named[] {
  const found = parts.flatMap((part): readonly Named[] => {
    const stats = lstatSync(part, { throwIfNoEntry: false });
    if (stats === undefined) return [];
    return [Object.assign(stats, { name: basename(part) })];
  });
  if (found.length === 0) throw new P2pError('not-found', 'none of it exists any more.');
  return found;
}

/** @returns what a directory contains; nothing, and its name told, where it may not be read. */
export function listed(
  pathIn: EntryPath,
  folder: string,
  skip: (path: string, why: string) => void,
): readonly Named[] {
  try {
    const entries = readdirSync(pathIn(folder), { withFileTypes: true });
    return entries.filter((entry) => entry.name !== STAGING_NAME);
  } catch (cause) {
    if (folder === '') {
      throw new P2pError('unreadable', 'it cannot be read.', { cause });
    }
    skip(folder, 'cannot be read');
    return [];
  }
}

export function examined(
  pathIn: EntryPath,
  path: string,
  entry: Named,
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
  const full = pathIn(path);
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

export function fileFound(path: string, stats: BigIntStats, looks: LookList): Found {
  const isExecutable = (Number(stats.mode) & constants.S_IXUSR) !== 0;
  const [bytes, look] = [Number(stats.size), addLook(looks, stats)];
  return { path, kind: 'file', bytes, look, isExecutable };
}

/** @returns why nobody could take it; undefined where everybody can. */
export function whyNotShared(
  name: string,
  entry: Omit<Named, 'name'>,
  verdict: ReturnType<typeof checkPath>,
): string | undefined {
  if (entry.isSymbolicLink()) return 'is a link';
  if (!entry.isFile() && !entry.isDirectory()) return 'is not a regular file';
  // Node shows bytes that are not UTF-8 as this character, and then cannot find the file.
  if (name.includes('\ufffd')) return 'is not named in UTF-8';
  return verdict.kind === 'ok' ? undefined : verdict.why;
}
