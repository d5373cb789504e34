import { describe, expect, it } from 'vitest';
import type { ContentId } from '#src/domain/ids.js';
import type { Ask } from '#web/api/answers.js';
import { AskError } from '#web/api/failure.js';
import { gradientOf, WatchedMap, wholeUpTo } from '#web/model/chunk-map.js';

const ID = 'content' as ContentId;
const map = (cells: readonly number[]) => ({ chunks: cells.length, have: 0, cells });

describe('the map of a download', () => {
  it('is drawn in as many pieces as differ', () => {
    const colour = (level: number) => `color-mix(in srgb, var(--accent) ${level}%, transparent)`;
    expect(gradientOf(map([100, 100, 40, 0]))).toBe(
      `linear-gradient(to right, ${colour(100)} 0% 50%, ${colour(40)} 50% 75%, ${colour(0)} 75% 100%)`,
    );
  });

  it('says up to where nothing lacks', () => {
    expect(wholeUpTo(map([100, 99, 100, 0]))).toBe(0.25);
    expect(wholeUpTo(map([100, 100]))).toBe(1);
  });

  it('is asked for one at a time, and once more where something moved meanwhile', async () => {
    const answers: ((cells: unknown) => void)[] = [];
    const ask = () => new Promise((resolve) => void answers.push(resolve));
    const watched = new WatchedMap(ask as Ask, ID);
    const first = watched.moved();
    void watched.moved();
    void watched.moved();
    expect(answers).toHaveLength(1);
    answers[0]?.(map([0]));
    await Promise.resolve();
    await Promise.resolve();
    expect(answers).toHaveLength(2);
    answers[1]?.(map([100]));
    await first;
    expect(watched.map.value?.cells).toEqual([100]);
    expect(answers).toHaveLength(2);
  });

  it('stays as it is where the peer does not answer', async () => {
    const ask = () => Promise.reject(new AskError('gone', 'nobody is there'));
    const watched = new WatchedMap(ask, ID);
    await watched.moved();
    expect(watched.map.value).toBeUndefined();
  });
});
