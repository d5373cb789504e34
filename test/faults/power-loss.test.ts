/** A power loss after every sync of a download and of a chunk kept for others: what was acknowledged is there. */
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { PeerId } from '#src/domain/ids.js';
import { KiB, MiB } from '#src/domain/limits.js';
import { checkChunks } from '#src/io/content/chunk-check.js';
import { openManifestStore } from '#src/io/content/manifest-store.js';
import { readSmallFile, writeSmallFile } from '#src/io/disk/small-file.js';
import { finishStaged } from '#src/io/fetch/finish.js';
import { StagedWriter } from '#src/io/fetch/staged-writer.js';
import { prepareStaging } from '#src/io/fetch/staging.js';
import { stagingFolder } from '#src/io/fetch/staging-folder.js';
import { settleStaging } from '#src/io/fetch/staging-sync.js';
import { Keeper } from '#src/io/spread/keeper.js';
import { chunkBytesOf, manifestOf, noise, type Tree } from '#test/support/contents.js';
import { newFolder } from '#test/support/folders.js';
import { type Moment, recordBelow, stopRecording } from '#test/support/power-loss.js';
import { syncAndMark } from '#test/support/staged-content.js';

const CHUNK = 256 * KiB;
const file: Tree = { '': noise(2 * CHUNK + 7) };
const tree: Tree = {
  'a/large.bin': noise(CHUNK + 5, 2),
  'a/one.txt': noise(100, 3),
  'b/c/two.txt': noise(200, 4),
  'b/empty.txt': new Uint8Array(),
};

const signal = new AbortController().signal;

/** Writes some chunks, syncs, writes the others and finishes. @returns moments with what was acknowledged by then. */
async function download(root: string, content: Tree) {
  const manifest = manifestOf(content);
  const staging = stagingFolder(root, manifest.id);
  const acknowledged: { readonly at: number; readonly synced: number; readonly done: boolean }[] =
    [];
  const { moments, restore } = recordBelow(root);
  const tell = (synced: number, done = false) =>
    acknowledged.push({ at: moments.length, synced, done });
  await prepareStaging(staging, manifest);
  let synced = 0;
  for (let index = 0; index < manifest.layout.chunks; index += 1) {
    const writer = new StagedWriter(staging, manifest);
    await writer.write(index, chunkBytesOf(content, manifest.entries, manifest.layout, index));
    await writer.close();
    synced = await syncAndMark(staging, manifest, synced);
    tell(synced);
  }
  await finishStaged(staging, manifest, synced, { path: join(root, 'got'), mayRename: true });
  tell(synced, true);
  stopRecording();
  return { manifest, moments, restore, acknowledged };
}

/** What a boot id of another start of the machine does: nothing that was not synced counts unseen. */
async function resumed(root: string, content: Tree, minimum: number): Promise<void> {
  const manifest = manifestOf(content);
  const staging = stagingFolder(root, manifest.id);
  const { have, doubtful, synced } = await prepareStaging(staging, manifest);
  const chunks = [...have.values(), ...doubtful];
  const source = { kind: 'partial', path: staging, have: [] } as const;
  const check = { source, manifest, chunks, signal, onProgress: () => undefined };
  const good = new Set(await checkChunks(check));
  for (const index of have.values()) expect(good.has(index), `chunk ${index} counts`).toBe(true);
  for (const index of good) have.add(index);
  if (doubtful.length > 0) await settleStaging(staging, manifest, have, synced);
  expect(have.count).toBeGreaterThanOrEqual(minimum);
  const writer = new StagedWriter(staging, manifest);
  for (let index = 0; index < manifest.layout.chunks; index += 1) {
    if (have.has(index)) continue;
    await writer.write(index, chunkBytesOf(content, manifest.entries, manifest.layout, index));
  }
  await writer.close();
  const path = join(root, 'again');
  isRight(await finishStaged(staging, manifest, 0, { path, mayRename: true }), content);
}

