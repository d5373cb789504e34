import { describe, expect, it } from 'vitest';
import { Retrying } from '#src/domain/mesh/retrying.js';
import { contactOf, idOf } from '#test/support/mesh-contacts.js';

const LATEST = () => 0.999_999;

describe('retrying', () => {
  it('asks neither who refused nor who was lost, until it begins anew', () => {
    const retrying = new Retrying(LATEST);
    retrying.refused(idOf(1));
    retrying.lost(contactOf(2));
    expect([1, 2, 3].map((peer) => retrying.mayTry(idOf(peer)))).toEqual([false, false, true]);
    expect(retrying.again()).toEqual([contactOf(2)]);
    expect([1, 2].map((peer) => retrying.mayTry(idOf(peer)))).toEqual([true, true]);
  });

  it('asks one who was lost at once when he shows that he is there', () => {
    const retrying = new Retrying(LATEST);
    retrying.lost(contactOf(1));
    retrying.isThere(idOf(1));
    expect(retrying.mayTry(idOf(1))).toBe(true);
  });

  it.each([
    [true, [1, 2, 4, 8, 15, 15, 15]],
    [false, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]],
  ])('waits longer each time, where it is alone (%s) not beyond %j s', (isAlone, seconds) => {
    const retrying = new Retrying(LATEST);
    const waits = seconds.map(() => {
      retrying.refused(idOf(1));
      retrying.later(isAlone, 0);
      const wait = retrying.dueAt;
      retrying.again();
      return Math.round(wait / 1000);
    });
    expect(waits).toEqual(seconds);
  });

  it('begins with short waits again once there were enough', () => {
    const retrying = new Retrying(LATEST);
    for (const enough of [false, false, true]) {
      if (enough) retrying.enough();
      retrying.refused(idOf(1));
      retrying.later(false, 0);
      if (!enough) retrying.again();
    }
    expect(Math.round(retrying.dueAt)).toBe(1000);
  });

  it('waits for nothing where nobody can be asked again', () => {
    const retrying = new Retrying(LATEST);
    retrying.later(true, 0);
    expect(retrying.dueAt).toBe(Number.POSITIVE_INFINITY);
  });

  it('remembers thirty who were lost, the latest', () => {
    const retrying = new Retrying(LATEST);
    for (let peer = 1; peer <= 100; peer += 1) retrying.lost(contactOf(peer));
    expect(retrying.again().map(({ port }) => port)).toEqual(
      Array.from({ length: 30 }, (_, at) => 71 + at),
    );
  });
});
