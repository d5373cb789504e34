import {
  existsSync,
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
import type { Manifest } from '#src/domain/content/manifest.js';
import type { ContentId } from '#src/domain/ids.js';
import { StagedDownload } from '#src/peer/downloads/staged-download.js';
import { manifestOf, noise, type Tree } from '#test/support/contents.js';
import { draftOf } from '#test/support/drafts.js';
import { breakFiles, mendFiles } from '#test/support/faulty-files.js';
import { CHUNK, file, have, rebooted, staged, tree, write } from '#test/support/staged-content.js';
import { downloadOf, nothing, verify } from '#test/support/staged-downloads.js';

it.skipIf(process.platform !== 'linux')(
  'a download keeps what it synced where a full disk takes no mark of it',
  async () => {
    let broke: string | undefined;
    // Only the mark is renamed: every earlier operation of a sync fails first.
    for (let at = 1; broke !== 'rename'; at += 1) {
      const download = await staged(file, [0, 1]);
      const record = { staging: download.staging, id: download.manifest.id };
      const ours = new StagedDownload(record as never, {} as never, {} as never);
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
      const ours = new StagedDownload(looks as never, around as never, {} as never);
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
