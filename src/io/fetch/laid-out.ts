/**
 * A note in the staging folder of something that was sent: by which listing its chunks and files are laid out there. What is
 * sent may come to be another content, with other files: its chunks lie in other places then, and some files are none of it.
 */
import { readFile } from 'node:fs/promises';
import { type ContentId, parseContentId } from '#src/domain/ids.js';
import { withFolder } from '#src/io/disk/held-folder.js';
import { missingAs } from '#src/io/disk/missing.js';
import { writeWhole } from '#src/io/disk/whole-file.js';

const LAID_OUT = 'laid-out';

/** @returns undefined where nothing is staged, or that was not noted. */
export async function laidOutBy(staging: string): Promise<ContentId | undefined> {
  const text = await withFolder(staging, (folder) => readFile(folder.at(LAID_OUT), 'utf8')).catch(
    (error: NodeJS.ErrnoException) =>
      error.code === 'EISDIR' ? undefined : missingAs(undefined)(error),
  );
  return text === undefined ? undefined : parseContentId(text);
}

export function noteLayout(staging: string, id: ContentId): Promise<void> {
  return withFolder(staging, (folder) => writeWhole(folder.at(LAID_OUT), [Buffer.from(id)]));
}
