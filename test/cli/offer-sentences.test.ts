import { expect, it } from 'vitest';
import { sendOffered, sendPaused } from '#src/cli/offer-sentences.js';
import { OTHER_ID, SEND } from '#test/support/fake-peer.js';

it('says of what is sent to one who is away that he is not offered it yet', () => {
  const offered = { type: 'send-offered', ...SEND } as const;
  const what = `${SEND.name} (96.0 MiB)`;
  expect(sendOffered(offered, 'ben')).toBe(`Offered ${what} to ben`);
  expect(sendOffered({ ...offered, isAway: true }, 'ben')).toBe(
    `Kept ${what} for ben, who is offered it once back`,
  );
  expect(sendOffered({ ...offered, to: null }, '')).toBe(`Offered ${what} to all`);
});

it('says who has paused what is sent to him, and that he goes on', () => {
  const about = { type: 'send-paused', offerId: SEND.offerId, peerId: OTHER_ID } as const;
  const said = (isPaused: boolean) =>
    sendPaused({ ...about, name: 'ben', offered: 'film\u001b', isPaused });
  const ben = `ben (${OTHER_ID.slice(0, 8)})`;
  expect(said(true).startsWith(`${ben} has paused film`)).toBe(true);
  expect(said(true)).toMatch(/: it waits until it is resumed there$/);
  expect(said(true)).not.toContain('\u001b');
  expect(said(false).startsWith(`${ben} goes on with film`)).toBe(true);
});
