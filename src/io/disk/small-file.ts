/**
 * Small files that must never be half-written or silently wrong: identity, bans, trust. A first line with the BLAKE3
 * of the rest, written by temporary file, fsync, rename and fsync of the folder, with the version before as
 * a backup.
 */
import { open, readFile, rename, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { P2pError } from '#src/domain/errors.js';
import { MiB } from '#src/domain/limits.js';
import { blake3Of } from '#src/io/content/blake3.js';
import { syncFolder } from './held-folder.js';
import { missingAs } from './missing.js';

/** Only its owner may read it: an identity's key lies in one. */
const OWNER_ONLY = 0o600;

/** More than 100,000 rows with the longest names there are; what is longer is not ours, and would fill the memory. */
const MOST_BYTES = 64 * MiB;

/** @returns the text, or undefined where there is none. @throws P2pError `damaged`: neither it nor its backup is sound. */
export async function readSmallFile(path: string): Promise<string | undefined> {
  const current = await readProven(path);
  if (typeof current === 'string') return current;
  const backup = await readProven(`${path}.bak`);
  if (typeof backup === 'string') return backup;
  if (current.missing && backup.missing) return undefined;
  const what = current.missing
    ? 'is missing and its backup is damaged'
    : `is damaged and ${backup.missing ? 'it has no backup' : 'so is its backup'}`;
  const mend = `restore it, or move it and ${basename(path)}.bak away to begin anew without it`;
  throw new P2pError('damaged', `${path} ${what}; ${mend}`);
}

/** @throws P2pError `limit`: it would be too long to be read again. The one before stays. */
export async function writeSmallFile(path: string, text: string): Promise<void> {
  const content = `${digest(text)}\n${text}`;
  if (Buffer.byteLength(content) > MOST_BYTES) {
    throw new P2pError('limit', `${path} would be longer than ${MOST_BYTES / MiB} MiB`);
  }
  const temporary = `${path}.tmp`;
  const file = await open(temporary, 'w', OWNER_ONLY);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  // A damaged one never takes the place of a sound backup.
  if (typeof (await readProven(path)) === 'string') await rename(path, `${path}.bak`);
  await rename(temporary, path);
  await syncFolder(dirname(path));
}

type Unsound = { readonly missing: boolean };

async function readProven(path: string): Promise<string | Unsound> {
  try {
    const found = await stat(path);
    // A folder in its place is as damaged as it gets, and a pipe would be waited for without end.
    if (!found.isFile() || found.size > MOST_BYTES) return { missing: false };
    const content = await readFile(path, 'utf8');
    const end = content.indexOf('\n');
    const text = content.slice(end + 1);
    return end > 0 && content.slice(0, end) === digest(text) ? text : { missing: false };
  } catch (error) {
    // What cannot be read may be sound.
    return missingAs({ missing: true })(error as NodeJS.ErrnoException);
  }
}

function digest(text: string): string {
  return Buffer.from(blake3Of(Buffer.from(text))).toString('hex');
}
