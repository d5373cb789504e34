import { expect, it } from 'vitest';
import { sendOffered } from '#src/cli/offer-sentences.js';
import { SEND } from '#test/support/fake-peer.js';

it('says of what is sent to one who is away that he is not offered it yet', () => {
  const offered = { type: 'send-offered', ...SEND } as const;
  const what = `${SEND.name} (96.0 MiB)`;
  expect(sendOffered(offered, 'ben')).toBe(`Offered ${what} to ben`);
  expect(sendOffered({ ...offered, isAway: true }, 'ben')).toBe(
    `Kept ${what} for ben, who is offered it once back`,
  );
  expect(sendOffered({ ...offered, to: null }, '')).toBe(`Offered ${what} to all`);
});
