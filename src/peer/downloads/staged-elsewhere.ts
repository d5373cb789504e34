/** What is staged of a download where its user does not want it any more: taken along, or left there for later. */
import { mkdir, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { P2pError } from '#src/domain/errors.js';
import { printable } from '#src/domain/printable.js';
import type { DownloadRecord } from '#src/io/disk/database-rows.js';
import { namesStaged, removeStaging } from '#src/io/fetch/staging-folder.js';

/** Places on disks that are all not there, or hold what has not come along yet: nobody has so many by chance. */
const MOST_LEFT = 32;

/** Another disk; nothing at the one end, perhaps as its disk is not plugged in; something at the other already. */
const NO_MOVE = new Set(['EXDEV', 'ENOENT', 'ENOTEMPTY', 'EEXIST']);

/**
 * Takes what arrived along to another target, where that is a rename.
 * @returns whether something stays, or may: what is not known to be nothing. @throws the system's errors
 */
export async function moveStaging(
  { staging: before }: Pick<DownloadRecord, 'staging'>,
  staging: string,
): Promise<boolean> {
  if (before === staging) return false;
  try {
    await mkdir(dirname(staging), { recursive: true, mode: 0o700 });
    await rename(before, staging);
    // The folder that it shared with others goes with the last of them.
    await removeStaging(before);
    return false;
  } catch (error) {
    if (!NO_MOVE.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
    const names = await namesStaged(before);
    return names === undefined || names.length > 0;
  }
}

/** What would be forgotten would lie there for good. @throws P2pError `limit` where it lies in too many places */
export function requireRoom(name: string, { leftAt = [] }: Pick<DownloadRecord, 'leftAt'>): void {
  if (leftAt.length <= MOST_LEFT) return;
  const why = `what arrived of ${printable(name)} lies in ${MOST_LEFT} other places already: leave it where it is, or \`cancel\` it`;
  throw new P2pError('limit', why);
}

/** @returns where what is staged at `staging` now was left, each once. */
export function leftBut(staging: string, left: readonly string[]): Pick<DownloadRecord, 'leftAt'> {
  const others = [...new Set(left)].filter((path) => path !== staging);
  return others.length > 0 ? { leftAt: others } : {};
}

/** @returns where anything of them is staged, or may be. */
export function foldersOf(
  ...records: readonly Pick<DownloadRecord, 'staging' | 'leftAt'>[]
): ReadonlySet<string> {
  return new Set(records.flatMap(({ staging, leftAt = [] }) => [staging, ...leftAt]));
}
