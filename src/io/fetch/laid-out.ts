/**
 * A note in the staging folder of something that was sent: by which listing its chunks and files are laid out there. What is
 * sent may come to be another content, with other files: its chunks have other numbers then, and some files are none of it.
 */
import { readFile } from 'node:fs/promises';
import type { Ranges } from '#src/domain/content/chunk-set.js';
import { type ContentId, parseContentId } from '#src/domain/ids.js';
import { syncFile, withFolder } from '#src/io/disk/held-folder.js';
import { missingAs } from '#src/io/disk/missing.js';
import { writeWhole } from '#src/io/disk/whole-file.js';

const LAID_OUT = 'laid-out';

/** Chunks that came by an earlier listing. */
type Come = { readonly by: ContentId; readonly have: Ranges };

export type Layout = {
  readonly by: ContentId;
  /** It is being gone over from that: which of those bytes are of this listing is not proven yet, and the journal says nothing. */
  readonly earlier?: Come | undefined;
};

/**
 * @returns undefined where nothing is staged, or that was not noted.
 * @throws P2pError `io` where the staging folder is none; the system's errors
 */
export async function laidOutBy(staging: string): Promise<Layout | undefined> {
  const text = await withFolder(staging, (folder) => readFile(folder.at(LAID_OUT), 'utf8')).catch(
    (error: NodeJS.ErrnoException) =>
      error.code === 'EISDIR' ? undefined : missingAs(undefined)(error),
  );
  if (text === undefined) return undefined;
  const [by = '', from = '', have = ''] = text.split('\n');
  const id = parseContentId(by);
  if (id === undefined) return undefined;
  const earlier = parseContentId(from);
  const ranges = have === '' ? [] : have.split(' ').map(Number);
  return { by: id, ...(earlier && { earlier: { by: earlier, have: ranges } }) };
}

/** Outlasts a power loss. @throws P2pError `io` where the staging folder is none; the system's errors */
export function noteLayout(staging: string, { by, earlier }: Layout): Promise<void> {
  const lines = earlier === undefined ? [by] : [by, earlier.by, earlier.have.join(' ')];
  return withFolder(staging, async (folder) => {
    await writeWhole(folder.at(LAID_OUT), [Buffer.from(lines.join('\n'))]);
    await syncFile(folder.at(LAID_OUT));
    await folder.sync();
  });
}
