import { expect, it } from 'vitest';
import { StagedDownload } from '#src/peer/downloads/staged-download.js';
import { breakFiles, mendFiles } from '#test/support/faulty-files.js';
import { file, have, staged } from '#test/support/staged-content.js';

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
