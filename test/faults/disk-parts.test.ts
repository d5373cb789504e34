/** Every file operation of every part that keeps something on the disk, failing once in turn. */
import { readdirSync } from 'node:fs';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { PeerId } from '#src/domain/ids.js';
import { KiB, MiB } from '#src/domain/limits.js';
import { openContent } from '#src/io/content/chunk-reader.js';
import { openManifestStore } from '#src/io/content/manifest-store.js';
import { FilePool } from '#src/io/disk/file-pool.js';
import { openIdentity } from '#src/io/disk/identity.js';
import { readSmallFile, writeSmallFile } from '#src/io/disk/small-file.js';
import { finishStaged } from '#src/io/fetch/finish.js';
import { StagedWriter } from '#src/io/fetch/staged-writer.js';
import { prepareStaging } from '#src/io/fetch/staging.js';
import { removeStaging, stagingFolder } from '#src/io/fetch/staging-folder.js';
import { Keeper } from '#src/io/spread/keeper.js';
import { chunkBytesOf, manifestOf, noise, type Tree } from '#test/support/contents.js';
import { breakFiles, type Errno, mendFiles } from '#test/support/faulty-files.js';
import { newFolder } from '#test/support/folders.js';
import { randomFrom } from '#test/support/random.js';
import { rounds } from '#test/support/rounds.js';
import { syncAndMark } from '#test/support/staged-content.js';

const CHUNK = 256 * KiB;
const file: Tree = { '': noise(2 * CHUNK + 7) };
const tree: Tree = {
  'a/large.bin': noise(CHUNK + 5, 2),
  // Written together, and open at the same time.
  'a/one.txt': noise(100, 3),
  'a/three.txt': noise(300, 5),
  'a/four.txt': noise(400, 6),
  'b/c/two.txt': noise(200, 4),
  'b/empty.txt': new Uint8Array(),
  'd/': new Uint8Array(),
};

type Job = {
  /** Does it all, from wherever an earlier attempt has left it. */
  run(folder: string): Promise<void>;
  /** Throws where something wrong can be seen, whatever happened. */
  judge(folder: string): Promise<void>;
  /** Throws where not everything is there. */
  judgeWhole(folder: string): Promise<void>;
};

function download(content: Tree): Job {
  const manifest = manifestOf(content);
  const isRight = async (path: string) => {
    for (const [name, bytes] of Object.entries(content)) {
      if (name.endsWith('/')) expect(readdirSync(join(path, name))).toEqual([]);
      else expect(Buffer.compare(bytes, await readFile(join(path, name))), name).toBe(0);
    }
  };
  return {
    async run(folder) {
      const staging = stagingFolder(folder, manifest.id);
      const { have, synced } = await prepareStaging(staging, manifest);
      const writer = new StagedWriter(staging, manifest);
      try {
        for (let index = 0; index < manifest.layout.chunks; index += 1) {
          if (have.has(index)) continue;
          const bytes = chunkBytesOf(content, manifest.entries, manifest.layout, index);
          await writer.write(index, bytes);
        }
      } finally {
        await writer.close();
      }
      const target = { path: join(folder, 'got'), mayRename: true };
      const done = await syncAndMark(staging, manifest, synced);
      await finishStaged(staging, manifest, done, target);
      await removeStaging(staging);
    },
    async judge(folder) {
      for (const name of readdirSync(folder)) {
        if (name !== '.p2p-partial') await isRight(join(folder, name));
      }
    },
    async judgeWhole(folder) {
      expect(await readdir(folder)).toContain('got');
      expect(readdirSync(folder)).not.toContain('.p2p-partial');
    },
  };
}

