import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { P2pError } from '#src/domain/errors.js';
import type { SendRecord } from '#src/io/disk/database-rows.js';
import { Absences, isGone } from '#src/peer/sends/gone.js';
import type { TransferRow } from '#src/peer/transfer-rows.js';
import { newFolder } from '#test/support/folders.js';

const FAILURE = 'film cannot be sent any more: it is gone';
const ROW = { state: 'failed', why: { code: 'changed', message: FAILURE } } as TransferRow;

const rowsNow = (record: SendRecord, rows: readonly TransferRow[]) =>
  new Absences().rowsNow([{ record, rows }]);

it('what could not be sent says that it is back once it is, and how it goes on', async () => {
  const path = join(newFolder(), 'film');
  const about = { offerId: '0123456789abcdef', path, isOpen: false, failure: FAILURE };
  const record = {
    ...about,
    isGone: isGone(new P2pError('not-found', 'it is gone')),
  } as unknown as SendRecord;
  expect(await rowsNow(record, [ROW])).toEqual([ROW]);
  writeFileSync(path, 'film');
  const message = `${path} is there again: \`resume 01234567\` goes on sending it`;
  expect(await rowsNow(record, [ROW])).toEqual([{ ...ROW, why: { code: 'changed', message } }]);
  // What changes while it is read was there all the time.
  const changing = { ...record, isGone: isGone(new P2pError('changed', 'it changes')) };
  expect(await rowsNow(changing, [ROW])).toEqual([ROW]);
  const several = { ...record, path: '/', parts: [join(path, 'none'), path] };
  expect(await rowsNow(several, [ROW])).not.toEqual([ROW]);
  rmSync(path);
  expect(await rowsNow(several, [ROW])).toEqual([ROW]);
});

it('is not looked at again while a disk that hangs has given no answer, which nobody waits for', async () => {
  const asked: string[] = [];
  const absences = new Absences((path) => {
    asked.push(path);
    return new Promise(() => undefined);
  });
  const about = { offerId: '0123456789abcdef', path: '/hung', isOpen: false, failure: FAILURE };
  const record = { ...about, parts: ['/hung/a', '/hung/b'], isGone: true } as unknown as SendRecord;
  const all = [
    { record, rows: [ROW] },
    { record: { ...record, parts: ['/hung/c'] }, rows: [ROW] },
  ];
  expect(await absences.rowsNow(all)).toEqual([ROW, ROW]);
  expect(await absences.rowsNow(all)).toEqual([ROW, ROW]);
  expect(asked).toEqual(['/hung/a']);
});
