/**
 * Whether every entry of a content can be written where it is going, beside all the others. A name that this
 * system refuses or reads as something else, and two that the folder takes for one, would make a whole that is
 * not what its id says: such a content is refused before its first byte, and nothing is renamed to make it fit.
 */
import { lstat, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Entries, pathEndOf, pathOf, pathStartOf } from '#src/domain/content/entries.js';
import type { Manifest } from '#src/domain/content/manifest.js';
import { checkPath, collisions, isPlainPath, type Platform } from '#src/domain/content/name.js';
import { P2pError } from '#src/domain/errors.js';
import { printable } from '#src/domain/printable.js';
import { missingAs } from './missing.js';

const PLATFORM: Platform = process.platform === 'win32' ? 'win32' : 'posix';

/** So many are named, for the one who shares them to rename: more would not be read. */
const NAMED = 5;

/** An e with an acute accent in one character, in two, and in upper case: one name to a folder that folds. */
const PROBE = 'probe \u00e9';
const TWINS = ['probe e\u0301', 'PROBE \u00c9'];

/**
 * @param folder an existing one on the file system that the content goes to, of this download alone.
 * @throws P2pError `bad-name`
 */
export async function requireWritableNames(folder: string, manifest: Manifest): Promise<void> {
  // A single file is called as its download is, which the gate has seen.
  if (manifest.kind === 'file') return;
  const why = whyNotWritable(manifest, PLATFORM, await foldsNames(folder));
  if (why !== undefined)
    throw new P2pError('bad-name', `This content ${why}; nothing of it was written.`);
}

/** @returns which of its names cannot be written where the folder `folds` them or not, undefined if all can. */
export function whyNotWritable(
  { entries }: Manifest,
  platform: Platform,
  folds: boolean,
): string | undefined {
  const named: string[] = [];
  let refused = 0;
  const refuse = (path: string, why: string) => {
    refused += 1;
    if (named.length < NAMED) named.push(`${printable(path)} (${why})`);
  };
  for (let entry = 0; entry < entries.count; entry += 1) {
    if (platform === 'posix' && isPlain(entries, entry)) continue;
    const path = pathOf(entries, entry);
    const verdict = checkPath(path, platform);
    if (verdict.kind !== 'ok') refuse(path, verdict.why);
  }
  for (const path of folds ? twinsIn(entries) : []) {
    refuse(path, 'this folder takes it for the same as another');
  }
  if (refused === 0) return undefined;
  const more = refused > NAMED ? ` and ${refused - NAMED} more` : '';
  return `holds what cannot be written here: ${named.join(', ')}${more}`;
}

function isPlain(entries: Entries, entry: number): boolean {
  return isPlainPath(entries.bytes, pathStartOf(entries, entry), pathEndOf(entries, entry));
}

/** @returns the paths that a folder which folds names takes for others. */
function twinsIn(entries: Entries): readonly string[] {
  const paths = Array.from({ length: entries.count }, (_, entry) => pathOf(entries, entry));
  return collisions(paths, true).map((twin) => paths[twin] ?? '');
}

/** Whether two names that differ in case, or in how an accent is written, are one in this folder. */
export async function foldsNames(folder: string): Promise<boolean> {
  const made = join(folder, PROBE);
  await writeFile(made, '');
  try {
    const found = await Promise.all(TWINS.map((twin) => isThere(join(folder, twin))));
    return found.includes(true);
  } finally {
    await rm(made, { force: true });
  }
}

async function isThere(path: string): Promise<boolean> {
  return (await lstat(path).catch(missingAs(undefined))) !== undefined;
}
