/** The first words of a connection over a network that loses, delays, reorders, doubles and damages them, byte for byte. */
import { describe, expect, it } from 'vitest';
import { DatagramNetwork, newWay } from '#test/support/datagram-simulation.js';
import { ACCEPTED, dialOver } from '#test/support/handshake-simulation.js';
import { randomFrom } from '#test/support/random.js';
import { rounds } from '#test/support/rounds.js';

const SECOND = 1_000_000;
const SEEDS = rounds({ small: 2000, full: 20_000 });
/** Words overtake each other, and answers come after the next word has left. */
const JITTER_US = 0.2 * SECOND;

describe('a handshake', () => {
  it.each([
    { loss: 0, flipped: 0, doubled: 0, least: 1 },
    { loss: 0.2, flipped: 0.1, doubled: 0.3, least: 0.98 },
    { loss: 0.5, flipped: 0.2, doubled: 0.3, least: 0.5 },
  ])(
    'ends within ten seconds, accepted or not, with $loss lost, $flipped damaged and $doubled doubled',
    ({ least, ...faults }) => {
      let accepted = 0;
      for (let seed = 1; seed <= SEEDS; seed += 1) {
        const network = new DatagramNetwork(randomFrom(seed));
        const way = () => newWay({ ...faults, delayUs: 0, jitterUs: JITTER_US });
        const { outcome, now, hasOpened, hasSaidMore } = dialOver(network, way(), way());
        expect(now, `seed ${seed}`).toBeLessThanOrEqual(10 * SECOND);
        expect(hasSaidMore, `seed ${seed}: more is said than was asked`).toBe(false);
        expect(outcome, `seed ${seed}: no end`).toBeDefined();
        if (outcome?.type !== 'accepted') continue;
        accepted += 1;
        expect(hasOpened, `seed ${seed}: accepted by nobody`).toBe(true);
        expect(outcome.terms, `seed ${seed}: other terms`).toEqual(ACCEPTED);
      }
      expect(accepted / SEEDS).toBeGreaterThanOrEqual(least);
    },
  );
});
