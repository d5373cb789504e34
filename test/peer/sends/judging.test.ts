import { describe, expect, it } from 'vitest';
import type { HeardOffer } from '#src/domain/send/send-offer.js';
import type { PeerEvent } from '#src/peer/events.js';
import { Judging } from '#src/peer/sends/judging.js';
import type { Open } from '#src/peer/sends/open-offers.js';

const opened = (number: number): Open => {
  return { number, offer: {} as HeardOffer, stated: 1, isTold: false };
};

function scene(judge: (open: Open) => Promise<void>) {
  const open = new Set<Open>();
  const events: PeerEvent[] = [];
  const isOpen = (one: Open) => open.has(one);
  const judging = new Judging({ judge, isOpen, tell: (event) => void events.push(event) });
  const add = (one: Open) => {
    open.add(one);
    judging.add(one);
  };
  return { judging, open, add, events };
}

describe('offers that are judged', () => {
  it('keep no others in memory that were taken back or stated anew meanwhile', async () => {
    const judged: number[] = [];
    let goOn: () => void = () => undefined;
    const stuck = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const { judging, open, add } = scene(({ number }) => {
      judged.push(number);
      return stuck;
    });
    for (let number = 0; number < 1000; number += 1) {
      open.clear();
      add(opened(number));
    }
    expect(judging.waiting).toBe(1);
    goOn();
    await judging.ended();
    expect(judged).toEqual([0, 999]);
  });

  it('go on with the next where one fails, and with what comes later', async () => {
    const judged: number[] = [];
    const { judging, add, events } = scene(async ({ number }) => {
      judged.push(number);
      if (number === 0) throw new Error('the disk fails');
    });
    add(opened(0));
    add(opened(1));
    await judging.ended();
    add(opened(2));
    await judging.ended();
    expect(judged).toEqual([0, 1, 2]);
    expect(events).toMatchObject([{ type: 'error', message: 'the disk fails' }]);
  });
});
