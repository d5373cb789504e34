import { describe, expect, it } from 'vitest';
import { Contents, type Holding } from '#src/domain/catalogue/contents.js';
import type { ContentSource } from '#src/domain/content/content-source.js';
import type { ContentId } from '#src/domain/ids.js';

const id = 'f'.repeat(64) as ContentId;
const other = 'a'.repeat(64) as ContentId;
const share: ContentSource = { kind: 'share', path: '/s', fingerprints: '/f' };
const partial: ContentSource = { kind: 'partial', path: '/p', have: [0, 1] };
const kept: ContentSource = { kind: 'kept', path: '/k', have: [2, 1] };

function holding(source: ContentSource, more: Partial<Holding> = {}): Holding {
  return { id, name: 'film', bytes: 40, chunks: 4, source, isOffered: true, ...more };
}

describe('what this peer holds', () => {
  it('serves a share, gives it away, and owns it, until it is removed', () => {
    const contents = new Contents();
    expect(contents.put('k', holding(share))).toEqual([
      { type: 'owned', id, isOwned: true },
      { type: 'serve', id, source: share },
      { type: 'hold', id, name: 'film', source: share },
    ]);
    expect(contents.remove('k')).toEqual([
      { type: 'owned', id, isOwned: false },
      { type: 'withdraw', id },
      { type: 'let-go', id },
    ]);
    expect(contents.remove('k')).toEqual([]);
    expect(contents.best(id)).toBeUndefined();
  });

  it('serves what is being downloaded, with what has arrived, and does not push it on', () => {
    const contents = new Contents();
    expect(contents.put('p', holding(partial))).toEqual([{ type: 'serve', id, source: partial }]);
    contents.gain('p', [2, 1]);
    expect(contents.takeGains()).toEqual([{ type: 'chunks-added', id, ranges: [2, 1] }]);
    expect(contents.offered()[0]?.source).toEqual({ ...partial, have: [0, 1, 2, 1] });
    contents.gain('nothing', [0, 1]);
    expect(contents.takeGains()).toEqual([]);
  });

  it('tells chunks that came one by one together, and none that something newer has told', () => {
    const contents = new Contents();
    contents.put('p', holding(partial));
    contents.gain('p', [3, 1]);
    contents.gain('p', [2, 1]);
    expect(contents.takeGains()).toEqual([{ type: 'chunks-added', id, ranges: [2, 2] }]);
    contents.gain('p', [1, 1]);
    contents.put('p', holding({ ...partial, have: [0, 4] }));
    expect(contents.takeGains()).toEqual([]);
  });

  it('says of gained chunks whether they are the first', () => {
    const contents = new Contents();
    contents.put('p', holding({ ...partial, have: [] }));
    expect(contents.gain('p', [3, 1])).toBe(true);
    expect(contents.gain('p', [2, 1])).toBe(false);
    expect(contents.gain('nothing', [2, 1])).toBe(false);
  });

  it('takes the better way when there is one, and goes back when it is gone', () => {
    const contents = new Contents();
    contents.put('k', holding(kept));
    expect(contents.put('p', holding(partial)).map(({ type }) => type)).toEqual([
      'serve',
      'let-go',
    ]);
    contents.gain('k', [3, 1]);
    expect(contents.takeGains()).toEqual([]);
    const better = contents.put('s', holding(share)).map(({ type }) => type);
    expect(better).toEqual(['owned', 'serve', 'hold']);
    // What is shared no more is not pushed on from where it was shared.
    const back = contents.remove('s').map(({ type }) => type);
    expect(back).toEqual(['owned', 'serve', 'let-go']);
    expect(contents.remove('p')).toEqual([
      { type: 'serve', id, source: { ...kept, have: [2, 2] } },
      { type: 'hold', id, name: 'film', source: { ...kept, have: [2, 2] } },
    ]);
  });

  it('offers nothing that may not be offered', () => {
    const contents = new Contents();
    expect(contents.put('p', holding(partial, { isOffered: false }))).toEqual([]);
    contents.gain('p', [1, 1]);
    expect(contents.takeGains()).toEqual([]);
    expect(contents.catalogue()).toEqual([]);
    expect(contents.takeChanges()).toEqual({ changed: [], removed: [] });
    expect(contents.best(id)?.have.count).toBe(2);
  });

  it('moves a key from one content to another', () => {
    const contents = new Contents();
    contents.put('k', holding(share));
    const orders = contents.put('k', holding(share, { id: other }));
    expect(orders.map((order) => [order.type, order.id])).toEqual([
      ['owned', id],
      ['withdraw', id],
      ['let-go', id],
      ['owned', other],
      ['serve', other],
      ['hold', other],
    ]);
  });

  it('tells what the catalogue gained and lost since it last told', () => {
    const contents = new Contents();
    contents.put('a', holding(share));
    contents.put('b', holding(share, { name: 'copy' }));
    const row = { id, bytes: 40, chunks: 4, have: 4 };
    expect(contents.takeChanges()).toEqual({
      changed: [
        { ...row, name: 'film' },
        { ...row, name: 'copy' },
      ],
      removed: [],
    });
    expect(contents.takeChanges()).toEqual({ changed: [], removed: [] });
    contents.remove('b');
    expect(contents.takeChanges()).toEqual({ changed: [], removed: [{ name: 'copy', id }] });
    contents.put('c', holding(partial, { id: other }));
    contents.takeChanges();
    contents.gain('c', [1, 3]);
    expect(contents.takeChanges().changed).toMatchObject([{ id: other, have: 4 }]);
    contents.remove('a');
    contents.remove('c');
    expect(contents.takeChanges().removed).toHaveLength(2);
  });
});
