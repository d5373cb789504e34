import { describe, expect, it } from 'vitest';
import type { ContentId } from '#src/domain/ids.js';
import type { ListRow } from '#src/peer/rows.js';
import {
  copiesOf,
  countOnlyHere,
  found,
  isHere,
  isOnlyHere,
  sharesFrom,
} from '#web/model/shares.js';

function row(name: string, fields: Partial<ListRow> = {}): ListRow {
  const id = `id of ${name}` as ContentId;
  return { name, id, bytes: 1, chunks: 4, have: 0, path: null, sources: 1, ...fields };
}

describe('the shares of the page', () => {
  it('are found by a part of their name in any case, and by not being here', () => {
    const shares = [row('Film.mkv'), row('film notes', { path: '/here', have: 4 })];
    expect(found(shares, ' FILM', false)).toHaveLength(2);
    expect(found(shares, 'film', true).map(({ name }) => name)).toEqual(['Film.mkv']);
    expect(found(shares, 'music', false)).toEqual([]);
  });

  it('say how many copies there are, and which is the only one', () => {
    expect(copiesOf(row('a', { sources: 2 }))).toBe(2);
    expect(copiesOf(row('a', { sources: 2, path: '/here' }))).toBe(3);
    expect(isOnlyHere(row('a', { sources: 0, path: '/here', shared: true }))).toBe(true);
    expect(isOnlyHere(row('a', { sources: 0 }))).toBe(false);
  });

  it('are here where their user finds them, not where all their chunks are only kept for others', () => {
    const kept = row('a', { have: 4 });
    expect([isHere(kept), copiesOf(kept)]).toEqual([false, 2]);
    expect(found([kept], '', true)).toEqual([kept]);
    expect(isHere(row('a', { path: '/here' }))).toBe(true);
    expect(isHere(row('a folder', { shared: true }))).toBe(true);
  });

  it('count as only here if this peer shares them itself, and not what came from one who has it still', () => {
    const received = row('letter', { sources: 0, path: '/inbox/letter', have: 4 });
    expect([isOnlyHere(received), countOnlyHere([received])]).toEqual([false, undefined]);
    const own = row('own', { sources: 0, path: '/own', shared: true });
    expect(countOnlyHere([received, own])).toBe(1);
    expect(countOnlyHere([received, { ...own, sources: 1 }])).toBe(0);
  });

  it('stay the same objects where nothing changed, so that nothing is drawn again', () => {
    const before = sharesFrom([], [row('b'), row('a')]);
    expect(before.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(sharesFrom(before, [row('a'), row('b')])).toBe(before);
    const after = sharesFrom(before, [row('a', { sources: 5 }), row('b')]);
    expect([after[0] === before[0], after[1] === before[1]]).toEqual([false, true]);
  });
});
