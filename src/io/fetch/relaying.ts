/**
 * What is staged by one listing goes over to another, where it lies: files have the same paths in both, and only chunks
 * have other numbers. Files that the other does not list go, and those of another length get that.
 */
import { constants } from 'node:fs';
import { lstat, open, readdir } from 'node:fs/promises';
import { ChunkSet, parseRanges } from '#src/domain/content/chunk-set.js';
import { type Entries, findEntry, isFile, sizeOf } from '#src/domain/content/entries.js';
import type { Manifest } from '#src/domain/content/manifest.js';
import { chunksRelaid } from '#src/domain/content/relaid.js';
import type { ChunkIndex } from '#src/domain/ids.js';
import { type HeldFolder, holdBelow, removeBelow, withFolder } from '#src/io/disk/held-folder.js';
import { missingAs } from '#src/io/disk/missing.js';
import { cutJournal, readJournal } from './journal.js';
import { type Layout, noteLayout } from './laid-out.js';
import { stagedName } from './staged-place.js';
import { makeStaging } from './staging-folder.js';

const WRITE_NO_LINK = constants.O_WRONLY | (constants.O_NOFOLLOW ?? 0);

/**
 * The journal says nothing of it afterwards. A run that ends before what is returned was proven, and noted (`noteLayout`),
 * leaves a note of what had come by the earlier listing, so that it can be done again.
 * @param earlier the listing it came by, of the same kind
 * @param noted what such a run left
 * @returns the chunks whose bytes are here, as far as can be known; they count once their hashes prove it.
 * @throws P2pError `io` where something else stands in the place of a folder; the system's errors
 */
export async function layOutAnew(
  staging: string,
  wanted: Manifest,
  earlier: Manifest,
  noted: Layout['earlier'],
): Promise<readonly ChunkIndex[]> {
  await makeStaging(staging);
  const have = await come(staging, earlier, noted);
  // First of all: from here on the journal's numbers are nobody's.
  await noteLayout(staging, {
    by: wanted.id,
    earlier: { by: earlier.id, have: have.toRanges() },
  });
  await withFolder(staging, async (folder) => {
    await cutJournal(folder, 0);
    await fit(folder, wanted);
  });
  return chunksRelaid(wanted, earlier, have);
}

/** @returns the chunks of the earlier listing that are here. */
async function come(
  staging: string,
  { layout: { chunks } }: Manifest,
  noted: Layout['earlier'],
): Promise<ChunkSet> {
  if (noted !== undefined) return ChunkSet.from(chunks, parseRanges(noted.have, chunks) ?? []);
  const have = new ChunkSet(chunks);
  for (const index of await withFolder(staging, (folder) => readJournal(folder, chunks))) {
    have.add(index);
  }
  return have;
}

/** What is staged gets its name as a whole: nothing else may lie there, nor more of a file than is listed. */
async function fit(staging: HeldFolder, { kind, bytes, entries }: Manifest): Promise<void> {
  const name = stagedName(kind);
  if (kind === 'file') return fitFile(staging, name, bytes);
  const found = await lstat(staging.at(name)).catch(missingAs(undefined));
  if (found?.isDirectory() === true) await fitFolder(staging, name, '', entries);
  else await removeBelow(staging, name);
}

/** @param within the path of what lies in it, with a slash at its end unless it is empty */
async function fitFolder(
  parent: HeldFolder,
  name: string,
  within: string,
  entries: Entries,
): Promise<void> {
  const folder = await holdBelow(parent, [name]);
  try {
    for (const child of await readdir(folder.at('.'))) {
      const path = within + child;
      const entry = findEntry(entries, Buffer.from(path));
      const isDirectory = (await lstat(folder.at(child))).isDirectory();
      if (entry === -1 || isDirectory === isFile(entries, entry)) await removeBelow(folder, child);
      else if (isDirectory) await fitFolder(folder, child, `${path}/`, entries);
      else await fitFile(folder, child, sizeOf(entries, entry));
    }
  } finally {
    await folder.close();
  }
}

/** One that has another name too has been in its place once: it is its user's by now, and is not written into. */
async function fitFile(folder: HeldFolder, name: string, bytes: number): Promise<void> {
  const found = await lstat(folder.at(name)).catch(missingAs(undefined));
  if (found === undefined) return;
  if (!found.isFile() || found.nlink > 1) return removeBelow(folder, name);
  if (found.size === bytes) return;
  const file = await open(folder.at(name), WRITE_NO_LINK);
  try {
    await file.truncate(bytes);
  } finally {
    await file.close();
  }
}
