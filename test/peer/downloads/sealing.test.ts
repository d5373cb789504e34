import { describe, expect, it } from 'vitest';
import type { ContentId } from '#src/domain/ids.js';
import type { Priority } from '#src/domain/send/transfer.js';
import { Sealing } from '#src/peer/downloads/sealing.js';
import { OTHER_ID } from '#test/support/fake-peer.js';

const DRAFT = 'd'.repeat(64) as ContentId;

const FETCHED = {
  draft: DRAFT,
  bytes: 10,
  files: 1,
  name: 'photos',
  to: '/inbox/',
  isPrivate: true,
  from: OTHER_ID,
  fromName: 'ben',
  into: '/inbox/photos',
};

function sealing(known: readonly { readonly id: ContentId }[], first: Priority) {
  const book = { ended: [{ transferId: '01234567', priority: first }] };
  return new Sealing({ unfinished: { all: async () => known }, book } as never);
}

describe('what did not come of something', () => {
  it('is fetched with the priority that it had, until its user says otherwise', async () => {
    const rest = { ...FETCHED, completes: '01234567' };
    const { said } = await sealing([], 'high').begun(rest);
    expect(said.priority).toBe('high');
    const again = await sealing([{ id: DRAFT }], 'high').begun(rest);
    expect(again.said).not.toHaveProperty('priority');
    const other = await sealing([], 'high').begun(FETCHED);
    expect(other.said).not.toHaveProperty('priority');
  });
});
