import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { chunkLength } from '#src/domain/content/layout.js';
import { isChunk, type Manifest } from '#src/domain/content/manifest.js';
import type { ContentId } from '#src/domain/ids.js';
import { blake3Of } from '#src/io/content/blake3.js';
import { openContent } from '#src/io/content/chunk-reader.js';
import { FilePool } from '#src/io/disk/file-pool.js';
import { StagedDownload } from '#src/peer/downloads/staged-download.js';
import { manifestOf, noise, type Tree } from '#test/support/contents.js';
import { draftOf } from '#test/support/drafts.js';
import { breakFiles, mendFiles } from '#test/support/faulty-files.js';
import { CHUNK, file, have, rebooted, staged, tree, write } from '#test/support/staged-content.js';

it.skipIf(process.platform !== 'linux')(
  'a download keeps what it synced where a full disk takes no mark of it',
  async () => {
    let broke: string | undefined;
    // Only the mark is renamed: every earlier operation of a sync fails first.
    for (let at = 1; broke !== 'rename'; at += 1) {
      const download = await staged(file, [0, 1]);
      const record = { staging: download.staging, id: download.manifest.id };
      const ours = new StagedDownload(record as never, {} as never);
      breakFiles({ root: download.folder, errno: 'ENOSPC', at });
      const failed = await ours.sync(download.manifest).catch(() => 'failed');
      ({ broke } = mendFiles());
      await ours.letGo();
      expect([broke, failed]).toEqual([broke, 'failed']);
      if (broke === 'rename') expect(await have(download)).toEqual([0, 1]);
    }
  },
);

describe('what is staged of something that came to be another content', () => {
  /** All but one file of it. */
  async function less() {
    const download = await staged(tree, [0, 1]);
    const [gone = ''] = Object.keys(tree);
    const { [gone]: _, ...rest } = tree;
    const now = manifestOf(rest);
    const looks = { staging: download.staging, id: now.id, draft: download.manifest.id };
    const prepared = async (known: readonly Manifest[]) => {
      const manifests = {
        read: async (id: ContentId) => known.find((manifest) => manifest.id === id),
      };
      const hasherJobs = {
        verify: async (_: ContentId, __: string, chunks: readonly number[]) => chunks,
      };
      const home = { database: { all: async () => [] } };
      const around = { manifests, hasherJobs, home, kept: () => undefined };
      const ours = new StagedDownload(looks as never, around as never);
      const held = await ours.prepare(now, { bring: async () => undefined });
      return [...held.values()];
    };
    return { ...download, now, rest, gone, prepared };
  }

  it.each([
    ['is known', true],
    ['is gone', false],
  ])('is none of that where that lists none of it, and what it was listed by %s', async (_, is) => {
    const { staging, manifest, now, prepared, gone } = await less();
    expect(existsSync(join(staging, 'tree', gone))).toBe(true);
    expect(await prepared(is ? [manifest, now] : [now])).toEqual([]);
    expect(existsSync(join(staging, 'tree', gone))).toBe(false);
  });

  it('counts again at later starts once it is of that content, though its draft lists another', async () => {
    const { folder, staging, manifest, now, rest, prepared } = await less();
    await prepared([manifest, now]);
    await write({ folder, staging, manifest: now }, rest, [0]);
    expect(await prepared([manifest, now])).toEqual([0]);
    expect(await prepared([now])).toEqual([0]);
  });
});

const ALL = [0, 1, 2, 3, 4];

/** As the hasher does. */
async function verify(manifest: Manifest, staging: string, chunks: readonly number[]) {
  const pool = new FilePool();
  const source = { kind: 'partial', path: staging, have: [] } as const;
  const reader = openContent(source, manifest, pool);
  const good: number[] = [];
  for (const index of chunks) {
    const bytes = new Uint8Array(chunkLength(manifest.layout, manifest.entries, index));
    const isRead = (await reader.readChunk(index, [bytes])) === 'ok';
    if (isRead && isChunk(manifest, index, bytes, blake3Of)) good.push(index);
  }
  await pool.close();
  return good;
}

/** @param known the drafts and contents whose listings are here. */
function downloadOf(record: object, known: readonly Manifest[], verifying = verify) {
  const named = (id: ContentId) => known.find((manifest) => manifest.id === id);
  const hasherJobs = {
    verify: async (id: ContentId, staging: string, chunks: readonly number[]) =>
      verifying(named(id) as Manifest, staging, chunks),
  };
  const manifests = { read: async (id: ContentId) => named(id) };
  const home = { database: { all: async () => [] } };
  const around = { manifests, hasherJobs, home, kept: () => undefined };
  return new StagedDownload(record as never, around as never);
}

