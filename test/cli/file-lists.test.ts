import { expect, it } from 'vitest';
import { filesFailed } from '#src/cli/file-lists.js';
import { OFFER } from '#test/support/fake-peer.js';

const failing = (failed: readonly string[], direction: 'up' | 'down') =>
  filesFailed({
    type: 'files-failed',
    offerId: OFFER.offerId,
    name: 'photos',
    failed,
    failedCount: failed.length,
    direction,
  });

it('says of one file that could not be sent which it is, in one line, on both sides', () => {
  expect(failing(['sub/run\n.log'], 'up')).toBe(
    'sub/run\\u{a}.log of photos changed or vanished while being sent, and cannot be sent; the rest goes on',
  );
  expect(failing(['a'], 'down')).toBe(
    'a of photos cannot be had: its sender says that it changed or vanished; the rest goes on',
  );
});

it('names the first of several files that could not be sent below how many there are', () => {
  expect(failing(['a', 'b', 'c', 'd', 'e'], 'up')).toBe(
    '5 files of photos changed or vanished while being sent, and cannot be sent; the rest goes on\n  a, b, c and 2 more',
  );
});
