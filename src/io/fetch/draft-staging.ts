/**
 * What is staged by a draft: which chunks were proven by which hashes, and what files are besides their bytes.
 * As long as the notes of hashes are there, a chunk that the journal lists is proven by its note alone; where they are not,
 * by the content that is fetched. So they are gone, for good, before anything is written by a content: nothing keeps them true then.
 */
import { constants } from 'node:fs';
import { lutimes, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ChunkSet } from '#src/domain/content/chunk-set.js';
import { hintOf } from '#src/domain/content/draft.js';
import { findEntry, isFile, pathBytesOf } from '#src/domain/content/entries.js';
import { HASH_BYTES, hashIsAt } from '#src/domain/content/hash.js';
import { chunkHashOf, type Manifest } from '#src/domain/content/manifest.js';
import type { ChunkIndex } from '#src/domain/ids.js';
import { type HeldFolder, removeBelow, withFolder } from '#src/io/disk/held-folder.js';
import { missingAs } from '#src/io/disk/missing.js';
import { HASHES } from './journal.js';
import { stagedNames } from './staged-place.js';

/** As an owner may run it, and others, less the umask that it was made with. */
const RUNNABLE = 0o111;

const READ_NO_LINK = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0);
const MAKE_NO_LINK = constants.O_WRONLY | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0);

/** What is staged goes over to another content: what is not noted of it is proven by nothing. */
export function keepNotes(staging: string): Promise<void> {
  return withFolder(staging, async (folder) => {
    await (await open(folder.at(HASHES), MAKE_NO_LINK, 0o666)).close();
    await folder.sync();
  });
}

/** Nothing else than the content proves what is written from now on. A power loss does not bring them back. */
export function dropNotes(staging: string): Promise<void> {
  return withFolder(staging, async (folder) => {
    await removeBelow(folder, HASHES);
    await folder.sync();
  });
}

/** @returns those of the chunks that were proven by another hash than the manifest's; none where nothing is noted any more. */
export async function otherThan(
  staging: string,
  manifest: Manifest,
  have: ChunkSet,
): Promise<readonly ChunkIndex[]> {
  const noted = await withFolder(staging, (folder) =>
    readFile(folder.at(HASHES)).catch(missingAs(undefined)),
  );
  if (noted === undefined) return [];
  return ([...have.values()] as ChunkIndex[]).filter(
    (index) => !hashIsAt(noted, index * HASH_BYTES, chunkHashOf(manifest, index)),
  );
}

/** @throws the system's errors */
export async function applyHints(
  staging: HeldFolder,
  manifest: Manifest,
  draft: Manifest,
): Promise<void> {
  const { entries } = manifest;
  for (let entry = 0; entry < entries.count; entry += 1) {
    if (!isFile(entries, entry)) continue;
    const listed = findEntry(draft.entries, pathBytesOf(entries, entry));
    if (listed === -1 || !isFile(draft.entries, listed)) continue;
    const { modifiedMs, isExecutable } = hintOf(draft, listed);
    const path = staging.at(join(...stagedNames(manifest, entry)));
    if (isExecutable) await makeRunnable(path);
    await lutimes(path, modifiedMs / 1000, modifiedMs / 1000);
  }
}

async function makeRunnable(path: string): Promise<void> {
  const file = await open(path, READ_NO_LINK);
  try {
    const { mode } = await file.stat();
    // Whoever may read it may run it: what the umask withheld stays withheld.
    await file.chmod((mode & 0o777) | (((mode & 0o444) >> 2) & RUNNABLE));
  } finally {
    await file.close();
  }
}
