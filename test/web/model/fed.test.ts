import { describe, expect, it } from 'vitest';
import type { Told } from '#src/peer/api.js';
import { Fed } from '#web/model/fed.js';

function notice(code: string): Told {
  return { type: 'notice', code, message: '' };
}

function codes(): Fed<readonly string[]> {
  return new Fed<readonly string[]>([], (all, event) =>
    event.type === 'notice' ? [...all, event.code] : all,
  );
}

describe('state that events feed', () => {
  it('keeps what happened while a reading was on its way', async () => {
    const fed = codes();
    let answer: (rows: readonly string[]) => void = () => undefined;
    const reading = fed.read(() => new Promise((resolve) => (answer = resolve)));
    fed.hear([notice('meanwhile')]);
    answer(['read']);
    await reading;
    fed.hear([notice('after')]);
    expect(fed.value).toEqual(['read', 'meanwhile', 'after']);
  });

  it('reads once more for all who want it while one is on its way', async () => {
    const fed = codes();
    let asked = 0;
    const read = () => fed.read(async () => [`${++asked}`]);
    await Promise.all([read(), read(), read()]);
    expect([asked, fed.value]).toEqual([2, ['2']]);
  });

  it('reads as the last one wanted says, also where the one on its way fails', async () => {
    const fed = codes();
    let fail: (why: Error) => void = () => undefined;
    const reading = fed.read(() => new Promise((_, reject) => (fail = reject)));
    const last = Promise.all([fed.read(async () => ['second']), fed.read(async () => ['third'])]);
    fail(new Error('gone'));
    await Promise.all([reading, last]);
    expect(fed.value).toEqual(['third']);
  });

  it('says what failed, and can be read again', async () => {
    const fed = codes();
    await expect(fed.read(() => Promise.reject(new Error('gone')))).rejects.toThrow('gone');
    await fed.read(async () => ['here']);
    expect(fed.value).toEqual(['here']);
  });
});
