import { describe, expect, it } from 'vitest';
import { P2pError } from '#src/domain/errors.js';
import { hinted } from '#src/peer/downloads/transfer-hint.js';
import type { TransferState } from '#src/peer/transfer-rows.js';

const missing = new P2pError('not-found', 'nothing unfinished is called so');
const row = (transferId: string, name: string, state: TransferState = 'running') => ({
  transferId,
  name,
  state,
});

describe('a word that no transfer is called', () => {
  it.each([
    ['the beginning of one', 'photos', 'did you mean aaaaaaaa (photos and 1 more)?'],
    ['that in other letters', 'PHOTOS', 'did you mean aaaaaaaa (photos and 1 more)?'],
    ['mistyped', 'flim.mkv', 'did you mean bbbbbbbb (film.mkv)?'],
    ['what stands inside of one', 'more', 'did you mean aaaaaaaa (photos and 1 more)?'],
    ['the beginning of several', 'f', 'did you mean bbbbbbbb (film.mkv) or cccccccc (fly)?'],
  ])('is answered with what may be meant: %s', (_, word, hint) => {
    const rows = [
      row('aaaaaaaa', 'photos and 1 more'),
      row('bbbbbbbb', 'film.mkv', 'paused'),
      row('cccccccc', 'fly'),
      row('dddddddd', 'photos', 'completed'),
    ];
    expect(hinted(missing, word, rows)).toMatchObject({
      code: 'not-found',
      message: `nothing unfinished is called ${word}: ${hint}`,
    });
  });

  it('is answered as before where nothing is like it, and every other error too', () => {
    expect(hinted(missing, 'music', [row('aaaaaaaa', 'photos')])).toBe(missing);
    const other = new P2pError('ambiguous', 'two');
    expect(hinted(other, 'photos', [row('aaaaaaaa', 'photos')])).toBe(other);
  });

  it('says names of others as they may be shown', () => {
    const { message } = hinted(missing, 'x', [row('aaaaaaaa', 'x\u202e')]) as Error;
    expect(message).toContain('x\\u{202e})?');
  });
});
