import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Deliveries } from '#src/cli/deliveries.js';
import type { PeerId } from '#src/domain/ids.js';
import type { OfferAnswer, OfferId } from '#src/domain/send/send-offer.js';
import type { Told } from '#src/peer/api.js';
import { OFFER, OTHER_ID, PEER_ID } from '#test/support/fake-peer.js';

const OFFER_ID = OFFER.offerId;
const SECOND = 'f'.repeat(32) as OfferId;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function answered(peerId: PeerId, answer: OfferAnswer, offerId = OFFER_ID): Told {
  return { type: 'offer-answered', offered: 'film.mkv', offerId, peerId, name: 'x', answer };
}

function received(peerId: PeerId, offerId = OFFER_ID): Told {
  const about = { name: 'film.mkv', path: '/film.mkv', id: OFFER.id, bytes: 1, files: 1, at: 0 };
  const row = { ...about, failed: 0, offerId, to: peerId, isOpen: false, recipients: [] };
  return { type: 'send-received', ...row, peerId, by: 'x' };
}

const down = (peerId: PeerId): Told => ({ type: 'peer-down', peerId, reason: 'lost' });

const up = (peerId: PeerId): Told => ({
  type: 'peer-up',
  peerId,
  name: 'x',
  host: '127.0.0.1',
  port: 1,
});

function begun(to: PeerId | undefined, patienceMs: number | undefined, offers = [OFFER_ID]) {
  const deliveries = new Deliveries({ to, patienceMs });
  const settled = vi.fn();
  void deliveries.ended(offers).then(settled);
  return { deliveries, settled };
}

describe('an offer to one', () => {
  it('is delivered when its receipt is here, and not before', async () => {
    const { deliveries, settled } = begun(OTHER_ID, 1000, [OFFER_ID, SECOND]);
    deliveries.hear(answered(OTHER_ID, 'accepted'));
    deliveries.hear(received(OTHER_ID));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(settled).not.toHaveBeenCalled();
    deliveries.hear(received(OTHER_ID, SECOND));
    await vi.advanceTimersByTimeAsync(0);
    expect(settled).toHaveBeenCalledWith(['received', 'received']);
  });

  it.each(['rejected', 'full'] as const)('is not where the answer is %s', async (answer) => {
    const { deliveries, settled } = begun(OTHER_ID, 1000);
    deliveries.hear(answered(OTHER_ID, answer));
    await vi.advanceTimersByTimeAsync(0);
    expect(settled).toHaveBeenCalledWith([{ why: expect.any(String) }]);
  });

  it.each(['accepted', 'rejected'] as const)(
    'is not where he %s it and something keeps him',
    async (answer) => {
      const { deliveries, settled } = begun(OTHER_ID, 1000);
      const why = { code: 'disk-full', message: 'the disk of x is full' };
      deliveries.hear({ ...answered(OTHER_ID, answer), why } as Told);
      await vi.advanceTimersByTimeAsync(0);
      expect(settled).toHaveBeenCalledWith([{ why: why.message }]);
    },
  );

  it('waits with --wait until there is room', async () => {
    const { deliveries, settled } = begun(OTHER_ID, undefined);
    const why = { code: 'disk-full', message: 'the disk of x is full' };
    deliveries.hear({ ...answered(OTHER_ID, 'accepted'), why } as Told);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(settled).not.toHaveBeenCalled();
    deliveries.hear(received(OTHER_ID));
    await vi.advanceTimersByTimeAsync(0);
    expect(settled).toHaveBeenCalledWith(['received']);
  });

  it('is not where what lies there changed', async () => {
    const { deliveries, settled } = begun(OTHER_ID, 1000);
    const about = { offerId: OFFER_ID, name: 'x', code: 'changed', message: 'it changed' } as const;
    deliveries.hear({ type: 'send-failed', ...about });
    await vi.advanceTimersByTimeAsync(0);
    expect(settled).toHaveBeenCalledWith([{ why: 'it changed' }]);
  });

  it('is given up when he was away for so long, counted anew whenever he leaves', async () => {
    const { deliveries, settled } = begun(OTHER_ID, 1000);
    deliveries.hear(down(OTHER_ID));
    await vi.advanceTimersByTimeAsync(900);
    deliveries.hear(up(OTHER_ID));
    await vi.advanceTimersByTimeAsync(5000);
    deliveries.hear(down(OTHER_ID));
    await vi.advanceTimersByTimeAsync(999);
    expect(settled).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(settled).toHaveBeenCalledWith([{ why: expect.stringMatching(/has left/) }]);
  });

  it('waits without end where it is told so', async () => {
    const { deliveries, settled } = begun(OTHER_ID, undefined);
    deliveries.hear(answered(OTHER_ID, 'full'));
    deliveries.hear(down(OTHER_ID));
    await vi.advanceTimersByTimeAsync(86_400_000);
    expect(settled).not.toHaveBeenCalled();
    deliveries.hear(received(OTHER_ID));
    await vi.advanceTimersByTimeAsync(0);
    expect(settled).toHaveBeenCalledWith(['received']);
  });
});

describe('an offer to all', () => {
  it('stands for its time, and then waits for those who have accepted it', async () => {
    const { deliveries, settled } = begun(undefined, 1000);
    deliveries.hear(received(OTHER_ID));
    deliveries.hear(answered(PEER_ID, 'accepted'));
    await vi.advanceTimersByTimeAsync(5000);
    expect(settled).not.toHaveBeenCalled();
    deliveries.hear(received(PEER_ID));
    await vi.advanceTimersByTimeAsync(0);
    expect(settled).toHaveBeenCalledWith(['received']);
  });

  it('has reached nobody where nobody answers, and is not wanted where all turn it down', async () => {
    const { settled } = begun(undefined, 1000);
    const other = begun(undefined, 1000);
    other.deliveries.hear(answered(OTHER_ID, 'rejected'));
    await vi.advanceTimersByTimeAsync(1000);
    expect(settled).toHaveBeenCalledWith(['nobody']);
    expect(other.settled).toHaveBeenCalledWith([{ why: expect.any(String) }]);
  });

  it('without a time ends when the first has it and nobody else is at it', async () => {
    const { deliveries, settled } = begun(undefined, undefined);
    deliveries.hear(answered(OTHER_ID, 'rejected'));
    deliveries.hear(answered(PEER_ID, 'accepted'));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(settled).not.toHaveBeenCalled();
    deliveries.hear(received(PEER_ID));
    await vi.advanceTimersByTimeAsync(0);
    expect(settled).toHaveBeenCalledWith(['received']);
  });
});
