import { expect, it } from 'vitest';
import { SendLulls } from '#src/peer/sends/send-lulls.js';
import { OTHER_ID, PEER_ID } from '#test/support/fake-peer.js';
import { manualClock } from '#test/support/manual-clock.js';

const OFFER = 'a'.repeat(32);

function scene() {
  const clock = manualClock();
  const looked: string[] = [];
  const lulls = new SendLulls((_, peer) => void looked.push(peer), clock);
  const told = (peerId = OTHER_ID, state: 'running' | 'waiting' = 'running') =>
    lulls.told(OFFER, { peerId, state });
  return { clock, looked, lulls, told };
}

it('what was told to move is looked at once it has not for a while, each with its own peer', () => {
  const { clock, looked, told } = scene();
  told();
  clock.pass(4000);
  told();
  told(PEER_ID);
  clock.pass(4000);
  expect(looked).toEqual([]);
  clock.pass(1000);
  expect(looked).toEqual([OTHER_ID, PEER_ID]);
  clock.pass(60_000);
  expect(looked).toHaveLength(2);
});

it('what was told to wait, and what is sent by a peer that ends, is looked at no more', () => {
  const { clock, looked, lulls, told } = scene();
  told();
  told(OTHER_ID, 'waiting');
  clock.pass(10_000);
  told();
  lulls.close();
  clock.pass(10_000);
  told();
  clock.pass(10_000);
  expect(looked).toEqual([]);
});
