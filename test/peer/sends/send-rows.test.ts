import { describe, expect, it } from 'vitest';
import type { ContentId } from '#src/domain/ids.js';
import type { SendRecord } from '#src/io/disk/database-rows.js';
import { isSameSize, offerOf } from '#src/peer/sends/send-rows.js';

const RECORD: SendRecord = {
  offerId: 'a'.repeat(32),
  path: '/photos',
  name: 'photos',
  draft: 'd'.repeat(64) as ContentId,
  kind: 'directory',
  id: '',
  bytes: 100,
  chunks: 1,
  files: 3,
  offered: { bytes: 100, files: 3 },
  to: '',
  at: 1,
  isOpen: true,
  recipients: [],
};

describe('what is offered', () => {
  it('is never said to be less than its draft lists, as whoever takes it fetches that first', () => {
    const id = 'c'.repeat(64) as ContentId;
    const without = { ...RECORD, id, bytes: 60, files: 2, failed: ['log'], failedCount: 1 };
    expect(offerOf(without)).toMatchObject({ id, draft: RECORD.draft, bytes: 100, files: 3 });
    expect(isSameSize(without, RECORD)).toBe(true);
  });

  it('is more where it has become more', () => {
    const grown = { ...RECORD, bytes: 200, files: 4 };
    expect(offerOf(grown)).toMatchObject({ bytes: 200, files: 4 });
    expect(isSameSize(grown, RECORD)).toBe(false);
  });
});
