/** What is sent and changes, or cannot be read, on the way. */
import { describe, expect, it, vi } from 'vitest';
import type { ContentId } from '#src/domain/ids.js';
import { OTHER_ID } from '#test/support/fake-peer.js';
import { CONTENT, sendsOf } from '#test/support/played-sends.js';

describe('what changes under those who fetch it', () => {
  it('is looked at anew each time, and from the third time on goes without what changes', async () => {
    const { sends, looks, events } = await sendsOf();
    await sends.send('/folder', undefined);
    for (let times = 1; times <= 4; times += 1) {
      await vi.waitFor(() => expect(sends.rows).toMatchObject([{ failed: times > 1 ? 1 : 0 }]));
      const [row] = sends.rows;
      sends.stale(row?.id as ContentId);
      await vi.waitFor(() => expect(sends.rows[0]?.id).toBe(String(times).repeat(64)));
    }
    expect(looks.map((again) => again?.mustHold)).toEqual([undefined, false, false, true, true]);
    expect(looks.map((again) => again?.failed)).toEqual([undefined, [], ['log'], ['log'], ['log']]);
    const told = events.filter(({ type }) => type === 'files-failed');
    expect(told).toMatchObject([{ direction: 'up', failed: ['log'], failedCount: 1 }]);
  });

  it('counts as one change however often it is found', async () => {
    const { sends, looks } = await sendsOf();
    const { id } = await sends.send('/folder', undefined);
    for (let times = 0; times < 5; times += 1) sends.stale(id as ContentId);
    expect(looks.at(-1)?.mustHold).toBe(false);
  });
});

describe('a send whose files failed', () => {
  const BYTES = CONTENT.bytes;
  const SECOND = '1'.repeat(64) as ContentId;

  /** Accepted, and something else by the time it was fetched. */
  async function changed() {
    const scene = await sendsOf();
    const { offerId } = await scene.sends.send('/film', undefined);
    scene.sends.answers.hearAnswer(OTHER_ID, { offerId, answer: 'accepted' });
    scene.sends.stale(CONTENT.id);
    await vi.waitFor(() => expect(scene.told(OTHER_ID).at(-1)).toBe('send-sealed'));
    await vi.waitFor(() => expect(scene.sends.rows).toMatchObject([{ id: SECOND, failed: 1 }]));
    const receipt = (id: ContentId) => {
      const said = { offerId, id, bytes: BYTES, sender: OTHER_ID, at: 1 };
      scene.sends.answers.hearReceipt(OTHER_ID, said, new Uint8Array());
    };
    return { ...scene, receipt };
  }

  it('is shown with as many as failed to whoever has it, though it became something else since', async () => {
    const { sends, events, receipt } = await changed();
    receipt(CONTENT.id);
    const row = sends.transfers.at(-1);
    expect(row).toMatchObject({ state: 'completed', id: CONTENT.id, failed: 0, filesDone: 1 });
    expect(events.findLast(({ type }) => type === 'transfer-completed')).toMatchObject({
      root: CONTENT.id,
      failed: 0,
      failedFiles: [],
    });
    expect(sends.failedFiles(row ?? { transferId: '' })).toEqual([]);
  });

  it('names them, in its end and to who asks', async () => {
    const { sends, events, receipt } = await changed();
    receipt(SECOND);
    const row = sends.transfers.at(-1);
    expect(row).toMatchObject({ state: 'completed', failed: 1 });
    expect(sends.failedFiles(row ?? { transferId: '' })).toEqual(['log']);
    const ended = events.findLast(({ type }) => type === 'transfer-completed');
    expect(ended).toMatchObject({ root: SECOND, failed: 1, failedFiles: ['log'] });
  });

  it('is looked at once more by `resume`, for those who have not got it yet', async () => {
    const { sends, looks } = await changed();
    const send = sends.control.called('film');
    if (send === undefined) throw new Error('it is open still');
    await sends.control.resume(send);
    expect(looks).toHaveLength(3);
    expect(looks.at(-1)).toMatchObject({ failed: ['log'], mustHold: false });
  });

  it('takes no receipt for what it never was', async () => {
    const { sends, receipt } = await changed();
    receipt('e'.repeat(64) as ContentId);
    expect(sends.transfers.at(-1)).toMatchObject({ peerId: OTHER_ID, state: 'waiting' });
  });
});
