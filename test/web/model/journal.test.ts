import { describe, expect, it } from 'vitest';
import { type Journal, stepJournal } from '#web/model/journal.js';

describe('the log of the page', () => {
  it('has what the supervisor did, the latest first, and never more than 500 entries', () => {
    let journal: Journal = [];
    for (let attempt = 1; attempt <= 600; attempt += 1) {
      const event = { type: 'actor-restarted', actor: 'mesh', code: 'killed', attempt } as const;
      journal = stepJournal(journal, event, attempt);
    }
    expect(journal).toHaveLength(500);
    expect(journal[0]?.words).toEqual(['mesh', 'restarted', 'killed', '600']);
  });

  it('tells what repeats once, with how often it was and when last', () => {
    const started = { type: 'actor-started', actor: 'mesh', code: 'begun' } as const;
    const ended = { type: 'actor-ended', actor: 'mesh', code: 'killed', message: '' } as const;
    const other = { ...started, actor: 'hasher' };
    const events = [other, started, ended, started, ended, started];
    const journal = events.reduce(stepJournal, [] as Journal);
    expect(journal.map(({ words, times, at }) => [words[0], words[1], times, at])).toEqual([
      ['mesh', 'started', 3, 5],
      ['mesh', 'ended', 2, 4],
      ['hasher', 'started', 1, 0],
    ]);
    expect(new Set(journal.map(({ number }) => number)).size).toBe(3);
  });

  it('leaves out what is told all the time', () => {
    const round = { type: 'distribution-round', sent: 1, bytes: 1, belowTarget: 0 } as const;
    expect(stepJournal([], round, 1)).toEqual([]);
  });
});
