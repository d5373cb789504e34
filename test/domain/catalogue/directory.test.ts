import { describe, expect, it } from 'vitest';
import type { CatalogueRow } from '#src/domain/catalogue/catalogue.js';
import { Directory } from '#src/domain/catalogue/directory.js';
import { RowRoom } from '#src/domain/catalogue/row-room.js';
import type { ContentId, PeerId } from '#src/domain/ids.js';

const alice = 'alice' as PeerId;
const bob = 'bob' as PeerId;
const film = 'f'.repeat(64) as ContentId;
const song = 'a'.repeat(64) as ContentId;

function row(name: string, id: ContentId, have: number, chunks = 4): CatalogueRow {
  return { name, id, bytes: chunks * 10, chunks, have };
}

function page(changed: readonly CatalogueRow[], more: object = {}) {
  return { fresh: false, complete: true, changed, removed: [], ...more };
}

describe('the directory', () => {
  it('knows who holds how much of what, the best of several names', () => {
    const directory = new Directory();
    directory.peerUp(alice);
    directory.peerUp(bob);
    expect(directory.take(alice, page([row('x', film, 1), row('y', film, 4)]))).toEqual([film]);
    expect(directory.take(bob, page([row('x', film, 2)]))).toEqual([film]);
    expect([...directory.holders(film)]).toEqual([
      [alice, 4],
      [bob, 2],
    ]);
    const removed = [{ name: 'y', id: film }];
    expect(directory.take(alice, page([], { removed }))).toEqual([film]);
    expect(directory.holders(film).get(alice)).toBe(1);
    expect(directory.sources(film)).toBe(2);
  });

  it('goes by the least that anybody says of a size, whoever repeats the name and the id with more', () => {
    const directory = new Directory();
    const said = { ...row('x', film, 4), bytes: 2 ** 52 };
    for (const peer of [bob, alice]) directory.peerUp(peer);
    directory.take(bob, page([said]));
    directory.take(alice, page([row('x', film, 4)]));
    expect([directory.leastBytes(film), directory.leastBytes(song)]).toEqual([40, undefined]);
  });

  it('tells only of what changed', () => {
    const directory = new Directory();
    directory.peerUp(alice);
    directory.take(alice, page([row('x', film, 1)]));
    expect(directory.take(alice, page([row('x', film, 1)]))).toEqual([]);
    expect(directory.take(alice, page([row('z', film, 1)]))).toEqual([]);
    expect(directory.take(alice, page([], { removed: [{ name: 'q', id: song }] }))).toEqual([]);
  });

  it('forgets the old catalogue when a fresh one begins, and all of who goes', () => {
    const directory = new Directory();
    directory.peerUp(alice);
    directory.take(alice, page([row('x', film, 4)]));
    const changed = directory.take(alice, page([row('y', song, 4)], { fresh: true }));
    expect(new Set(changed)).toEqual(new Set([film, song]));
    expect(directory.holders(film).size).toBe(0);
    expect(directory.peerDown(alice)).toEqual([song]);
    expect(directory.offers()).toEqual([]);
    expect(directory.take(alice, page([row('x', film, 4)]))).toEqual([]);
  });

  it('counts who lists a content without chunks as its source, not who holds nothing of another', () => {
    const directory = new Directory();
    directory.peerUp(alice);
    directory.take(alice, page([row('empty', song, 0, 0), row('x', film, 0)]));
    expect(directory.isSource(alice, song)).toBe(true);
    expect(directory.isSource(alice, film)).toBe(false);
    expect(directory.offers().map(({ name }) => name)).toEqual(['empty']);
  });

  it('joins what several offer under one name, and can look at one peer alone', () => {
    const directory = new Directory();
    for (const peer of [alice, bob]) {
      directory.peerUp(peer);
      directory.take(peer, page([row('x', film, 4)]));
    }
    directory.take(bob, page([row('x', song, 4)]));
    expect(directory.offers()).toHaveLength(2);
    expect(directory.offers()[0]).toMatchObject({ id: film, peers: [alice, bob] });
    expect(directory.offers(alice).map(({ id }) => id)).toEqual([film]);
    expect([...directory.all()]).toHaveLength(3);
  });

  it('is complete once every linked peer has told everything', () => {
    const directory = new Directory();
    expect(directory.isComplete).toBe(true);
    directory.peerUp(alice);
    directory.take(alice, page([], { complete: false }));
    expect(directory.isComplete).toBe(false);
    directory.take(alice, page([]));
    expect(directory.isComplete).toBe(true);
  });

  it('keeps no more rows of all peers together than it has room for, and uses what gets free (CVE-2026-95859)', () => {
    const directory = new Directory(new RowRoom(3));
    directory.peerUp(alice);
    directory.peerUp(bob);
    directory.take(alice, page([row('x', film, 1), row('y', film, 1)]));
    expect(directory.take(bob, page([row('x', film, 1), row('z', song, 1)]))).toEqual([film]);
    expect(directory.offers(bob).map(({ name }) => name)).toEqual(['x']);
    directory.take(alice, page([], { removed: [{ name: 'x', id: film }] }));
    expect(directory.take(bob, page([row('z', song, 1)]))).toEqual([song]);
    directory.peerDown(alice);
    directory.take(bob, page([row('x', film, 2), row('z', song, 2), row('v', song, 2)]));
    expect(directory.offers(bob)).toHaveLength(3);
    directory.take(bob, page([row('a', film, 1), row('b', song, 1)], { fresh: true }));
    directory.peerUp(bob);
    directory.take(bob, page([row('a', film, 1), row('b', song, 1), row('c', song, 1)]));
    expect(directory.offers(bob)).toHaveLength(3);
  });
});
