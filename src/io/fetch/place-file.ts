/** Gives one staged file a name that is free; what is called so already is left as it is. */
import { link, lstat, rename } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { missingAs } from '#src/io/disk/missing.js';

/** After so many taken names something else is wrong. */
export const MOST_NAMES = 1000;

/** NAME_MAX of Linux and macOS, in UTF-8 bytes; Windows takes as many UTF-16 units, which is never less. */
const NAME_BYTES = 255;

/** Said by file systems that have no hard links (FAT, some network mounts). */
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EXDEV']);

/** `name.txt`, `name (1).txt`, `name (2).txt` ... ; a folder's name has no extension. */
export function numbered(path: string, kind: 'file' | 'directory', attempt: number): string {
  if (attempt === 0) return path;
  const name = basename(path);
  const extension = kind === 'file' ? extname(name) : '';
  const number = ` (${attempt})`;
  const stem = shortened(name.slice(0, name.length - extension.length), number + extension);
  // An extension that leaves no room for a stem is the better part of the name, and shortened like one.
  const numberedName = stem === '' ? shortened(name, number) + number : stem + number + extension;
  return join(dirname(path), numberedName);
}

/** As much of the stem as there is room for before this ending, in whole characters. */
function shortened(stem: string, ending: string): string {
  let room = NAME_BYTES - Buffer.byteLength(ending);
  let kept = '';
  for (const character of stem) {
    room -= Buffer.byteLength(character);
    if (room < 0) break;
    kept += character;
  }
  return kept;
}

/** A link fails where the name is taken, which a rename would overwrite. @returns whether it has that name now. */
export async function placeFile(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (code === 'EEXIST') return isPlaced(from, to);
    if (!NO_LINKS.has(code)) throw error;
    return renameIfFree(from, to);
  }
}

/** An earlier attempt, or run, left this very file under that name. */
async function isPlaced(from: string, to: string): Promise<boolean> {
  const [staged, there] = await Promise.all([lstat(from), lstat(to)]);
  return staged.ino === there.ino && staged.dev === there.dev;
}

export async function renameIfFree(from: string, to: string): Promise<boolean> {
  const taken = await lstat(to).catch(missingAs(undefined));
  if (taken !== undefined) return false;
  await rename(from, to);
  return true;
}
