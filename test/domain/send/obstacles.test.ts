import { describe, expect, it } from 'vitest';
import { isFinal, isSaidWith, obstacleText, parseObstacle } from '#src/domain/send/obstacles.js';

const ALL = ['too-large', 'settings', 'paused', 'disk-full', 'denied', 'io'] as const;

describe('what keeps somebody from taking what he would', () => {
  it('is one of a few words, whatever else he says', () => {
    expect(ALL.map(parseObstacle)).toEqual(ALL);
    expect(['', 'constructor', 'TOO-LARGE', 'no-sources'].map(parseObstacle)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('is told in one line that names him, and is for good where he will not ask again', () => {
    for (const obstacle of ALL)
      expect(obstacleText(obstacle, 'ben (abc)')).toMatch(/^.*ben \(abc\).*$/);
    expect(ALL.filter(isFinal)).toEqual(['too-large', 'settings']);
  });

  it('goes with one answer: no if it is for good, and else yes', () => {
    expect(ALL.filter((obstacle) => isSaidWith(obstacle, 'rejected'))).toEqual([
      'too-large',
      'settings',
    ]);
    expect(isSaidWith('paused', 'accepted')).toBe(true);
    expect(ALL.some((obstacle) => isSaidWith(obstacle, 'full'))).toBe(false);
  });
});
