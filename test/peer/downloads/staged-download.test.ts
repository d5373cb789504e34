import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Manifest } from '#src/domain/content/manifest.js';
import type { ContentId } from '#src/domain/ids.js';
import { StagedDownload } from '#src/peer/downloads/staged-download.js';
import { manifestOf } from '#test/support/contents.js';
import { breakFiles, mendFiles } from '#test/support/faulty-files.js';
import { file, have, staged, tree, write } from '#test/support/staged-content.js';

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
  ])(
    'is none of that, files that are not in it neither, where what it was listed by %s',
    async (_, isKnown) => {
      const { staging, manifest, now, prepared, gone } = await less();
      expect(existsSync(join(staging, 'tree', gone))).toBe(true);
      expect(await prepared(isKnown ? [manifest, now] : [now])).toEqual([]);
      expect(readdirSync(staging)).not.toContain('tree');
    },
  );

  it('counts again at later starts once it is of that content, though its draft lists another', async () => {
    const { folder, staging, manifest, now, rest, prepared } = await less();
    await prepared([manifest, now]);
    await write({ folder, staging, manifest: now }, rest, [0]);
    expect(await prepared([manifest, now])).toEqual([0]);
    expect(await prepared([now])).toEqual([0]);
  });
});
