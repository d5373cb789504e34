import { describe, expect, it } from 'vitest';
import type { ContentId, PeerId } from '#src/domain/ids.js';
import type { Told } from '#src/peer/api.js';
import { NO_TIDINGS, spoken, stepTidings } from '#web/model/announcements.js';
import { speechFor } from '#web/text/languages.js';

const SELF = 'self' as PeerId;
const ENGLISH = speechFor(['en']);

function said(events: readonly Told[]): string | undefined {
  const tidings = events.reduce((all, event) => stepTidings(all, event, SELF, ENGLISH), NO_TIDINGS);
  return spoken(tidings, ENGLISH);
}

function message(from: PeerId): Told {
  return { type: 'message', id: '1', from, name: 'x', text: 'x', sentAt: 1, private: false };
}

describe('what is said aloud', () => {
  it('gathers messages to a number, and leaves out our own', () => {
    const anna = message('anna' as PeerId);
    expect(said([anna, anna, message(SELF)])).toBe('2 new messages');
    expect(said([message(SELF)])).toBeUndefined();
  });

  it('names the last few of a flood of failures', () => {
    const failed = (name: string): Told => {
      return { type: 'download-failed', name, id: '' as ContentId, code: 'io', message: '' };
    };
    expect(said(['a', 'b', 'c', 'd'].map(failed))).toBe('b failed. c failed. d failed');
  });
});
