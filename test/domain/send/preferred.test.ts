import { describe, expect, it } from 'vitest';
import type { ContentId, PeerId } from '#src/domain/ids.js';
import { Preferences } from '#src/domain/send/preferred.js';

const [film, song] = ['f'.repeat(64) as ContentId, '5'.repeat(64) as ContentId];
const [ben, carol] = ['ben' as PeerId, 'carol' as PeerId];

describe('what is sent before the rest', () => {
  it('is so to those it is for, and of several sends the most counts', () => {
    const preferences = new Preferences();
    preferences.set([
      { id: film, to: ben, priority: 'low' },
      { id: film, priority: 'high' },
      { id: song, to: ben, priority: 'low' },
    ]);
    expect(preferences.weightOf(film, ben)).toBe(4);
    expect(preferences.weightOf(film, carol)).toBe(4);
    expect(preferences.weightOf(song, ben)).toBe(1 / 4);
    expect(preferences.weightOf(song, carol)).toBe(1);
  });

  it('is so no more once others were said', () => {
    const preferences = new Preferences();
    preferences.set([{ id: film, priority: 'high' }]);
    preferences.set([]);
    expect(preferences.weightOf(film, ben)).toBe(1);
  });
});
