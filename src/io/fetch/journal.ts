/**
 * What a staging folder knows of itself: the journal, one entry for each chunk that was written, and `synced`,
 * which says how many of those entries outlast a power loss and in which boot that was written down.
 */
import { lstat, readFile, truncate } from 'node:fs/promises';
import type { ChunkSet } from '#src/domain/content/chunk-set.js';
import type { ChunkIndex } from '#src/domain/ids.js';
import { bootId } from '#src/io/disk/boot-id.js';
import { type HeldFolder, syncFile } from '#src/io/disk/held-folder.js';
import { missingAs } from '#src/io/disk/missing.js';
import { writeWhole } from '#src/io/disk/whole-file.js';

/** An entry: the chunk's number, u32 little endian. Shorter than any sector, so it is there or not. */
export const JOURNAL_ENTRY_BYTES = 4;

export const JOURNAL = 'journal';
export const SYNCED = 'synced';
/** Of a draft: the hashes by which staged chunks were proven, 32 bytes for each in its place, zero where there is none. */
export const HASHES = 'hashes';

export type Synced = { readonly boot: string | undefined; readonly entries: number };

/** @returns the journal's path in a staging folder. */
export function journalIn(staging: HeldFolder): string {
  return staging.at(JOURNAL);
}

/** Drops what was torn off at its end: entries written behind it would be read askew. */
export async function mendJournal(staging: HeldFolder): Promise<void> {
  const { size } = await lstat(journalIn(staging)).catch(missingAs({ size: 0 }));
  const torn = size % JOURNAL_ENTRY_BYTES;
  if (torn > 0) await truncate(journalIn(staging), size - torn);
}

/** @param chunks how many there are; other entries are ignored, and one not written whole yet. */
export async function readJournal(staging: HeldFolder, chunks: number): Promise<ChunkIndex[]> {
  const bytes = await readFile(journalIn(staging)).catch(missingAs(Buffer.alloc(0)));
  const entries: ChunkIndex[] = [];
  for (let at = 0; at + JOURNAL_ENTRY_BYTES <= bytes.length; at += JOURNAL_ENTRY_BYTES) {
    const index = bytes.readUInt32LE(at);
    if (index < chunks) entries.push(index as ChunkIndex);
  }
  return entries;
}

/** Keeps the first entries alone: what follows counts as lost. */
export async function cutJournal(staging: HeldFolder, entries: number): Promise<void> {
  const { size } = await lstat(journalIn(staging)).catch(missingAs({ size: 0 }));
  const bytes = entries * JOURNAL_ENTRY_BYTES;
  if (size > bytes) await truncate(journalIn(staging), bytes);
}

/** Starts the journal anew; it has its name for good before anything is built upon it. */
export async function rewriteJournal(staging: HeldFolder, have: ChunkSet): Promise<void> {
  const entries = Buffer.alloc(have.count * JOURNAL_ENTRY_BYTES);
  let at = 0;
  for (const index of have.values()) at = entries.writeUInt32LE(index, at);
  await writeWhole(journalIn(staging), [entries]);
  await syncJournal(staging);
}

/** Makes the journal, and its name, outlast a power loss. */
export async function syncJournal(staging: HeldFolder): Promise<void> {
  await syncFile(journalIn(staging));
  await staging.sync();
}

export async function readSynced(staging: HeldFolder): Promise<Synced> {
  const text = await readFile(staging.at(SYNCED), 'utf8').catch(missingAs(''));
  const [boot, entries] = text.split('\n');
  const count = Number(entries);
  return boot === undefined || boot === '' || !Number.isSafeInteger(count) || count < 0
    ? { boot: undefined, entries: 0 }
    : { boot, entries: count };
}

/** Not synced itself: one that is lost says less than is true. */
export async function writeSynced(staging: HeldFolder, entries: number): Promise<void> {
  await writeWhole(staging.at(SYNCED), [Buffer.from(`${await bootId()}\n${entries}\n`)]);
}
