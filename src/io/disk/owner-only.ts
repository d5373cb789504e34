/** Tells of files with a secret in them that other users of this machine may read or write. */
import { stat } from 'node:fs/promises';
import { missingAs } from './missing.js';
import { type Machine, thisMachine } from './platform-folders.js';

/** Reading and writing, for the group and for everybody. */
const FOR_OTHERS = 0o066;

/**
 * By the file's own mode: a folder around it may be closed today and open tomorrow.
 * @returns what the user should know, or undefined: the file is his alone, gone or none (a pipe ends with whoever wrote
 * it), or the system's modes mean nothing.
 */
export async function openToOthers(
  path: string,
  machine: Pick<Machine, 'os'> = thisMachine(),
): Promise<string | undefined> {
  if (machine.os === 'win32') return undefined;
  const found = await stat(path).catch(missingAs(undefined));
  if (found === undefined || !found.isFile() || (found.mode & FOR_OTHERS) === 0) return undefined;
  const quoted = path.replaceAll("'", "'\\''");
  return `other users of this machine may read or write the key in ${path}: keep them out with chmod 600 '${quoted}'`;
}
