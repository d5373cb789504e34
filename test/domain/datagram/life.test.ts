import { describe, expect, it } from 'vitest';
import { Life } from '#src/domain/datagram/life.js';
import { RESET } from '#src/domain/datagram/packet.js';

const SECOND = 1_000_000;
const COMPLETE = { type: 'complete' } as const;

function scene() {
  const told: unknown[] = [];
  const life = new Life(
    {
      delivered: () => told.push('delivered'),
      finished: () => told.push('finished'),
      ended: (how) => told.push(how),
    },
    () => told.push('released'),
  );
  /** @returns the last words that leave. */
  const lastWords = () => {
    const left: number[] = [];
    const none = () => {};
    const others = { data: none, ping: none, fin: none, acknowledgement: none, damaged: none };
    const reset = (code: number) => left.push(code);
    while (life.depart({ ...others, question: none, answer: none, reset }));
    return left;
  };
  return { life, told, lastWords };
}

describe('a connection', () => {
  it('is complete once both ends said all and know it, and each is told once', () => {
    const { life, told } = scene();
    life.settle(false, true, 0);
    expect(told).toEqual([]);
    life.settle(true, false, 1);
    life.settle(true, false, 2);
    expect(told).toEqual(['finished']);
    expect(life.isOpen).toBe(true);
    life.settle(true, true, 3);
    life.settle(true, true, 4);
    expect(told).toEqual(['finished', 'released', COMPLETE]);
    expect([life.isOpen, life.isClosed]).toEqual([false, false]);
  });

  it('lingers for five seconds after the other end spoke last, and for thirty at most', () => {
    const { life, told } = scene();
    expect(life.dueAt).toBe(Number.POSITIVE_INFINITY);
    life.settle(true, true, 0);
    expect(life.dueAt).toBe(5 * SECOND);
    for (let now = SECOND; now < 30 * SECOND; now += SECOND) {
      life.heard(now);
      life.tick(now);
    }
    expect(life.isClosed).toBe(false);
    life.tick(life.dueAt - 1);
    expect(life.isClosed).toBe(false);
    expect(life.dueAt).toBe(30 * SECOND);
    life.tick(life.dueAt);
    expect(life.isClosed).toBe(true);
    expect(life.dueAt).toBe(Number.POSITIVE_INFINITY);
    expect(told).toEqual(['finished', 'released', COMPLETE, 'released']);
  });

  it('that is broken off says one last word, whatever comes after', () => {
    const { life, told, lastWords } = scene();
    life.breakOff(RESET.aborted, { type: 'aborted' });
    life.breakOff(RESET.protocol, { type: 'reset', code: RESET.protocol });
    life.close({ type: 'reset', code: RESET.refused });
    expect(told).toEqual(['released', { type: 'aborted' }]);
    expect(life.hasLastWord).toBe(true);
    // Nobody answers it: one of four arrives.
    expect(lastWords()).toEqual(Array.from({ length: 4 }, () => RESET.aborted));
    expect(life.hasLastWord).toBe(false);
  });

  it('that is complete already is not broken off, and closes without another word', () => {
    const { life, told, lastWords } = scene();
    life.settle(true, true, 0);
    told.length = 0;
    life.breakOff(RESET.aborted, { type: 'aborted' });
    expect(life.isClosed).toBe(false);
    life.close({ type: 'reset', code: RESET.unknown });
    expect(life.isClosed).toBe(true);
    expect(told).toEqual(['released']);
    expect(lastWords()).toEqual([]);
  });

  it('tells that all has come, though it was closed meanwhile, and is not complete by it', () => {
    const { life, told } = scene();
    life.close({ type: 'aborted' });
    told.length = 0;
    life.settle(true, true, 0);
    expect(told).toEqual(['finished']);
    expect(life.isClosed).toBe(true);
  });
});
