import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { describe, expect, it, onTestFinished } from 'vitest';
import { KiB } from '#src/domain/limits.js';
import { finishStaged } from '#src/io/fetch/finish.js';
import { StagedWriter } from '#src/io/fetch/staged-writer.js';
import { prepareStaging } from '#src/io/fetch/staging.js';
import { removeStaging, stagingFolder } from '#src/io/fetch/staging-folder.js';
import { chunkBytesOf, manifestOf, noise, type Tree } from '#test/support/contents.js';
import { newFolder } from '#test/support/folders.js';
import { rounds } from '#test/support/rounds.js';
import { syncAndMark } from '#test/support/staged-content.js';

const tree: Tree = {
  'a/b/large.bin': noise(256 * KiB, 2),
  'a/b/one.txt': noise(100, 3),
  'a/two.txt': noise(200, 4),
  'a/c/empty.txt': new Uint8Array(),
};

/** Swaps a folder for a link to the canaries and back, as fast as a thread can, until it is told to stop. */
const SWAPPER = `
  const { renameSync, symlinkSync, unlinkSync } = require('node:fs');
  const { workerData } = require('node:worker_threads');
  const { path, canaries, stop } = workerData;
  const flag = new Int32Array(stop);
  const quietly = (work) => { try { work(); } catch { /* It comes and goes with each round. */ } };
  while (Atomics.load(flag, 0) === 0) {
    quietly(() => { renameSync(path, path + '.aside'); symlinkSync(canaries, path); });
    quietly(() => unlinkSync(path));
    quietly(() => renameSync(path + '.aside', path));
  }
  process.exit(0);
`;

describe.skipIf(process.platform !== 'linux')(
  'folders that are swapped for links meanwhile',
  () => {
    const manifest = manifestOf(tree);

    async function receive(folder: string, name: string): Promise<void> {
      const staging = stagingFolder(folder, manifest.id);
      await prepareStaging(staging, manifest);
      const writer = new StagedWriter(staging, manifest);
      try {
        for (let index = 0; index < manifest.layout.chunks; index += 1) {
          const bytes = chunkBytesOf(tree, manifest.entries, manifest.layout, index);
          await writer.write(index, bytes);
        }
      } finally {
        await writer.close();
      }
      const synced = await syncAndMark(staging, manifest, 0);
      const target = { path: join(folder, name), mayRename: true };
      await finishStaged(staging, manifest, synced, target);
      await removeStaging(staging);
    }

    it.each([
      '.p2p-partial',
      join('.p2p-partial', manifest.id),
      join('.p2p-partial', manifest.id, 'tree'),
      join('.p2p-partial', manifest.id, 'tree', 'a'),
      join('.p2p-partial', manifest.id, 'tree', 'a', 'b'),
    ])(
      'lead no receiving out of them: %s (CVE-2024-12087, CVE-2026-29518, CVE-2026-53795)',
      async (swapped) => {
        const folder = newFolder();
        const canaries = newFolder();
        // What a receiving would write, truncate or remove, were it led here.
        for (const name of ['data', 'journal', 'synced', 'placed', 'large.bin', 'two.txt']) {
          await writeFile(join(canaries, name), name);
        }
        for (const name of ['b', 'a', 'tree', manifest.id]) {
          await mkdir(join(canaries, name));
          await writeFile(join(canaries, name, 'large.bin'), 'mine');
        }
        const before = await listed(canaries);
        const stop = new SharedArrayBuffer(4);
        const path = join(folder, swapped);
        const swapper = new Worker(SWAPPER, { eval: true, workerData: { path, canaries, stop } });
        const ended = new Promise((resolve) => swapper.once('exit', resolve));
        onTestFinished(async () => {
          Atomics.store(new Int32Array(stop), 0, 1);
          await ended;
        });
        let whole = 0;
        for (let round = 0; round < rounds({ small: 30, full: 2000 }); round += 1) {
          // Whatever it says of a folder that comes and goes: what counts is what it did elsewhere.
          await receive(folder, `got ${round}`).then(
            () => {
              whole += 1;
            },
            (error: NodeJS.ErrnoException) => expect(error.code).toMatch(/^(io|E[A-Z]+|exists)$/),
          );
        }
        Atomics.store(new Int32Array(stop), 0, 1);
        await ended;
        console.info(`${swapped}: ${whole} received whole`);
        expect(await listed(canaries)).toEqual(before);
      },
    );
  },
);

async function listed(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const lines = entries.map(async (entry) => {
    const path = join(entry.parentPath, entry.name);
    return entry.isFile() ? `${path}: ${await readFile(path, 'utf8')}` : path;
  });
  return (await Promise.all(lines)).toSorted();
}