/** Chunks given one after the other; what was acknowledged is remembered, as the giver would. */
function keeping(content: Tree): Job {
  const manifest = manifestOf(content);
  const kept = new Map<string, Set<number>>();
  const open = async (folder: string) => {
    const manifests = openManifestStore(join(folder, 'manifests'));
    const keeper = new Keeper(join(folder, 'chunks'), manifests, 64 * MiB, () => undefined);
    await mkdir(join(folder, 'chunks'), { recursive: true });
    await keeper.load();
    return keeper;
  };
  return {
    async run(folder) {
      const acknowledged = kept.get(folder) ?? new Set();
      kept.set(folder, acknowledged);
      const keeper = await open(folder);
      const ranges = [0, manifest.layout.chunks] as const;
      const giver = 'a'.repeat(52) as PeerId;
      const offer = { giver, id: manifest.id, name: 'given', ranges };
      for (let index = 0; index < manifest.layout.chunks; index += 1) {
        const answer = await keeper.consider(offer, manifest);
        if (answer.type !== 'want') throw new Error(`refused as ${answer.reason}`);
        const bytes = chunkBytesOf(content, manifest.entries, manifest.layout, index);
        expect(await keeper.keep(answer.pledge, manifest, index, bytes)).toBe('kept');
        keeper.release(answer.pledge);
        acknowledged.add(index);
      }
    },
    async judge(folder) {
      const source = { kind: 'kept', path: join(folder, 'chunks'), have: [] } as const;
      const pool = new FilePool();
      const reader = openContent(source, manifest, pool);
      for (const index of kept.get(folder) ?? []) {
        const bytes = chunkBytesOf(content, manifest.entries, manifest.layout, index);
        const read = new Uint8Array(bytes.length);
        expect(await reader.readChunk(index, [read])).toBe('ok');
        expect(Buffer.compare(read, bytes)).toBe(0);
      }
      await pool.close();
    },
    async judgeWhole(folder) {
      const events: { type: string; have?: readonly number[] }[] = [];
      const manifests = openManifestStore(join(folder, 'manifests'));
      const path = join(folder, 'chunks');
      await new Keeper(path, manifests, 64 * MiB, (event) => events.push(event)).load();
      expect(events).toMatchObject([{ type: 'content-kept', have: [0, manifest.layout.chunks] }]);
    },
  };
}

const smallFile: Job = {
  async run(folder) {
    const path = join(folder, 'bans');
    if ((await readSmallFile(path)) === undefined) await writeSmallFile(path, 'old');
    await writeSmallFile(path, 'new');
  },
  async judge(folder) {
    expect([undefined, 'old', 'new']).toContain(await readSmallFile(join(folder, 'bans')));
  },
  async judgeWhole(folder) {
    expect(await readSmallFile(join(folder, 'bans'))).toBe('new');
  },
};

/** Whoever it became in a first life that was told of, it stays. */
function identity(): Job {
  const known = new Map<string, string>();
  return {
    async run(folder) {
      const { peerId } = await openIdentity(folder);
      expect(known.get(folder) ?? peerId).toBe(peerId);
      known.set(folder, peerId);
    },
    judge: async () => undefined,
    async judgeWhole(folder) {
      expect((await openIdentity(folder)).peerId).toBe(known.get(folder));
    },
  };
}

const jobs: readonly (readonly [string, Job])[] = [
  ['a download of a file', download(file)],
  ['a download of a folder', download(tree)],
  ['keeping chunks for others', keeping(file)],
  ['the list of bans', smallFile],
  ['the identity', identity()],
];

/** Handles of this process, without those of the runner that come and go. */
function handles(): number {
  return readdirSync('/proc/self/fd').length;
}

/** @returns what failed first, if anything did. */
async function attempt(job: Job, folder: string): Promise<NodeJS.ErrnoException | undefined> {
  try {
    await job.run(folder);
    return undefined;
  } catch (error) {
    return error as NodeJS.ErrnoException;
  }
}

describe.skipIf(process.platform !== 'linux')('one file operation that fails', () => {
  const seed = Number(process.env['FAULTS_SEED'] ?? Math.floor(Math.random() * 2 ** 32));
  console.info(`FAULTS_SEED=${seed}`);
  const random = randomFrom(seed);

  it.each(
    jobs.flatMap(([name, job]) =>
      (['ENOSPC', 'EIO', 'EACCES', 'EMFILE'] as const).map(
        (errno) => [errno, name, job] as readonly [Errno, string, Job],
      ),
    ),
  )('with %s does no harm to %s, which succeeds at the next attempt', async (errno, _, job) => {
    const root = newFolder();
    const fresh = async (at: number) => {
      const folder = join(root, String(at));
      await mkdir(folder);
      return folder;
    };
    const whole = await fresh(0);
    breakFiles({ root, errno, at: 0 });
    expect(await attempt(job, whole)).toBeUndefined();
    const { counted } = mendFiles();
    expect(counted).toBeGreaterThan(1);
    const open = handles();
    const most = rounds({ small: 12, full: counted });
    const first = Math.floor(random() * Math.max(1, counted / most));
    for (let at = 1 + first; at <= counted; at += Math.max(1, Math.floor(counted / most))) {
      const folder = await fresh(at);
      breakFiles({ root, errno, at });
      const error = await attempt(job, folder);
      const { broke } = mendFiles();
      const told = `${errno} at ${at} of ${counted} (${broke}): ${error?.stack}`;
      if (error !== undefined) expect(error.code, told).toBe(errno);
      await job.judge(folder);
      expect(await attempt(job, folder), told).toBeUndefined();
      await job.judge(folder);
      await job.judgeWhole(folder);
    }
    expect(handles(), 'handles left open').toBeLessThanOrEqual(open + 1);
  });
});
