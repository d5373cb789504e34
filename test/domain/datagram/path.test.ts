import { describe, expect, it } from 'vitest';
import { Path } from '#src/domain/datagram/path.js';

const HOME = { host: '10.0.0.1', port: 1 };
const AWAY = { host: '10.0.0.2', port: 2 };
const SECOND = 1_000_000;

describe('the way to the other end', () => {
  it('changes once the new address has answered with the word that was sent there', () => {
    const path = new Path(HOME);
    path.cameFrom(AWAY, true, () => 42, 0);
    expect(path.ask(0)).toBeUndefined();
    expect(path.ask(SECOND / 10)).toMatchObject({ address: AWAY, word: 42 });
    expect(path.address).toEqual(HOME);
    expect(path.answered(AWAY, 43)).toBe(false);
    expect(path.answered(HOME, 42)).toBe(false);
    expect(path.answered(AWAY, 42)).toBe(true);
    expect(path.address).toEqual(AWAY);
  });

  it('asks once for each packet at most: whoever forges addresses has others sent no more than he sends', () => {
    const path = new Path(HOME);
    const asked: number[] = [];
    for (let now = 0; now < 10 * SECOND; now += SECOND / 10) {
      if (now < SECOND) path.cameFrom(AWAY, true, () => 42, now);
      if (path.ask(now)) asked.push(now / SECOND);
    }
    // Ten packets came; not more than five questions leave in a second, and none without a packet.
    expect(asked).toEqual([0.1, 0.3, 0.5, 0.7, 0.9]);
    expect(path.askAt).toBe(Number.POSITIVE_INFINITY);
  });

  it('forgets a place when the other end is heard from where it was', () => {
    const path = new Path(HOME);
    path.cameFrom(AWAY, true, () => 42, 0);
    path.cameFrom(HOME, false, () => 43, 1);
    expect(path.ask(SECOND)).toBeUndefined();
    expect(path.answered(AWAY, 42)).toBe(false);
  });

  it('is not looked for where an old packet comes from', () => {
    const path = new Path(HOME);
    path.cameFrom(AWAY, false, () => 42, 0);
    expect(path.askAt).toBe(Number.POSITIVE_INFINITY);
  });
});
