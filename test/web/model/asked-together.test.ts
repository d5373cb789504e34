import { describe, expect, it } from 'vitest';
import { AskedTogether } from '#web/model/asked-together.js';

describe('what is asked together', () => {
  it('is asked once for all in one go, and anew for whoever comes later', async () => {
    let answers = 0;
    const together = new AskedTogether(async () => {
      answers += 1;
      return answers;
    });
    expect(await Promise.all([together.get(), together.get()])).toEqual([1, 1]);
    expect(await together.get()).toBe(2);
  });

  it('is not asked for where an answer is put there, for one go', async () => {
    const together = new AskedTogether(async () => 'asked');
    together.put('put');
    expect(await together.get()).toBe('put');
    expect(await together.get()).toBe('asked');
  });
});
