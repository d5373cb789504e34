import { describe, expect, it } from 'vitest';
import { requireOffered } from '#src/domain/send/offered-size.js';

describe('what is accepted', () => {
  it('may be as much as was offered, and whatever it is where nothing was', () => {
    const one = { bytes: 1000, files: 2 };
    requireOffered(one, { mostBytes: 1000, mostFiles: 2 });
    requireOffered(one, {});
  });

  it.each([
    [{ bytes: 1001, files: 2 }, 'it has 1001 bytes'],
    [{ bytes: 1, files: 3 }, 'it has 3 files, and 2 were offered'],
  ])('is refused where it is more: %o', (content, why) => {
    expect(() => requireOffered(content, { mostBytes: 1000, mostFiles: 2 })).toThrow(why);
  });
});
