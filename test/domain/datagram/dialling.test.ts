import { describe, expect, it } from 'vitest';
import { Dialling } from '#src/domain/datagram/dialling.js';

const SECOND = 1_000_000;
const ACCEPTED = {
  type: 'accepted',
  id: 5,
  credit: 1,
  datagramLimit: 1472,
  socketBytes: 1,
  resetToken: new Uint8Array(16),
} as const;

/** Ticks whenever it is due. @returns when it said what. */
function runUntil(dialling: Dialling, until: number) {
  const said: { readonly at: number; readonly number: number; readonly token: string }[] = [];
  while (dialling.dueAt <= until) {
    const at = dialling.dueAt;
    const word = dialling.tick(at);
    if (word !== undefined) {
      said.push({ at, number: word.number, token: Buffer.from(word.token).toString() });
    }
  }
  return said;
}

describe('dialling', () => {
  it('says its first word again, less often each time, and gives up after ten seconds', () => {
    const dialling = new Dialling(0);
    const said = runUntil(dialling, 60 * SECOND);
    expect(said.map(({ at }) => at / SECOND)).toEqual([
      0, 0.25, 0.75, 1.75, 3.75, 5.75, 7.75, 9.75,
    ]);
    expect(dialling.outcome).toEqual({ type: 'unanswered', tries: 8 });
  });

  it('comes again at once with the token it was given, and is accepted', () => {
    const dialling = new Dialling(0);
    runUntil(dialling, 0);
    dialling.answered(0, { type: 'come-again', token: Buffer.from('word') }, 1000);
    expect(runUntil(dialling, 1000)).toEqual([{ at: 1000, number: 1, token: 'word' }]);
    dialling.answered(1, ACCEPTED, 3000);
    expect(dialling.outcome).toMatchObject({ type: 'accepted', rttUs: 2000 });
    expect(dialling.dueAt).toBe(Number.POSITIVE_INFINITY);
  });

  it('takes one token for what it said, however often that is answered', () => {
    const dialling = new Dialling(0);
    runUntil(dialling, 0);
    for (let time = 0; time < 5; time += 1) {
      dialling.answered(0, { type: 'come-again', token: Buffer.from(`word ${time}`) }, 1000);
    }
    expect(runUntil(dialling, 1000)).toEqual([{ at: 1000, number: 1, token: 'word 0' }]);
  });

  it('does not heed answers to what it never said', () => {
    const dialling = new Dialling(0);
    runUntil(dialling, 0);
    dialling.answered(7, ACCEPTED, 1000);
    expect(dialling.outcome).toBeUndefined();
  });

  it('lets nobody send it in circles for ever', () => {
    const dialling = new Dialling(0);
    let words = 0;
    for (let now = 0; now < 9 * SECOND; now += 1000) {
      const word = dialling.tick(now);
      if (word === undefined) continue;
      words += 1;
      dialling.answered(word.number, { type: 'come-again', token: Buffer.from('again') }, now);
    }
    expect(words).toBeLessThan(20);
  });
});
