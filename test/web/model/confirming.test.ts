import { describe, expect, it } from 'vitest';
import { Confirming } from '#web/model/confirming.js';

describe('a confirmation', () => {
  it('is asked until it is answered, and answers who asked', async () => {
    const confirming = new Confirming();
    for (const isWanted of [true, false]) {
      const asking = confirming.ask('Block anna?', 'Block');
      expect(confirming.asked.value).toEqual({ text: 'Block anna?', deed: 'Block' });
      confirming.answer(isWanted);
      expect([await asking, confirming.asked.value]).toEqual([isWanted, undefined]);
    }
  });

  it('is a no where another question takes its place', async () => {
    const confirming = new Confirming();
    const first = confirming.ask('Block anna?', 'Block');
    const second = confirming.ask('Block ben?', 'Block');
    expect(await first).toBe(false);
    expect(confirming.asked.value?.text).toBe('Block ben?');
    confirming.answer(true);
    expect(await second).toBe(true);
  });
});
