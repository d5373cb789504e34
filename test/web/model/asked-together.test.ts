import { describe, expect, it } from 'vitest';
import { AskedTogether } from '#web/model/asked-together.js';

describe('what is asked together', () => {
  it('is asked once for all in one task, and anew for whoever comes later', async () => {
    let answers = 0;
    const together = new AskedTogether(async () => {
      answers += 1;
      return answers;
    });
    const later = Promise.resolve().then(() => together.get());
    expect(await Promise.all([together.get(), later])).toEqual([1, 1]);
    await new Promise((resolve) => setTimeout(resolve));
    expect(await together.get()).toBe(2);
  });

  it('is not asked for where an answer is put there, for those who ask right then', async () => {
    const together = new AskedTogether(async () => 'asked');
    together.put('put');
    expect(await together.get()).toBe('put');
    expect(await together.get()).toBe('asked');
  });
});
