import { expect, it } from 'vitest';
import { transfersCalled } from '#src/peer/downloads/transfers-called.js';
import type { TransferRow } from '#src/peer/transfer-rows.js';

const row = (transferId: string, name: string) => ({ transferId, name }) as TransferRow;

const ROWS = [row('aaaaaaaa', 'photos and 1 more'), row('bbbbbbbb', 'film.mkv')];

it('a transfer that no word means is answered with what may be meant', () => {
  expect(transfersCalled('film.mkv', ROWS)).toEqual([ROWS[1]]);
  expect(() => transfersCalled('photos', ROWS)).toThrow(
    'no transfer is called photos: did you mean aaaaaaaa (photos and 1 more)?',
  );
  expect(() => transfersCalled('music', ROWS)).toThrow(
    'no transfer is called music: `transfers` lists them',
  );
});
