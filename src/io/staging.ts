/**
 * Where a download grows until it is whole: a folder of its own in `.p2p-partial` beside its target, so that the
 * last step is a rename within one file system. It holds `data` or `tree/`, the journal of chunks written, and
 * how far they have been synced.
 */
import { constants } from 'node:fs';
import { lstat, mkdir, open, readFile, rm, rmdir, statfs, truncate } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ChunkSet } from '#src/domain/chunk-set.js';
import { P2pError } from '#src/domain/errors.js';
import type { ChunkIndex, ContentId } from '#src/domain/ids.js';
import { chunkLength, partsOf } from '#src/domain/layout.js';
import { MiB } from '#src/domain/limits.js';
import type { Manifest } from '#src/domain/manifest.js';
import { STAGING_NAME } from '#src/domain/name.js';
import { bootId } from './boot-id.js';
import { stagedPath } from './chunk-reader.js';
import { JOURNAL_ENTRY_BYTES, journalPath } from './staged-writer.js';
import { writeWhole } from './whole-file.js';

/** Left free for everybody else: a full disk breaks more than a download. */
const FREE_FLOOR_BYTES = 512 * MiB;
const FREE_FLOOR_SHARE = 0.01;

/** Files opened at once to be synced. */
const SYNCED_AT_ONCE = 4;

export type Staged = {
  /** Chunks that count. */
  readonly have: ChunkSet;
  /** Written before the machine went down and never synced: to be hashed before they count. */
  readonly doubtful: readonly ChunkIndex[];
  /** Entries of the journal that outlast a power loss. */
  readonly synced: number;
};

/** @returns the staging folder of a content that will end up in `folder`. */
export function stagingFolder(folder: string, id: ContentId): string {
  return join(folder, STAGING_NAME, id);
}

/**
 * Makes the folder, checks the free space and reads what is there from before.
 * @throws P2pError `disk-full`, `denied`, `io`
 */
export async function prepareStaging(staging: string, manifest: Manifest): Promise<Staged> {
  await inTurn(dirname(staging), async () => {
    await makePrivate(dirname(staging));
    await makePrivate(staging);
  });
  const journal = await readSoundJournal(staging, manifest);
  const synced = await readSynced(staging);
  const isSameBoot = synced.boot === (await bootId());
  const sound = isSameBoot ? journal.length : Math.min(synced.entries, journal.length);
  const have = new ChunkSet(manifest.layout.chunks);
  for (const index of journal.slice(0, sound)) have.add(index);
  const doubtful = new Set(journal.slice(sound).filter((index) => !have.has(index)));
  await checkFreeSpace(staging, manifest.bytes - heldBytes(manifest, have));
  if (journal.length === 0) await writeSynced(staging, 0);
  // What counts because the machine has not gone down since is not synced by that.
  const settled = Math.min(synced.entries, journal.length);
  return { have, doubtful: [...doubtful], synced: settled };
}

/** Starts the journal anew with what was found good, and counts it as of this start of the machine. */
export async function settleStaging(staging: string, have: ChunkSet): Promise<number> {
  const entries = Buffer.alloc(have.count * JOURNAL_ENTRY_BYTES);
  let at = 0;
  for (const index of have.values()) at = entries.writeUInt32LE(index, at);
  await writeWhole(journalPath(staging), [entries]);
  await syncPath(journalPath(staging));
  await writeSynced(staging, have.count);
  return have.count;
}

/** @returns how many bytes a set of chunks has. */
export function heldBytes(manifest: Manifest, have: ChunkSet): number {
  let bytes = 0;
  for (const index of have.values()) bytes += chunkLength(manifest.layout, manifest.entries, index);
  return bytes;
}

/**
 * Makes the chunks written so far outlast a power loss, then says so.
 * @param from how many entries of the journal were synced before. @returns how many are now.
 */
export async function syncStaged(
  staging: string,
  manifest: Manifest,
  from: number,
): Promise<number> {
  const journal = await readJournal(staging, manifest.layout.chunks);
  const files = new Set<number>();
  for (const index of journal.slice(from)) {
    for (const { entry } of partsOf(manifest.layout, manifest.entries, index)) files.add(entry);
  }
  await syncEntries(staging, manifest, files);
  if (journal.length > from) await syncPath(journalPath(staging));
  await writeSynced(staging, journal.length);
  return journal.length;
}

