import { describe, expect, it } from 'vitest';
import {
  isFreshStop,
  obeysStop,
  type StopAsked,
  type StopRules,
} from '#src/domain/query/remote-stop.js';

const NOW = 1_700_000_000_000;
const RULES: StopRules = {
  isPrivate: true,
  isAllowed: true,
  startedAt: NOW - 3_600_000,
  lastSentAt: 0,
};
const ASKED: StopAsked = { sentAt: NOW - 1000, isBlocked: false };

const obeys = (asked: Partial<StopAsked>, rules: Partial<StopRules> = {}) =>
  obeysStop({ ...ASKED, ...asked }, { ...RULES, ...rules }, NOW);

describe('a peer that is asked to stop', () => {
  it('obeys where its user allowed it, in a private network, and not by a blocked peer', () => {
    expect(obeys({})).toBe(true);
    expect(obeys({}, { isAllowed: false })).toBe(false);
    expect(obeys({}, { isPrivate: false })).toBe(false);
    expect(obeys({ isBlocked: true })).toBe(false);
  });

  it('does not obey what is more than a minute old, or a minute ahead', () => {
    expect(obeys({ sentAt: NOW - 60_000 })).toBe(true);
    expect(obeys({ sentAt: NOW - 60_001 })).toBe(false);
    expect(obeys({ sentAt: NOW + 60_000 })).toBe(true);
    expect(obeys({ sentAt: NOW + 60_001 })).toBe(false);
    expect(isFreshStop(Number.MAX_SAFE_INTEGER, NOW)).toBe(false);
    expect(isFreshStop(0, NOW)).toBe(false);
  });

  it('does not obey what was said before it was started', () => {
    expect(obeys({}, { startedAt: ASKED.sentAt })).toBe(false);
    expect(obeys({}, { startedAt: ASKED.sentAt - 1 })).toBe(true);
  });

  it('does not obey what it obeyed before it was started anew, though the asker’s clock is ahead', () => {
    const sentAt = NOW + 20_000;
    expect(obeys({ sentAt }, { startedAt: NOW - 1 })).toBe(true);
    expect(obeys({ sentAt }, { startedAt: NOW - 1, lastSentAt: sentAt })).toBe(false);
    expect(obeys({ sentAt: sentAt + 1 }, { startedAt: NOW - 1, lastSentAt: sentAt })).toBe(true);
  });
});
