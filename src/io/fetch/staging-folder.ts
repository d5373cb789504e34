/** The private folder of a staged download, in a common one beside its target: made and removed, and where it is. */
import { mkdir, readdir, rmdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { STAGING_NAME } from '#src/domain/content/name.js';
import type { ContentId } from '#src/domain/ids.js';
import { holdFolder, removeBelow, syncFolder } from '#src/io/disk/held-folder.js';
import { absentAs, missingAs } from '#src/io/disk/missing.js';

/** @returns the staging folder of a content that will end up in `folder`. */
export function stagingFolder(folder: string, id: ContentId): string {
  return join(folder, STAGING_NAME, id);
}

/** Two folders that only their owner can enter; one that is there already is looked at when it is held. */
export function makeStaging(staging: string): Promise<void> {
  const common = dirname(staging);
  return inTurn(common, async () => {
    if (await makePrivate(common)) await syncFolder(dirname(common));
    const folder = await holdFolder(common);
    try {
      // A name that a power loss takes away would take what was synced below it.
      if (await makePrivate(folder.at(basename(staging)))) await folder.sync();
    } finally {
      await folder.close();
    }
  });
}

/** @returns whether it had to be made. */
async function makePrivate(path: string): Promise<boolean> {
  try {
    await mkdir(path, { mode: 0o700 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  }
}

/** Removes a download's staging, and the common folder with the last of them. */
export async function removeStaging(staging: string): Promise<void> {
  const common = dirname(staging);
  await inTurn(common, async () => {
    const folder = await holdFolder(common).catch(missingAs(undefined));
    if (folder === undefined) return;
    try {
      await removeBelow(folder, basename(staging));
    } finally {
      await folder.close();
    }
    await rmdir(common).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST' && error.code !== 'ENOENT')
        throw error;
    });
  });
}

/**
 * @returns the names in a staging folder, none where it is gone from a folder that is there; undefined where that cannot be
 * known: the disk does not answer, or is not plugged in.
 */
export async function namesStaged(staging: string): Promise<readonly string[] | undefined> {
  try {
    const names = await readdir(staging).catch(absentAs(undefined));
    if (names !== undefined) return names;
    return (await stat(dirname(dirname(staging)))).isDirectory() ? [] : undefined;
  } catch {
    // Whatever it says, it does not say that nothing is there.
    return undefined;
  }
}

const turns = new Map<string, Promise<void>>();

/** One after the other for a folder: nobody removes it while somebody is about to use it. */
function inTurn(folder: string, work: () => Promise<void>): Promise<void> {
  const done = (turns.get(folder) ?? Promise.resolve()).then(work);
  const turn = done.catch(() => undefined);
  turns.set(folder, turn);
  void turn.then(() => turns.get(folder) === turn && turns.delete(folder));
  return done;
}
