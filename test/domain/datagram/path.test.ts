import { describe, expect, it } from 'vitest';
import { type Address, Path } from '#src/domain/datagram/path.js';

const HOME = { host: '10.0.0.1', port: 1 };
const AWAY = { host: '10.0.0.2', port: 2 };
const SECOND = 1_000_000;

type Word = { readonly word: number; readonly to: Address };

/** @returns what leaves at that time. */
function words(path: Path, now: number): { answers: readonly Word[]; questions: readonly Word[] } {
  const [answers, questions]: [Word[], Word[]] = [[], []];
  const departures = {
    answer: (word: number, to: Address) => answers.push({ word, to }),
    question: (word: number, to: Address) => questions.push({ word, to }),
  };
  while (path.depart(now, departures));
  return { answers, questions };
}

function questions(path: Path, now: number): readonly Word[] {
  return words(path, now).questions;
}

describe('the way to the other end', () => {
  it('changes once the new address has answered with the word that was sent there', () => {
    const path = new Path(HOME);
    path.cameFrom(AWAY, true, () => 42, 0);
    expect(questions(path, 0)).toEqual([]);
    expect(questions(path, SECOND / 10)).toEqual([{ word: 42, to: AWAY }]);
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
      for (const _ of questions(path, now)) asked.push(now / SECOND);
    }
    // Ten packets came; not more than five questions leave in a second, and none without a packet.
    expect(asked).toEqual([0.1, 0.3, 0.5, 0.7, 0.9]);
    expect(path.dueAt).toBe(Number.POSITIVE_INFINITY);
  });

  it('forgets a place when the other end is heard from where it was', () => {
    const path = new Path(HOME);
    path.cameFrom(AWAY, true, () => 42, 0);
    path.cameFrom(HOME, false, () => 43, 1);
    expect(questions(path, SECOND)).toEqual([]);
    expect(path.answered(AWAY, 42)).toBe(false);
  });

  it('is not looked for where an old packet comes from', () => {
    const path = new Path(HOME);
    path.cameFrom(AWAY, false, () => 42, 0);
    expect(path.dueAt).toBe(Number.POSITIVE_INFINITY);
  });

  it('is shown to whoever asks for it: his word goes back to where he asked from, once and at once', () => {
    const path = new Path(HOME);
    path.asked(7, HOME);
    path.asked(8, AWAY);
    expect(path.dueAt).toBe(0);
    expect(words(path, 0)).toEqual({ answers: [{ word: 8, to: AWAY }], questions: [] });
    expect(path.dueAt).toBe(Number.POSITIVE_INFINITY);
  });
});
