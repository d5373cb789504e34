import { describe, expect, it, vi } from 'vitest';
import type { ContentId } from '#src/domain/ids.js';
import type { OfferId } from '#src/domain/send/send-offer.js';
import { OTHER_ID } from '#test/support/fake-peer.js';
import { ACCEPTED, OFFER, restarted } from '#test/support/restarted-inbox.js';

describe('what was accepted', () => {
  it('is fetched once, though its sender says it again while that is written down', async () => {
    const { inbox, receiving, fetches } = await restarted();
    const offerId = 'b'.repeat(32) as OfferId;
    const accepting = receiving.accept({ ...ACCEPTED, offerId });
    inbox.hear({ ...OFFER, offerId });
    await accepting;
    expect(fetches()).toBe(1);
  });

  it('and given up while what it came to be is written down is not fetched again', async () => {
    const { receiving, fetches, stop, said } = await restarted();
    receiving.begin();
    const id = 'e'.repeat(64) as ContentId;
    receiving.hearSealed(OTHER_ID, { offerId: OFFER.offerId, id, bytes: 1 });
    stop('cancelled');
    await vi.waitFor(() => expect(said).toContain('send-answer'));
    await receiving.close();
    expect(fetches()).toBe(1);
    expect(receiving.control.rowsWith([])).toEqual([]);
  });

  it('and given up is not taken anew where its sender, who was away, offers it again', async () => {
    const { inbox, receiving, stop, said, events, fetches } = await restarted();
    receiving.begin();
    stop('cancelled');
    await vi.waitFor(() => expect(said).toHaveLength(2));
    inbox.hear(OFFER);
    expect([inbox.rows, events, fetches(), said.length]).toEqual([[], [], 1, 3]);
  });

  it('and refused as more than was offered stays that, whatever its sender says to it', async () => {
    const { receiving, stop, events } = await restarted();
    receiving.begin();
    stop('too-large');
    const rows = () => receiving.control.rowsWith([]);
    const refused = [{ state: 'failed', why: { code: 'too-large' } }];
    await vi.waitFor(() => expect(rows()).toMatchObject(refused));
    receiving.hearEnd(OTHER_ID, OFFER.offerId, 'cancelled');
    expect(rows()).toMatchObject(refused);
    expect(events).toEqual([]);
  });

  it('is said once to go without a file, however often it becomes something else without it', async () => {
    const { receiving, events } = await restarted({ ...ACCEPTED, files: 3 });
    receiving.begin();
    const { offerId } = OFFER;
    const failed = ['run.log'];
    const become = (digit: string, paths: readonly string[]) =>
      receiving.hearSealed(OTHER_ID, {
        offerId,
        id: digit.repeat(64) as ContentId,
        bytes: 1,
        failed: paths,
        failedCount: paths.length,
      });
    become('1', failed);
    become('2', failed);
    become('3', [...failed, 'other.log']);
    become('4', failed);
    expect(events).toMatchObject([
      { type: 'files-failed', failed, failedCount: 1 },
      { type: 'files-failed', failedCount: 2 },
    ]);
  });
});
