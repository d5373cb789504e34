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

const table = (rows: readonly TransferRow[]) => transfers({ transfers: rows }, 80, String);

describe('the table of transfers', () => {
  it('shows what stands for all, who took it and how it is taken back', () => {
    expect(table([OFFERED]).split('\n').slice(1)).toEqual([
      expect.stringMatching(/^film\.mkv to all +1234abcd +offered +1\.0 KiB *$/),
      'film.mkv (1234abcd): nobody has taken it yet; `cancel 1234abcd` takes it back',
    ]);
    expect(table([{ ...OFFERED, taken: 2 }])).toContain('taken by 2 peers; ');
  });

  it('says of what somebody does not want that it is rejected, and not that it was cancelled here', () => {
    const row = { ...OFFERED, state: 'cancelled', peerId: OTHER_ID } as const;
    const why = { code: 'rejected', message: 'ben does not want it' };
    const told = transfers({ transfers: [{ ...row, why }] }, 80, () => 'ben');
    expect(told).toMatch(/^film\.mkv to ben +1234abcd +rejected /m);
    expect(told).toMatch(/: ben does not want it$/);
    expect(table([row])).toMatch(/ cancelled /);
  });

  it('has what is unfinished and the latest twenty of what is over, and says how to see the others', () => {
    const over = (at: number): TransferRow => {
      const direction = at % 2 === 0 ? 'up' : 'down';
      const state = direction === 'up' ? 'failed' : 'completed';
      return { ...OFFERED, direction, state, name: `film ${at}.`, endedAt: at };
    };
    const ended = Array.from({ length: 30 }, (_, at) => over(at));
    // The newest first: what is shown goes by its time, not by its place.
    const old = { ...OFFERED, state: 'completed', name: 'old' } as const;
    const failed = { ...OFFERED, direction: 'down', state: 'failed', name: 'broken' } as const;
    const rows = [...ended.toReversed(), old, failed, { ...OFFERED, name: 'standing' }];
    const shown = table(rows);
    for (const name of ['film 10.', 'film 29.', 'broken', 'standing'])
      expect(shown).toContain(name);
    for (const name of ['film 9.', 'film 0.', 'old']) expect(shown).not.toContain(name);
    expect(shown.split('\n').at(-1)).toBe(
      '11 more that are over: `transfers --all` shows them, `transfers NAME` those of a name',
    );
    const all = transfers({ transfers: rows, all: true }, 80, String);
    expect(all).toContain('film 0.');
    expect(all).not.toContain('more that are over');
  });
});

it('what did not come of something at first is told from that, whichever way it goes', () => {
  const rest = { ...OFFERED, state: 'completed', peerId: OTHER_ID, completes: '99887766' } as const;
  const told = transfers({ transfers: [rest, { ...rest, direction: 'down' }] }, 120, () => 'ben');
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
    expect(said({ ...here, failed: 0 })).toBe('Nothing is paused or has failed.');
    expect(said({ ...OFFERED, state: 'failed' })).toBe('Nothing is paused or has failed.');
  });
});
