/** What is staged of something that is another listing by now, or lies elsewhere. */
import { existsSync, linkSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { manifestOf, noise, type Tree } from '#test/support/contents.js';
import { draftOf } from '#test/support/drafts.js';
import { CHUNK, rebooted, staged, tree, write } from '#test/support/staged-content.js';
import { downloadOf, nothing, verify } from '#test/support/staged-downloads.js';

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

describe('what was left on another disk', () => {
  const manifest = manifestOf(tree);
  const draft = draftOf(manifest);

  async function scene(form = manifest, known = [manifest, draft], isShared = false) {
    const told: string[] = [];
    const left = await staged(tree, [0, 1]);
    const now = await staged(tree, [2]);
    const record = {
      id: form.id,
      draft: draft.id,
      staging: now.staging,
      leftAt: [left.staging],
    };
    const download = downloadOf(record, known, verify, isShared ? [['other', left]] : [], (path) =>
      told.push(path),
    );
    const held = async () => [...(await download.prepare(form, nothing)).values()];
    return { left, now, held, told };
  }

  it('is taken along as far as it is good, and gone there then', async () => {
    const { left, held, told } = await scene();
    const large = join(left.staging, 'tree', 'a', 'large.bin');
    const bytes = readFileSync(large);
    bytes[CHUNK] = (bytes[CHUNK] ?? 0) ^ 1;
    writeFileSync(large, bytes);
    expect(await held()).toEqual([0, 2]);
    expect(existsSync(left.staging)).toBe(false);
    expect(await held()).toEqual([0, 2]);
    expect(told).toEqual([]);
  });

  it('stays there where another download is staged there by now', async () => {
    const { left, held } = await scene(manifest, [manifest, draft], true);
    expect(await held()).toEqual([0, 1, 2]);
    expect(existsSync(left.staging)).toBe(true);
  });

  it('outlasts a power loss here before it is gone there', async () => {
    const { left, now, held } = await scene();
    expect(await held()).toEqual([0, 1, 2]);
    expect(existsSync(left.staging)).toBe(false);
    await rebooted(now.staging);
    const record = { id: manifest.id, draft: draft.id, staging: now.staging };
    const unread = () => Promise.reject(new Error('read again'));
    const again = await downloadOf(record, [manifest, draft], unread).prepare(manifest, nothing);
    expect([...again.values()]).toEqual([0, 1, 2]);
  });

  it('stays there as long as the listing that it came by is not here', async () => {
    const { left, held, told } = await scene(manifest, [manifest]);
    expect(await held()).toEqual([]);
    expect(told).toEqual([left.staging]);
    expect(existsSync(left.staging)).toBe(true);
  });

  it('stays there as long as nothing proves it', async () => {
    const { left, held } = await scene(draft);
    await held();
    expect(existsSync(left.staging)).toBe(true);
  });
});
