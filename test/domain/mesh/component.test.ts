import { describe, expect, it } from 'vitest';
import { Component } from '#src/domain/mesh/component.js';
import { idOf } from '#test/support/mesh-contacts.js';
import { randomFrom } from '#test/support/random.js';

describe('the name of a network', () => {
  it('is not known until a pulse came or a minute passed', () => {
    const component = new Component(idOf(5), 0, () => 0);
    expect(component.nameAt(10_000)).toBeUndefined();
    expect(component.tick(59_999)).toBe(false);
    expect(component.tick(60_000)).toBe(true);
    expect(component.nameAt(60_000)).toBe(idOf(5));
  });

  it('is the smallest id whose pulse came, and only that peer sends more', () => {
    const component = new Component(idOf(5), 0, () => 0);
    component.heard(idOf(7), 1000);
    component.heard(idOf(3), 2000);
    component.heard(idOf(4), 3000);
    expect(component.nameAt(3000)).toBe(idOf(3));
    expect(component.tick(60_000)).toBe(false);
    const smallest = new Component(idOf(1), 0, () => 0);
    smallest.heard(idOf(3), 50_000);
    expect(smallest.tick(60_000)).toBe(true);
  });

  it('changes when the one who gave it is silent: another one takes over', () => {
    const component = new Component(idOf(5), 0, () => 0);
    component.heard(idOf(3), 1000);
    expect(component.nameAt(61_000)).toBe(idOf(3));
    expect(component.nameAt(61_001)).toBeUndefined();
    expect(component.tick(80_000)).toBe(true);
    expect(component.nameAt(80_000)).toBe(idOf(5));
  });

  it('is told by a few of a thousand who were started at once, as soon as those are heard', () => {
    const random = randomFrom(1);
    const all = Array.from({ length: 1000 }, (_, at) => new Component(idOf(at), 0, random));
    let pulses = 0;
    for (let now = 0; now <= 100_000; now += 10) {
      const speaking = all.flatMap((each, at) => (each.tick(now) ? [idOf(at)] : []));
      pulses += speaking.length;
      for (const author of speaking) for (const each of all) each.heard(author, now);
    }
    expect(pulses).toBeLessThan(30);
    expect(new Set(all.map((each) => each.nameAt(100_000)))).toEqual(new Set([idOf(0)]));
  });
});
