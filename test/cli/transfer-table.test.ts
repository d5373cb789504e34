import { describe, expect, it } from 'vitest';
import type { Line } from '#src/cli/answer.js';
import { transfers, transfersChanged } from '#src/cli/transfer-table.js';
import type { ContentId } from '#src/domain/ids.js';
import { DISCARDED } from '#src/peer/downloads/download-error.js';
import type { TransferRow } from '#src/peer/transfer-rows.js';
import { OTHER_ID, PEER_ID, SHARE, TRANSFER } from '#test/support/fake-peer.js';
import { peerRow, shown } from '#test/support/shown-lines.js';

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

describe('transfers, as people are shown them,', () => {
  const running = {
    ...TRANSFER,
    ...({ state: 'running', bytesPerSecond: 12_582_912, etaMs: 4000, sources: 3 } as const),
  };

  it('are a table that says how far each is', () => {
    const { out } = shown([{ type: 'transfers', transfers: [running, TRANSFER] }]);
    expect(out).toMatch(/film\.mkv +01234567 +running +50 % +96\.0 MiB +12\.0 MiB\/s +0:04 +3/);
    expect(out).toMatch(/film\.mkv +01234567 +paused +50 % +96\.0 MiB/);
    const sent = { ...running, direction: 'up', peerId: PEER_ID } as const;
    expect(shown([{ type: 'transfers', transfers: [sent] }]).out).toMatch(
      /film\.mkv to a.* +01234567 +running/,
    );
    expect(shown([{ type: 'transfers', transfers: [] }]).out).toMatch(/^No transfers\./);
    const why = { code: 'paused', message: 'paused by anna (jneantqk)' };
    const held = { ...TRANSFER, state: 'waiting', peerId: OTHER_ID, why } as const;
    const named = { ...held, peerName: 'anna' };
    expect(shown([{ type: 'transfers', transfers: [named] }]).out).toMatch(
      /^film\.mkv from anna +/m,
    );
    const lines = shown([{ type: 'transfers', transfers: [held] }]).out.split('\n');
    expect(lines[1]).toMatch(new RegExp(`^\\S+ from ${OTHER_ID.slice(0, 8)} `));
    expect(lines[2]).toBe(`${TRANSFER.name} (01234567): paused by anna (jneantqk)`);
  });

  it('say how many files did not come, and of one that is asked for which', () => {
    const some = { ...TRANSFER, state: 'completed', failed: 3 } as const;
    const { out } = shown([{ type: 'transfers', transfers: [some, TRANSFER] }]);
    const [head, first, second, ...rest] = out.trim().split('\n');
    expect(head).toMatch(/ FAILED$/);
    expect([first, second, rest]).toEqual([
      expect.stringMatching(/ 3$/),
      expect.stringMatching(/MiB$/),
      [],
    ]);
    const asked = { ...some, failedFiles: ['a/log', 'b\u001b'] };
    const lines = shown([{ type: 'transfers', transfers: [asked] }])
      .out.trimEnd()
      .split('\n');
    expect(lines.slice(2)).toEqual([
      'film.mkv (01234567) goes without 3 files:',
      '  a/log',
      expect.stringMatching(/^ {2}b[ -~]+$/),
      '  and 1 more',
    ]);
  });

  it('are told with the name of whoever they are with, and say who where two are called alike', () => {
    const up = { ...peerRow, type: 'peer-up', name: 'anna' } as const;
    const sent = { ...TRANSFER, direction: 'up', peerId: OTHER_ID } as const;
    const paused: Line = { type: 'transfers-changed', how: 'paused', transfers: [sent] };
    const other = { ...up, peerId: PEER_ID };
    const gone = { type: 'peer-down', peerId: OTHER_ID, reason: 'stopped' } as const;
    const { out } = shown([up, gone, paused, other, paused]);
    const told = out.split('\n').filter((line) => line.startsWith('Paused'));
    expect(told).toEqual([
      expect.stringContaining('film.mkv to anna (01234567)'),
      expect.stringContaining(`film.mkv to anna (${OTHER_ID.slice(0, 8)}) (01234567)`),
    ]);
  });

  it('that were changed are named with what is here of them', () => {
    const told = (how: 'paused' | 'cancelled' | 'prioritized') =>
      shown([{ type: 'transfers-changed', how, transfers: [TRANSFER] }]).out.trim();
    expect(told('paused')).toBe('Paused: film.mkv (01234567), 48.0 MiB of 96.0 MiB here');
    expect(told('cancelled')).toBe(
      'Cancelled: film.mkv (01234567), 48.0 MiB of 96.0 MiB thrown away',
    );
    const over = [{ ...TRANSFER, state: 'completed' } as const];
    expect(shown([{ type: 'transfers-changed', how: 'resumed', transfers: over }]).out).toBe(
      'Nothing is paused or has failed.\n',
    );
    const gone = { type: 'download-failed', name: SHARE.name, id: SHARE.id, ...DISCARDED } as const;
    expect(shown([gone]).out).toBe('');
    expect(told('prioritized')).toBe('Changed: film.mkv (01234567) has normal priority');
  });
});
