import { describe, expect, it } from 'vitest';
import { transfers, transfersChanged } from '#src/cli/transfer-table.js';
import type { ContentId } from '#src/domain/ids.js';
import type { TransferRow } from '#src/peer/transfer-rows.js';
import { OTHER_ID } from '#test/support/fake-peer.js';

const OFFERED: TransferRow = {
  transferId: '1234abcd',
  direction: 'up',
  state: 'offered',
  name: 'film.mkv',
  id: 'c'.repeat(64) as ContentId,
  bytes: 0,
  taken: 0,
  totalBytes: 1024,
  bytesPerSecond: 0,
  etaMs: null,
  sources: 0,
  priority: 'normal',
  files: 1,
  filesDone: null,
  failed: 0,
};

describe('the table of transfers', () => {
  it('shows what stands for all, who took it and how it is taken back', () => {
    expect(transfers([OFFERED], 80, String).split('\n').slice(1)).toEqual([
      expect.stringMatching(/^film\.mkv to all +1234abcd +offered +1\.0 KiB *$/),
      'film.mkv (1234abcd): nobody has taken it yet; `cancel 1234abcd` takes it back',
    ]);
    expect(transfers([{ ...OFFERED, taken: 2 }], 80, String)).toContain('taken by 2 peers; ');
  });
});

it('what did not come of something at first is told from that, whichever way it goes', () => {
  const rest = { ...OFFERED, state: 'completed', peerId: OTHER_ID, completes: '99887766' } as const;
  const told = transfers([rest, { ...rest, direction: 'down' }], 120, () => 'ben');
  expect(told).toMatch(/^film\.mkv, the rest of 99887766 to ben +1234abcd/m);
  expect(told).toMatch(/^film\.mkv, the rest of 99887766 from ben +1234abcd/m);
});

describe('what `resume` answers', () => {
  it('says whom it asked for what did not come, or that nothing is to be done', () => {
    const here = { ...OFFERED, direction: 'down', state: 'completed', failed: 2 } as const;
    const said = (row: TransferRow) =>
      transfersChanged({ type: 'transfers-changed', how: 'resumed', transfers: [row] }, String);
    expect(said({ ...here, peerId: OTHER_ID })).toBe(
      `Asked ${OTHER_ID} for the 2 files of film.mkv (1234abcd) that did not come`,
    );
    expect(said({ ...here, failed: 0 })).toBe('Nothing is under way or unfinished.');
  });
});
