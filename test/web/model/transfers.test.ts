import { describe, expect, it } from 'vitest';
import type { ContentId, PeerId } from '#src/domain/ids.js';
import type { TransferRow } from '#src/peer/transfer-rows.js';
import {
  deedsOf,
  NO_TRANSFERS,
  shareDone,
  stepTransfers,
  transfersFrom,
  transfersInOrder,
  whereIs,
  withWhom,
} from '#web/model/transfers.js';

function row(transferId: string, fields: Partial<TransferRow> = {}): TransferRow {
  return {
    transferId,
    direction: 'down',
    state: 'running',
    name: transferId,
    id: transferId as ContentId,
    bytes: 25,
    totalBytes: 100,
    bytesPerSecond: 1,
    etaMs: null,
    sources: 1,
    priority: 'normal',
    files: 1,
    filesDone: 0,
    failed: 0,
    ...fields,
  };
}

describe('the transfers of the page', () => {
  it('have a row for each peer that takes one send', () => {
    const [one, two] = ['one' as PeerId, 'two' as PeerId];
    const sends = [one, two].map((peerId) => row('s', { direction: 'up', peerId }));
    const after = sends.reduce(
      (all, send) => stepTransfers(all, { type: 'transfer', ...send }),
      NO_TRANSFERS,
    );
    expect(after.size).toBe(2);
  });

  it('say why one failed', () => {
    const failed = { type: 'transfer-failed', transferId: 'a', failed: [] } as const;
    const after = stepTransfers(transfersFrom([row('a', { state: 'failed' })]), {
      ...failed,
      code: 'disk-full',
      message: 'no room',
    });
    expect(after.get('a')?.why).toEqual({ code: 'disk-full', message: 'no room' });
  });

  it('say whom something comes from, and came from, as far as that was told', () => {
    const [anna, ben] = ['anna' as PeerId, 'ben' as PeerId];
    const running = row('a', { from: [anna] });
    expect(withWhom(running)).toEqual([anna]);
    expect(withWhom(row('a', { peerId: ben, from: [anna] }))).toEqual([ben]);
    const source = (peerId: PeerId) => ({ peerId, chunks: 1, transport: 'tcp' }) as const;
    const size = { bytes: 1, fetchedBytes: 1, ms: 1 };
    const after = stepTransfers(transfersFrom([running]), {
      ...({ type: 'download-completed', name: 'a', id: 'a' as ContentId, path: '/a' } as const),
      ...size,
      sources: [source(anna), source(ben), source(anna)],
    });
    const over = { type: 'transfer', ...row('a', { state: 'completed' }) } as const;
    const end = stepTransfers(after, over).get('a') ?? running;
    expect(withWhom(end)).toEqual([anna, ben]);
    expect(withWhom(row('b', { state: 'completed' }))).toEqual([]);
  });

  it('say where what has arrived lies, once that was told or where it is found', () => {
    const before = transfersFrom([row('a')]);
    const completed = { type: 'transfer-completed', transferId: 'a', path: '/in/a' } as const;
    const rest = { bytes: 100, files: 1, failed: 0, failedFiles: [], ms: 1 };
    const told = stepTransfers(before, { ...completed, ...rest, root: 'a' as ContentId });
    const after = stepTransfers(told, { type: 'transfer', ...row('a', { state: 'completed' }) });
    expect([...after.values()].map((one) => whereIs(one, []))).toEqual(['/in/a']);
    expect([...told.values()].map((one) => whereIs(one, []))).toEqual([undefined]);
    const id = 'b' as ContentId;
    const share = { name: 'b', id, bytes: 1, chunks: 1, have: 1, path: '/in/b', sources: 0 };
    expect(whereIs(row('b', { state: 'completed' }), [share])).toBe('/in/b');
    expect(whereIs(row('b', { state: 'completed', direction: 'up' }), [share])).toBeUndefined();
  });

  it('stand with what moves first, the latest of equals before the others', () => {
    const rows = [row('old', { state: 'completed' }), row('new', { state: 'completed' }), row('a')];
    const names = transfersInOrder(transfersFrom(rows)).map(({ name }) => name);
    expect(names).toEqual(['a', 'new', 'old']);
  });

  it('can only be done to what makes sense now', () => {
    expect(deedsOf(row('a'))).toEqual(['pause', 'cancel']);
    expect(deedsOf(row('a', { state: 'paused' }))).toEqual(['resume', 'cancel']);
    expect(deedsOf(row('a', { state: 'failed' }))).toEqual(['resume']);
    expect(deedsOf(row('a', { state: 'completed' }))).toEqual([]);
  });

  it('show no progress where it is not known how much there is, and never more than all', () => {
    expect(shareDone(row('a'))).toBe(0.25);
    expect(shareDone(row('a', { totalBytes: null }))).toBeUndefined();
    expect(shareDone(row('a', { bytes: 101 }))).toBe(1);
  });
});
