/** A file and a tree that are staged in part, as sources bring their chunks. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Manifest } from '#src/domain/content/manifest.js';
import { KiB } from '#src/domain/limits.js';
import { StagedWriter } from '#src/io/fetch/staged-writer.js';
import { prepareStaging } from '#src/io/fetch/staging.js';
import { stagingFolder } from '#src/io/fetch/staging-folder.js';
import { markSynced, syncStaged } from '#src/io/fetch/staging-sync.js';
import { chunkBytesOf, manifestOf, noise, type Tree } from './contents.js';
import { newFolder } from './folders.js';

export const CHUNK = 256 * KiB;

export const file: Tree = { '': noise(4 * CHUNK + 7) };
export const tree: Tree = {
  'a/large.bin': noise(2 * CHUNK, 2),
  'a/one.txt': noise(100, 3),
  'b/two.txt': noise(200, 4),
  'b/empty.txt': new Uint8Array(),
  'c/': new Uint8Array(),
};

export type Staging = {
  readonly folder: string;
  readonly staging: string;
  readonly manifest: Manifest;
};

export async function staged(content: Tree, chunks: readonly number[]): Promise<Staging> {
  const manifest = manifestOf(content);
  const folder = newFolder();
  const staging = stagingFolder(folder, manifest.id);
  await prepareStaging(staging, manifest);
  await write({ folder, staging, manifest }, content, chunks);
  return { folder, staging, manifest };
}

export async function write(
  { staging, manifest }: Staging,
  content: Tree,
  chunks: readonly number[],
) {
  const writer = new StagedWriter(staging, manifest);
  try {
    for (const index of chunks) {
      await writer.write(index, chunkBytesOf(content, manifest.entries, manifest.layout, index));
    }
  } finally {
    await writer.close();
  }
}

export async function have({ staging, manifest }: Staging): Promise<readonly number[]> {
  return [...(await prepareStaging(staging, manifest)).have.values()];
}

/** As if the machine had been started anew since. */
export async function rebooted(staging: string): Promise<void> {
  const path = join(staging, 'synced');
  const [, entries] = (await readFile(path, 'utf8')).split('\n');
  await writeFile(path, `another boot\n${entries}\n`);
}

/** As a running download does every now and then. @returns how many entries of the journal are synced now. */
export async function syncAndMark(staging: string, manifest: Manifest, from: number) {
  const synced = await syncStaged(staging, manifest, from);
  await markSynced(staging, synced);
  return synced;
}
