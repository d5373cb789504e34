import { describe, expect, it } from 'vitest';
import { DATA_OVERHEAD } from '#src/domain/datagram/packet.js';
import { DatagramNetwork, newWay } from '#test/support/datagram-simulation.js';
import { randomFrom } from '#test/support/random.js';

const SECOND = 1_000_000;
/** 100 Mbit/s, in bytes a microsecond. */
const RATE = 12.5;
/** It holds 40 ms. */
const QUEUE_BYTES = 40_000 * RATE;
const PACKET_BYTES = 1472;
const MORE_THAN_ENOUGH = 1e9;

/** What arrives of the data at best. */
function bestRate(loss: number): number {
  return RATE * (1 - loss) * ((PACKET_BYTES - DATA_OVERHEAD) / PACKET_BYTES);
}

function wayOf(loss: number, delayUs: number) {
  return newWay({ rate: RATE, queueBytes: QUEUE_BYTES, loss, delayUs });
}

describe('one stream alone on 100 Mbit/s', () => {
  it.each([
    { loss: 0, least: 0.985 },
    { loss: 0.01, least: 0.985 },
    { loss: 0.05, least: 0.97 },
    { loss: 0.2, least: 0.95 },
  ])('fills what $loss loss leaves of it, and lets next to nothing wait', ({ loss, least }) => {
    const network = new DatagramNetwork(randomFrom(1));
    const there = wayOf(loss, 250);
    const [near, far] = network.connect(there, wayOf(loss, 250));
    near.write(MORE_THAN_ENOUGH);
    network.run(1 * SECOND);
    const before = far.received;
    there.longestWaitUs = 0;
    network.run(4 * SECOND);
    expect((far.received - before) / (3 * SECOND)).toBeGreaterThan(least * bestRate(loss));
    expect(there.longestWaitUs).toBeLessThan(10_000);
  });

  it('lets no more than 10 ms wait on a long way either, once it knows it', () => {
    const network = new DatagramNetwork(randomFrom(1));
    const there = wayOf(0, 20_000);
    const [near] = network.connect(there, wayOf(0, 20_000));
    near.write(MORE_THAN_ENOUGH);
    network.run(3 * SECOND);
    const waits: number[] = [];
    for (let sample = 0; sample < 300; sample += 1) {
      network.run(network.now + 10_000);
      waits.push(Math.max(0, there.freeAt - network.now));
    }
    const mean = waits.reduce((sum, wait) => sum + wait, 0) / waits.length;
    expect(mean).toBeLessThan(5000);
    expect(waits.toSorted((one, other) => one - other)[285]).toBeLessThan(10_000);
  });

  it('finds its rate again when the way becomes slower and faster', () => {
    const network = new DatagramNetwork(randomFrom(1));
    const there = wayOf(0.01, 1000);
    const [near, far] = network.connect(there, wayOf(0.01, 1000));
    near.write(MORE_THAN_ENOUGH);
    for (const rate of [RATE, RATE / 5, RATE]) {
      there.rate = rate;
      network.run(network.now + 2 * SECOND);
      const before = far.received;
      network.run(network.now + SECOND);
      expect((far.received - before) / SECOND).toBeGreaterThan(0.9 * rate);
    }
  });
});

describe('one stream on a way that changes', () => {
  it.each([
    { from: 5000, to: 130_000 },
    { from: 250, to: 20_000 },
    { from: 130_000, to: 5000 },
  ])('fills it again within 8 s when it takes $to us one way instead of $from', ({ from, to }) => {
    const network = new DatagramNetwork(randomFrom(1));
    const [there, back] = [wayOf(0, from), wayOf(0, from)];
    const [near, far] = network.connect(there, back);
    near.write(MORE_THAN_ENOUGH);
    network.run(3 * SECOND);
    for (const way of [there, back]) way.delayUs = to;
    network.run(network.now + 8 * SECOND);
    const before = far.received;
    network.run(network.now + 3 * SECOND);
    expect((far.received - before) / (3 * SECOND)).toBeGreaterThan(0.85 * bestRate(0));
  });
});

describe('two streams on the same 100 Mbit/s', () => {
  it.each([
    { later: 0, loss: 0, delayUs: 250 },
    { later: 2, loss: 0, delayUs: 250 },
    { later: 2, loss: 0, delayUs: 10_000 },
    { later: 2, loss: 0.05, delayUs: 5000 },
  ])(
    'share it within 35:65, where one comes $later s later, with $loss loss and $delayUs us one way',
    ({ later, loss, delayUs }) => {
      const network = new DatagramNetwork(randomFrom(1));
      const [there, back] = [wayOf(loss, delayUs), wayOf(loss, delayUs)];
      const [first, ofFirst] = network.connect(there, back);
      const [second, ofSecond] = network.connect(there, back);
      first.write(MORE_THAN_ENOUGH);
      network.run(later * SECOND + 1);
      second.write(MORE_THAN_ENOUGH);
      network.run(network.now + 5 * SECOND);
      const before = [ofFirst.received, ofSecond.received] as const;
      network.run(network.now + 5 * SECOND);
      const ours = [ofFirst.received - before[0], ofSecond.received - before[1]] as const;
      const share = ours[0] / (ours[0] + ours[1]);
      expect(share).toBeGreaterThan(0.35);
      expect(share).toBeLessThan(0.65);
    },
  );
});
