/**
 * A note in the staging folder of where a whole download was put, written before it is put there: a run that ends
 * before the download is remembered as done leaves the next one a way to find it, instead of fetching it again.
 */
import { lstat, readFile } from 'node:fs/promises';
import type { HeldFolder } from '#src/io/disk/held-folder.js';
import { syncFile, withFolder } from '#src/io/disk/held-folder.js';
import { missingAs } from '#src/io/disk/missing.js';
import { writeWhole } from '#src/io/disk/whole-file.js';

export const PLACED = 'placed';

/** What is put in place is known again by its inode: a name alone may be somebody else's. */
type Note = { readonly path: string; readonly dev: string; readonly ino: string };

/** @param name what is put in place, as it is called in the staging folder. */
export async function notePlacing(staging: HeldFolder, name: string, path: string): Promise<void> {
  const note: Note = { path, ...(await inodeOf(staging.at(name))) };
  await writeWhole(staging.at(PLACED), [Buffer.from(JSON.stringify(note))]);
  await syncFile(staging.at(PLACED));
  await staging.sync();
}

/** @returns where the download of this staging folder was put, if what lies there is still that very file or folder. */
export async function placedBefore(staging: string): Promise<string | undefined> {
  const text = await withFolder(staging, (folder) => readFile(folder.at(PLACED), 'utf8')).catch(
    (error: NodeJS.ErrnoException) =>
      error.code === 'EISDIR' ? undefined : missingAs(undefined)(error),
  );
  const note = text === undefined ? undefined : parse(text);
  if (note === undefined) return undefined;
  const there = await inodeOf(note.path).catch(missingAs(undefined));
  return there?.dev === note.dev && there.ino === note.ino ? note.path : undefined;
}

async function inodeOf(path: string): Promise<Omit<Note, 'path'>> {
  const { dev, ino } = await lstat(path, { bigint: true });
  return { dev: String(dev), ino: String(ino) };
}

/** A damaged note is none: what it spoke of is fetched again, and nothing is overwritten. */
function parse(text: string): Note | undefined {
  try {
    const note = JSON.parse(text) as Partial<Note>;
    return typeof note.path === 'string' && typeof note.ino === 'string'
      ? (note as Note)
      : undefined;
  } catch {
    return undefined;
  }
}