const nothing = { bring: async () => undefined };

describe('chunks that came by a draft', () => {
  const first = manifestOf(file);
  const draft = draftOf(first);
  draft.chunkHashes.set(first.chunkHashes);
  const bytes = file['']?.slice() ?? new Uint8Array();
  bytes.set(noise(CHUNK, 77), 3 * CHUNK);
  const changed: Tree = { '': bytes };
  const second = manifestOf(changed);

  async function scene() {
    const { folder, staging } = await staged(file, []);
    const as = (manifest: Manifest) => ({ folder, staging, manifest });
    await write(as(draft), file, ALL);
    const prepared = async (
      manifest: Manifest,
      known: readonly Manifest[] = [draft, first, second],
      verifying = verify,
    ) => {
      const record = { staging, id: manifest.id, draft: draft.id };
      const held = await downloadOf(record, known, verifying).prepare(manifest, nothing);
      return [...held.values()];
    };
    return { as, prepared };
  }

  it('need not be read again for the content that it came to be', async () => {
    const { prepared } = await scene();
    const unread = () => Promise.reject(new Error('read again'));
    expect(await prepared(first, undefined, unread)).toEqual(ALL);
    expect(await prepared(first, undefined, unread)).toEqual(ALL);
  });

  it('count no more as they were noted once another content has written over them', async () => {
    const { as, prepared } = await scene();
    expect(await prepared(first)).toEqual(ALL);
    expect(await prepared(second)).toEqual([0, 1, 2, 4]);
    await write(as(second), changed, [3]);
    expect(await prepared(second)).toEqual(ALL);
    expect(await prepared(first)).toEqual([0, 1, 2, 4]);
  });

  it('are noted by no hash any more where they had to be proven again after a power loss', async () => {
    const { as, prepared } = await scene();
    const { staging } = as(draft);
    await rebooted(staging);
    await downloadOf({ staging, id: draft.id }, [draft]).prepare(draft, nothing);
    expect(readdirSync(staging)).not.toContain('hashes');
    expect(await prepared(second)).toEqual([0, 1, 2, 4]);
  });

  it('are proven anew for another content where the draft is gone, and after a run that ended meanwhile', async () => {
    const { prepared } = await scene();
    expect(await prepared(first)).toEqual(ALL);
    const known = [first, second];
    const ended = () => Promise.reject(new Error('ended'));
    await expect(prepared(second, known, ended)).rejects.toThrow('ended');
    expect(await prepared(second, known)).toEqual([0, 1, 2, 4]);
  });
});