function isRight(path: string, content: Tree): void {
  for (const [name, bytes] of Object.entries(content)) {
    expect(Buffer.compare(readFileSync(join(path, name)), bytes), `${path}/${name}`).toBe(0);
  }
}

function eachMoment(
  moments: readonly Moment[],
  root: string,
  restore: (m: Moment, to: string) => void,
) {
  return moments.map((moment, at) => {
    const folder = join(root, String(at));
    mkdirSync(folder);
    restore(moment, folder);
    return { at, folder };
  });
}

describe.skipIf(process.platform !== 'linux')('a power loss after any sync', () => {
  it.each([
    ['a file', file],
    ['a folder', tree],
  ])(
    'leaves of %s that is downloaded nothing wrong, and all that was acknowledged (qBittorrent #3170, Jepsen on NATS JetStream)',
    async (_, content) => {
      const root = newFolder();
      const { moments, restore, acknowledged } = await download(root, content);
      expect(moments.length).toBeGreaterThan(8);
      for (const { at, folder } of eachMoment(moments, newFolder(), restore)) {
        const told = acknowledged.filter((one) => one.at <= at + 1).at(-1);
        if (existsSync(join(folder, 'got'))) isRight(join(folder, 'got'), content);
        else expect(told?.done ?? false, `moment ${at}`).toBe(false);
        // What was moved to its place is not staged any more.
        const isPlaced = existsSync(join(folder, 'got'));
        await resumed(folder, content, isPlaced ? 0 : (told?.synced ?? 0));
      }
    },
  );

  it('leaves every chunk that was acknowledged as kept (Jepsen on NATS JetStream)', async () => {
    const root = newFolder();
    const manifest = manifestOf(file);
    const manifests = openManifestStore(join(root, 'manifests'));
    await mkdir(join(root, 'chunks'));
    await mkdir(join(root, 'manifests'));
    const { moments, restore } = recordBelow(root);
    const keeper = new Keeper(join(root, 'chunks'), manifests, 64 * MiB, () => undefined);
    await keeper.load();
    const ranges = [0, manifest.layout.chunks];
    const offer = { giver: 'a'.repeat(52) as PeerId, id: manifest.id, name: 'given', ranges };
    const kept: { readonly at: number; readonly index: number }[] = [];
    for (let index = 0; index < manifest.layout.chunks; index += 1) {
      const answer = await keeper.consider(offer, manifest);
      if (answer.type !== 'want') throw new Error('refused');
      const bytes = chunkBytesOf(file, manifest.entries, manifest.layout, index);
      expect(await keeper.keep(answer.pledge, manifest, index, bytes)).toBe('kept');
      keeper.release(answer.pledge);
      kept.push({ at: moments.length, index });
    }
    stopRecording();
    for (const { at, folder } of eachMoment(moments, newFolder(), restore)) {
      const events: { readonly type: string; readonly have?: readonly number[] }[] = [];
      const found = openManifestStore(join(folder, 'manifests'));
      await new Keeper(join(folder, 'chunks'), found, 64 * MiB, (event) =>
        events.push(event),
      ).load();
      const count = kept.filter((one) => one.at <= at + 1).length;
      const have = events[0]?.have ?? [];
      expect(have[1] ?? 0, `moment ${at}: ${JSON.stringify(events)}`).toBeGreaterThanOrEqual(count);
    }
  });

  it('leaves a small file as it was or as it was to be', async () => {
    const root = newFolder();
    const path = join(root, 'bans');
    await writeSmallFile(path, 'old');
    const { moments, restore } = recordBelow(root);
    await writeSmallFile(path, 'new');
    const done = moments.length;
    stopRecording();
    for (const { at, folder } of eachMoment(moments, newFolder(), restore)) {
      const text = await readSmallFile(join(folder, 'bans'));
      expect(at + 1 >= done ? ['new'] : ['old', 'new']).toContain(text);
      expect(readdirSync(folder)).toContain('bans');
    }
  });
});
