import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bootId } from '#src/io/disk/boot-id.js';
import { prepareStaging } from '#src/io/fetch/staging.js';
import { markSynced, settleStaging, syncStaged } from '#src/io/fetch/staging-sync.js';
import { draftOf } from '#test/support/drafts.js';
import { breakFiles, mendFiles } from '#test/support/faulty-files.js';
import {
  file,
  have,
  rebooted,
  staged,
  syncAndMark,
  tree,
  write,
} from '#test/support/staged-content.js';

describe('a staged download', () => {
  it('doubts what was not synced before the machine was started anew', async () => {
    const download = await staged(file, [0, 1]);
    const { staging, manifest } = download;
    expect(await syncAndMark(staging, manifest, 0)).toBe(2);
    await write(download, file, [2, 1, 4]);
    await rebooted(staging);
    const again = await prepareStaging(staging, manifest);
    expect([...again.have.values()]).toEqual([0, 1]);
    expect(again.doubtful).toEqual([2, 4]);
    expect(again.synced).toBe(2);
  });

  it('counts all that is written after a start without a reboot, but none of it as synced', async () => {
    const download = await staged(file, [0, 1]);
    const { staging, manifest } = download;
    await syncAndMark(staging, manifest, 0);
    await write(download, file, [2, 1, 4]);
    const again = await prepareStaging(staging, manifest);
    expect([...again.have.values()]).toEqual([0, 1, 2, 4]);
    expect(again.synced).toBe(2);
  });

  it('counts no chunk of a draft for good whose hash cannot be synced', async () => {
    const { folder, staging, manifest } = await staged(file, []);
    const draft = draftOf(manifest);
    await write({ folder, staging, manifest: draft }, file, [0, 1]);
    await rm(join(staging, 'hashes'));
    await mkdir(join(staging, 'hashes'));
    await expect(syncStaged(staging, draft, 0)).rejects.toThrow();
    expect(await have({ folder, staging, manifest })).toEqual([]);
  });

  it('counts what was found good as of this start of the machine', async () => {
    const download = await staged(file, [0, 1, 2]);
    const { staging, manifest } = download;
    await rebooted(staging);
    const { have: sound, doubtful } = await prepareStaging(staging, manifest);
    expect(doubtful).toEqual([0, 1, 2]);
    sound.add(1);
    expect(await settleStaging(staging, manifest, sound, 0)).toBe(1);
    expect(await have(download)).toEqual([1]);
  });

  it.skipIf(process.platform !== 'linux')(
    'has lost what a failed sync was to make last, and never counts it by trying again',
    async () => {
      const download = await staged(file, [0, 1]);
      const { folder, staging, manifest } = download;
      expect(await syncAndMark(staging, manifest, 0)).toBe(2);
      await write(download, file, [2, 3]);
      let broke: string | undefined;
      for (let at = 1; broke !== 'sync'; at += 1) {
        breakFiles({ root: folder, errno: 'EIO', at });
        await syncAndMark(staging, manifest, 2).catch(() => undefined);
        ({ broke } = mendFiles());
        if (broke !== 'sync') await write(download, file, [2, 3]);
      }
      expect(await have(download)).toEqual([0, 1]);
      expect(await syncAndMark(staging, manifest, 2)).toBe(2);
    },
  );

  it.skipIf(process.platform !== 'linux')(
    'keeps what it synced where the disk has no room to say so',
    async () => {
      const download = await staged(file, [0, 1]);
      const { folder, staging, manifest } = download;
      expect(await syncStaged(staging, manifest, 0)).toBe(2);
      breakFiles({ root: folder, errno: 'ENOSPC', at: 1 });
      await expect(markSynced(staging, 2)).rejects.toMatchObject({ code: 'ENOSPC' });
      mendFiles();
      expect(await have(download)).toEqual([0, 1]);
    },
  );

  it('syncs small files too once they were hashed again', async () => {
    const { staging, manifest } = await staged(tree, [0, 1, 2]);
    const { have } = await prepareStaging(staging, manifest);
    await rm(join(staging, 'tree/a/one.txt'));
    const settled = settleStaging(staging, manifest, have, 1);
    await expect(settled).rejects.toMatchObject({ code: 'ENOENT' });
    expect((await prepareStaging(staging, manifest)).have.toRanges()).toEqual([0, 1]);
  });

  it('tells one boot from another by a name that stays', async () => {
    expect(await bootId()).toBe(await bootId());
    expect(await bootId()).not.toBe('');
  });
});