/** Syncs the staged files of these entries. */
export async function syncEntries(
  staging: string,
  manifest: Manifest,
  entries: Iterable<number>,
): Promise<void> {
  const queue = entries[Symbol.iterator]();
  const worker = async () => {
    for (let next = queue.next(); !next.done; next = queue.next()) {
      await syncPath(stagedPath(staging, manifest, next.value));
    }
  };
  await Promise.all(Array.from({ length: SYNCED_AT_ONCE }, worker));
}

async function syncPath(path: string): Promise<void> {
  const file = await open(path, constants.O_RDWR | (constants.O_NOFOLLOW ?? 0));
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Removes a download's staging, and the common folder with the last of them. */
export async function removeStaging(staging: string): Promise<void> {
  await rm(staging, { recursive: true, force: true });
  await inTurn(dirname(staging), () =>
    rmdir(dirname(staging)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST' && error.code !== 'ENOENT')
        throw error;
    }),
  );
}

const turns = new Map<string, Promise<void>>();

/** One after the other for a folder: nobody removes it while somebody is about to use it. */
function inTurn(folder: string, work: () => Promise<void>): Promise<void> {
  const done = (turns.get(folder) ?? Promise.resolve()).then(work);
  const turn = done.catch(() => undefined);
  turns.set(folder, turn);
  void turn.then(() => turns.get(folder) === turn && turns.delete(folder));
  return done;
}

/** Makes a folder that only its owner can enter, and refuses one that is a link to somewhere else. */
async function makePrivate(folder: string): Promise<void> {
  try {
    await mkdir(folder, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    if (!(await lstat(folder)).isDirectory()) {
      throw new P2pError('io', `${folder} is not a folder: move it away`);
    }
  }
}

/** The journal, fit to be added to: void where what it speaks of is gone, without what was torn off at its end. */
async function readSoundJournal(staging: string, manifest: Manifest): Promise<ChunkIndex[]> {
  const path = journalPath(staging);
  const { size } = await lstat(path).catch(missingAs({ size: 0 }));
  const isThere = await lstat(join(staging, manifest.kind === 'file' ? 'data' : 'tree'))
    .then(() => true)
    .catch(missingAs(false));
  const whole = isThere ? size - (size % JOURNAL_ENTRY_BYTES) : 0;
  // Entries written behind a torn one would be read askew, and name chunks that are not here.
  if (whole !== size) await truncate(path, whole);
  return readJournal(staging, manifest.layout.chunks);
}

async function readJournal(staging: string, chunks: number): Promise<ChunkIndex[]> {
  const bytes = await readFile(journalPath(staging)).catch(missingAs(Buffer.alloc(0)));
  const entries: ChunkIndex[] = [];
  // One that is being written may not be whole yet.
  for (let at = 0; at + JOURNAL_ENTRY_BYTES <= bytes.length; at += JOURNAL_ENTRY_BYTES) {
    const index = bytes.readUInt32LE(at);
    if (index < chunks) entries.push(index as ChunkIndex);
  }
  return entries;
}

type Synced = { readonly boot: string | undefined; readonly entries: number };

async function readSynced(staging: string): Promise<Synced> {
  const text = await readFile(join(staging, 'synced'), 'utf8').catch(missingAs(''));
  const [boot, entries] = text.split('\n');
  const count = Number(entries);
  return boot === undefined || boot === '' || !Number.isSafeInteger(count)
    ? { boot: undefined, entries: 0 }
    : { boot, entries: count };
}

async function writeSynced(staging: string, entries: number): Promise<void> {
  const text = `${await bootId()}\n${entries}\n`;
  await writeWhole(join(staging, 'synced'), [Buffer.from(text)]);
}

async function checkFreeSpace(folder: string, needed: number): Promise<void> {
  const { bavail, blocks, bsize } = await statfs(folder);
  const floor = Math.max(FREE_FLOOR_BYTES, FREE_FLOOR_SHARE * blocks * bsize);
  const free = bavail * bsize;
  if (needed + floor <= free || needed === 0) return;
  throw new P2pError(
    'disk-full',
    `${megabytes(needed)} MiB are needed in ${dirname(dirname(folder))} and ${megabytes(free)} are free ` +
      `(${megabytes(floor)} of them are kept free): make room or choose another place with --to`,
  );
}

function megabytes(bytes: number): number {
  return Math.ceil(bytes / MiB);
}

function missingAs<T>(value: T): (error: NodeJS.ErrnoException) => T {
  return (error) => {
    if (error.code === 'ENOENT') return value;
    throw error;
  };
}