describe('what is staged of a folder of which files vanished or changed', () => {
  const album: Tree = {
    a: noise(2 * CHUNK, 1),
    b: noise(2 * CHUNK, 2),
    c: noise(CHUNK, 3),
    'small/d': noise(10, 4),
    'small/e': noise(20, 5),
  };
  /** Two of a, two of b, one of c, one pack. */
  const ALBUM = [0, 1, 2, 3, 4, 5];
  const manifest = manifestOf(album);
  const draft = draftOf(manifest);
  draft.chunkHashes.set(manifest.chunkHashes);
  const { a: _, 'small/d': __, ...rest } = album;
  /** Shorter, longer, and changed in place. */
  const changed: Tree = {
    ...rest,
    b: album['b']?.slice(0, CHUNK) as Uint8Array,
    c: Buffer.concat([album['c'] as Uint8Array, noise(7, 6)]),
    'small/e': noise(20, 7),
  };

  async function scene(now: Tree, chunks: readonly number[] = ALBUM) {
    const { folder, staging } = await staged(album, []);
    await write({ folder, staging, manifest: draft }, album, chunks);
    const known = [draft, manifest, manifestOf(now), manifestOf(rest)];
    const downloading = (of: Tree, verifying = verify) => {
      const { id } = manifestOf(of);
      const target = join(folder, 'album');
      const record = { staging, id, draft: draft.id, target, mayRename: true };
      return downloadOf(record, known, verifying);
    };
    const prepared = async (of: Tree = now, verifying = verify) => {
      const held = await downloading(of, verifying).prepare(manifestOf(of), nothing);
      return [...held.values()];
    };
    return { folder, staging, downloading, prepared };
  }
  const ended = () => Promise.reject(new Error('ended'));
  const unread = () => Promise.reject(new Error('read again'));

  it('counts for what it came to be, as far as its hashes prove it, and need not be read again', async () => {
    const { prepared } = await scene(rest);
    expect(await prepared()).toEqual([0, 1, 2, 3]);
    expect(await prepared(rest, unread)).toEqual([0, 1, 2, 3]);
  });

  it('counts only as far as it had come, and is what it was', async () => {
    const { staging, prepared } = await scene(rest, [0, 2, 4, 5]);
    writeFileSync(join(staging, 'tree', 'small', 'e'), 'not what it was here');
    expect(await prepared()).toEqual([0, 2]);
  });

  it('counts in the same way after a run that ended before that was proven', async () => {
    const { prepared } = await scene(changed);
    await expect(prepared(changed, ended)).rejects.toThrow('ended');
    expect(await prepared(changed)).toEqual([0, 1]);
  });

  it('counts for the next content, too, and for what it was at first', async () => {
    const { prepared } = await scene(changed);
    await expect(prepared(changed, ended)).rejects.toThrow('ended');
    expect(await prepared(rest)).toEqual([0, 2, 3]);
    expect(await prepared(album)).toEqual([2, 4]);
  });

  it('gets its place as that, no file more, and none longer', async () => {
    const { folder, staging, downloading } = await scene(changed);
    const now = manifestOf(changed);
    const download = downloading(changed);
    const held = await download.prepare(now, nothing);
    const lacking = Array.from({ length: now.layout.chunks }, (_, index) => index).filter(
      (index) => !held.has(index),
    );
    await write({ folder, staging, manifest: now }, changed, lacking);
    const path = await download.finish(now);
    expect(readdirSync(path, { recursive: true, encoding: 'utf8' }).toSorted()).toEqual([
      'b',
      'c',
      'small',
      'small/e',
    ]);
    for (const [name, bytes] of Object.entries(changed)) {
      expect(readFileSync(join(path, name)).equals(bytes)).toBe(true);
    }
  });

  it('leaves alone a file of it that its user has under another name', async () => {
    const { folder, staging, prepared } = await scene(changed);
    linkSync(join(staging, 'tree', 'b'), join(folder, 'mine'));
    expect(await prepared()).toEqual([1]);
    expect(readFileSync(join(folder, 'mine')).equals(album['b'] as Uint8Array)).toBe(true);
  });
});

it('a folder that was joined half-way keeps what its user has edited in it since', async () => {
  const { folder, staging, manifest } = await staged(tree, [0, 1, 2]);
  const draft = draftOf(manifest);
  const into = join(folder, 'photos');
  mkdirSync(into);
  writeFileSync(join(into, 'c'), 'in the way');
  const record = { staging, id: manifest.id, draft: draft.id, into, target: into, mayRename: true };
  const resumed = async () => {
    const download = downloadOf(record, [draft, manifest]);
    return { download, held: [...(await download.prepare(manifest, nothing)).values()] };
  };
  const before = await resumed();
  await expect(before.download.finish(manifest)).rejects.toMatchObject({ code: 'io' });
  const [large, empty] = [join(into, 'a', 'large.bin'), join(into, 'b', 'empty.txt')];
  writeFileSync(large, 'edited', { flag: 'r+' });
  writeFileSync(empty, 'edited');
  utimesSync(large, 7, 7);
  const edited = readFileSync(large);
  rmSync(join(into, 'c'));
  const { download, held } = await resumed();
  expect(held).toEqual([]);
  await write({ folder, staging, manifest }, tree, [0, 1, 2]);
  expect(await download.finish(manifest)).toBe(into);
  expect(readFileSync(large).equals(edited)).toBe(true);
  expect(lstatSync(large).mtimeMs).toBe(7000);
  expect(readFileSync(empty, 'utf8')).toBe('edited');
  const whole = Buffer.from(tree['a/large.bin'] ?? []);
  expect(readFileSync(join(into, 'a', 'large (1).bin')).equals(whole)).toBe(true);
  expect(readdirSync(join(into, 'a'))).toEqual(['large (1).bin', 'large.bin', 'one.txt']);
  expect(readdirSync(join(into, 'b'))).toEqual(['empty (1).txt', 'empty.txt', 'two.txt']);
});
