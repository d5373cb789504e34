import { describe, expect, it } from 'vitest';
import type { CatalogueRow } from '#src/domain/catalogue/catalogue.js';
import { HeardCatalogue } from '#src/domain/catalogue/heard-catalogue.js';
import { RowRoom } from '#src/domain/catalogue/row-room.js';
import type { ContentId } from '#src/domain/ids.js';
import { LIMITS } from '#src/domain/limits.js';

function row(name: string, have = 0): CatalogueRow {
  return { name, id: 'ab'.repeat(32) as ContentId, bytes: 1, chunks: 1, have };
}

function page(
  changed: readonly CatalogueRow[],
  fresh = false,
  removed: readonly CatalogueRow[] = [],
) {
  return { fresh, complete: true, changed, removed };
}

describe('a heard catalogue', () => {
  it.each(['..', '../x', 'a/b', 'a\\b', '', 'c:', '.p2p-partial', 'x'.repeat(256)])(
    'convicts the sender of the name %j',
    (name) => {
      const heard = new HeardCatalogue('posix');
      expect(() => heard.judge(page([row('fine'), row(name)], true))).toThrow(
        expect.objectContaining({ code: 'protocol' }),
      );
    },
  );

  it('drops what cannot be written here, counts it, and says so once', () => {
    const heard = new HeardCatalogue('win32');
    const first = heard.judge(page([row('a?'), row('b'), row('con')], true));
    expect(first.page.changed).toEqual([row('b')]);
    expect(first.troubles.map(({ code }) => code)).toEqual(['bad-name']);
    expect(heard.judge(page([row('c?')])).troubles).toEqual([]);
    expect(heard.dropped).toEqual({ unusable: 3, tooMany: 0 });
  });

  it('is bounded: rows it knows go on changing, others wait for room (CVE-2026-46679)', () => {
    const heard = new HeardCatalogue('posix');
    const full = Array.from({ length: LIMITS.catalogueRows }, (_, index) => row(`${index}`));
    expect(heard.judge(page(full, true)).page.changed).toHaveLength(LIMITS.catalogueRows);
    const more = heard.judge(page([row('more'), row('0', 1)]));
    expect(more.page.changed).toEqual([row('0', 1)]);
    expect(more.troubles.map(({ code }) => code)).toEqual(['limit']);
    const after = heard.judge(page([row('more')], false, [row('1')]));
    expect(after.page).toMatchObject({ changed: [row('more')], removed: [row('1')] });
    expect(heard.judge(page([row('anew')], true)).page.changed).toEqual([row('anew')]);
  });

  it('passes on no removal of what it never had', () => {
    const heard = new HeardCatalogue('posix');
    expect(heard.judge(page([], true, [row('../x')])).page.removed).toEqual([]);
  });

  it('begins with a first page', () => {
    const heard = new HeardCatalogue('posix');
    expect(() => heard.judge(page([row('a')]))).toThrow(
      expect.objectContaining({ code: 'protocol' }),
    );
  });

  it('shares the room of all links, and whoever finds it full says so once for all', () => {
    const room = new RowRoom(3);
    const [first, second, third] = [0, 1, 2].map(() => new HeardCatalogue('posix', room));
    if (first === undefined || second === undefined || third === undefined) throw new Error();
    first.judge(page([row('a'), row('b')], true));
    const judged = second.judge(page([row('a'), row('b')], true));
    expect(judged.page.changed).toEqual([row('a')]);
    expect(judged.troubles.map(({ code }) => code)).toEqual(['limit']);
    expect(third.judge(page([row('a')], true))).toMatchObject({
      page: { changed: [] },
      troubles: [],
    });
    first.judge(page([], false, [row('b')]));
    expect(third.judge(page([row('c')])).page.changed).toEqual([row('c')]);
    first.forget();
    second.judge(page([row('d')], true));
    expect(second.judge(page([row('e')])).page.changed).toEqual([row('e')]);
  });
});
