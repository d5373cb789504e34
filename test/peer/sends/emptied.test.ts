import { describe, expect, it } from 'vitest';
import { requireFiles } from '#src/peer/sends/emptied.js';

const NONE = { files: 0, skipped: [], skippedCount: 0, ignoredCount: 0 } as const;
const IGNORED = { path: 'raw\n/a', rule: '*.raw (.p2pignore)' };
const LINK = { path: 'sub/link', why: 'is a link' };

describe('a folder of which nothing is left to send', () => {
  it.each([
    [
      { ...NONE, ignoredCount: 1, firstIgnored: IGNORED },
      'raw\\u{a}/a left out by *.raw (.p2pignore)',
    ],
    [
      { ...NONE, ignoredCount: 3, firstIgnored: IGNORED, skipped: [LINK], skippedCount: 2 },
      'raw\\u{a}/a and 2 more left out by *.raw (.p2pignore); sub/link and 1 more cannot be sent (is a link)',
    ],
  ])('is refused with the rule that left it out', (listed, why) => {
    const message = `no file of photos is left to send: ${why}`;
    expect(() => requireFiles('photos', listed)).toThrow(
      expect.objectContaining({ code: 'usage', message }),
    );
  });

  it('is sent where nothing was left out of it, or something stays', () => {
    requireFiles('photos', NONE);
    requireFiles('photos', { ...NONE, files: 1, ignoredCount: 3, firstIgnored: IGNORED });
  });
});
