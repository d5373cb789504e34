import { describe, expect, it } from 'vitest';
import { limitText, rateOf } from '#web/model/limit-field.js';
import { parsePreferences, preferencesText } from '#web/model/preferences.js';

describe('a field for a limit', () => {
  it('has MiB a second, and nothing for no limit', () => {
    expect([limitText(1_572_864), limitText(null)]).toEqual(['1.5', '']);
    expect([rateOf('1.5'), rateOf(2), rateOf(''), rateOf(null)]).toEqual([
      1_572_864,
      2_097_152,
      null,
      null,
    ]);
  });
});

describe('what the browser keeps', () => {
  it('comes back as it was, and falls back to the system where it is not understood', () => {
    const liked = { theme: 'dark', language: 'de' } as const;
    expect(parsePreferences(preferencesText(liked))).toEqual(liked);
    const none = { theme: 'system', language: undefined };
    expect(parsePreferences(preferencesText({ theme: 'system', language: undefined }))).toEqual(
      none,
    );
    expect(parsePreferences('purple')).toEqual(none);
    expect(parsePreferences(null)).toEqual(none);
  });
});
