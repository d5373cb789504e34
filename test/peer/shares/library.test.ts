import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ContentId } from '#src/domain/ids.js';
import type { Crew } from '#src/peer/crew.js';
import { Library } from '#src/peer/shares/library.js';

const id = 'a'.repeat(64) as ContentId;

/** A library with a content of which nothing is here yet, and what actors were told since. */
function growing() {
  const told: { readonly actor: string; readonly message: { readonly type: string } }[] = [];
  const crew = {
    send: (actor: string, message: { type: string }) => told.push({ actor, message }),
  };
  const library = new Library(crew as unknown as Crew);
  library.put('p', {
    id,
    name: 'film',
    bytes: 100,
    chunks: 100,
    isOffered: true,
    source: { kind: 'partial', path: '/p', have: [] },
  });
  vi.advanceTimersByTime(2000);
  told.length = 0;
  return {
    library,
    toServer: () =>
      told.flatMap(({ actor, message }) => (actor === 'transfer-server' ? message : [])),
    toDistributor: () =>
      told.flatMap(({ actor, message }) => (actor === 'distributor' ? message : [])),
    toLinks: () => told.flatMap(({ actor, message }) => (actor === 'mesh' ? message : [])),
  };
}

describe('a library of what grows', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  it('lets those who fetch from it hear of each chunk within 25 ms, of many in one message', () => {
    const { library, toServer } = growing();
    library.gain('p', [7, 1]);
    expect(toServer()).toEqual([{ type: 'chunks-added', id, ranges: [7, 1] }]);
    for (let index = 10; index < 60; index += 1) library.gain('p', [index, 1]);
    vi.advanceTimersByTime(25);
    expect(toServer().slice(1)).toEqual([{ type: 'chunks-added', id, ranges: [10, 50] }]);
    library.close();
  });

  it('says nothing of it to the distributor, which gives on only what is no longer fetched', () => {
    const { library, toServer, toDistributor } = growing();
    library.gain('p', [7, 1]);
    expect(toServer()).toHaveLength(1);
    expect(toDistributor()).toEqual([]);
    library.close();
  });

  it('lets all links hear at once that there is any, and once a second how much', () => {
    const { library, toLinks } = growing();
    library.gain('p', [0, 1]);
    vi.advanceTimersByTime(100);
    expect(toLinks()).toMatchObject([{ changed: [{ have: 1 }] }]);
    for (let index = 1; index < 60; index += 1) {
      library.gain('p', [index, 1]);
      vi.advanceTimersByTime(100);
    }
    vi.advanceTimersByTime(1200);
    const told = toLinks().filter((message) => 'changed' in message);
    expect(told.length).toBeLessThanOrEqual(10);
    expect(told.at(-1)).toMatchObject({ changed: [{ have: 60 }] });
    library.close();
  });
});
