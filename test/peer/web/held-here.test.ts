import { describe, expect, it } from 'vitest';
import { Contents, type Holding } from '#src/domain/catalogue/contents.js';
import type { ContentId } from '#src/domain/ids.js';
import { chunkMapHere, locateHere } from '#src/peer/web/held-here.js';

const ID = 'abcd'.repeat(16) as ContentId;
const OTHER = 'abce'.repeat(16) as ContentId;

const share = (id: ContentId, name: string): Holding => ({
  id,
  name,
  bytes: 10,
  chunks: 3,
  source: { kind: 'share', path: `/s/${name}`, fingerprints: '/f' },
  isOffered: true,
});

const part = (id: ContentId, kind: 'partial' | 'kept'): Holding => ({
  ...share(id, 'film'),
  source: { kind, path: '/p', have: [1, 1] },
});

function holding(...all: readonly Holding[]): Contents {
  const contents = new Contents();
  for (const [key, one] of all.entries()) contents.put(`${key}`, one);
  return contents;
}

describe('where a share lies', () => {
  it('is told by its name, its id, or the beginning of that', () => {
    const contents = holding(share(ID, 'film'), share(OTHER, 'notes'));
    for (const word of ['film', ID, ID.slice(0, 4)]) {
      expect(locateHere(contents, word, 2)).toEqual({
        id: ID,
        name: 'film',
        source: { kind: 'share', path: '/s/film', fingerprints: '/f' },
        has: true,
      });
    }
  });

  it('is told of what is on its way too, and whether a chunk is here', () => {
    const contents = holding(part(ID, 'partial'));
    expect(locateHere(contents, 'film', 1)).toMatchObject({ has: true, source: { have: [] } });
    expect(locateHere(contents, 'film', 0)).toMatchObject({ has: false });
  });

  it('is shown by which chunks are here, but not of what is kept for others', () => {
    const partial = holding(part(ID, 'partial'));
    expect(chunkMapHere(partial, ID)).toEqual({ chunks: 3, have: 1, cells: [0, 100, 0] });
    const kept = holding(part(ID, 'kept'));
    expect(chunkMapHere(kept, ID)).toEqual({ chunks: 0, have: 0, cells: [] });
    const several = holding(share(ID, 'film'), share(OTHER, 'film'));
    expect(() => chunkMapHere(several, 'film')).toThrow(
      expect.objectContaining({ code: 'ambiguous' }),
    );
  });

  it.each(['', 'abc', 'fil', 'Film', '__proto__'])('is of nothing called %j', (word) => {
    const contents = holding(share(ID, 'film'));
    expect(() => locateHere(contents, word, 0)).toThrow(
      expect.objectContaining({ code: 'not-found' }),
    );
  });

  it('is not told of what is kept for others', () => {
    const contents = holding(part(ID, 'kept'));
    for (const word of ['film', ID]) {
      expect(() => locateHere(contents, word, 1)).toThrow(
        expect.objectContaining({ code: 'not-found' }),
      );
    }
  });

  it('is asked once more where a name means several contents, with their ids', () => {
    const contents = holding(share(ID, 'film'), share(OTHER, 'film'), share(ID, 'film'));
    expect(() => locateHere(contents, 'film', 0)).toThrow('abcdabcd, abceabce');
  });
});
