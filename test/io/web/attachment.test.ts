import { describe, expect, it } from 'vitest';
import { attachment } from '#src/io/web/attachment.js';
import { ESCAPING_COMPONENTS } from '#test/support/hostile-names.js';

/** One quoted name without quotes, and one encoded: nothing that ends either. */
const SAFE = /^attachment; filename="[^"\\\p{Cc}]+"; filename\*=UTF-8''[\w.%!~-]+$/u;

describe('the name that a browser saves under', () => {
  it.each([
    ['film.mkv', 'attachment; filename="film.mkv"; filename*=UTF-8\'\'film.mkv'],
    ['ünï.txt', 'attachment; filename="_n_.txt"; filename*=UTF-8\'\'%C3%BCn%C3%AF.txt'],
    [
      "it's (1).txt",
      "attachment; filename=\"it's (1).txt\"; filename*=UTF-8''it%27s%20%281%29.txt",
    ],
  ])('is that of its owner: %s', (name, header) => {
    expect(attachment(name)).toBe(header);
  });

  it.each([
    ...ESCAPING_COMPONENTS,
    'a"; filename="b.exe',
    'a\r\nSet-Cookie: x=y',
    '\u202efdp.exe',
    '<img src=x onerror=alert(1)>',
    '\ud800',
    '$(touch pwned)`',
  ])('says nothing more, and leads nowhere else: %j', (name) => {
    const header = attachment(name);
    expect(header).toMatch(SAFE);
    const saved = decodeURIComponent(header.split("UTF-8''")[1] ?? '');
    expect(saved).not.toMatch(/[/\\:<>"|?*\p{Cc}\p{Cf}]/u);
    expect(saved).not.toMatch(/^[. ]*$/);
  });
});
