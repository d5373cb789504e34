import { EMPTY, Subject, throwError } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Contents } from '#src/domain/catalogue/contents.js';
import { Directory } from '#src/domain/catalogue/directory.js';
import { P2pError } from '#src/domain/errors.js';
import type { ContentId, PeerId } from '#src/domain/ids.js';
import type { Neighbours } from '#src/peer/network/neighbours.js';
import { Queries } from '#src/peer/network/queries.js';
import type { Library } from '#src/peer/shares/library.js';
import { listRows } from '#src/peer/shares/listing.js';
import { Lookup } from '#src/peer/shares/lookup.js';
import type * as Mesh from '#workers/mesh.js';

const alice = 'alice' as PeerId;
const bob = 'bobob' as PeerId;
const film = `${'0123'.repeat(15)}aaaa` as ContentId;
const song = `${'0123'.repeat(15)}bbbb` as ContentId;

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

/** A peer that knows alice and bob, who are up and whose catalogues are still to come. */
function surroundings(queries: Pick<Queries, 'ask'> = { ask: () => EMPTY }) {
  const contents = new Contents();
  const directory = new Directory();
  const holdersChanged = new Subject<readonly ContentId[]>();
  const lines = [
    { peerId: alice, name: 'alice', state: 'up', host: '10.0.0.1', port: 1 },
    { peerId: bob, name: 'bob', state: 'up', host: '10.0.0.2', port: 1 },
  ];
  for (const { peerId } of lines) directory.peerUp(peerId);
  const whole = (id: ContentId) => {
    const best = contents.best(id);
    return best?.source.kind === 'share' ? { path: best.source.path, name: best.name } : undefined;
  };
  const library = { contents, whole } as unknown as Library;
  const met: PeerId[] = [];
  const need = (peer: PeerId) => {
    met.push(peer);
    return () => undefined;
  };
  const known = { directory, holdersChanged, lines: () => lines, need, strangers: 0 };
  const neighbours = known as unknown as Neighbours;
  return {
    lines,
    met,
    library,
    directory,
    lookup: new Lookup(library, neighbours, queries),
    share: (name: string, id: ContentId) =>
      contents.put(name, {
        id,
        name,
        bytes: 40,
        chunks: 4,
        isOffered: true,
        source: { kind: 'share', path: `/shared/${name}`, fingerprints: '' },
      }),
    offer: (peer: PeerId, ...offered: readonly (readonly [string, ContentId])[]) => {
      const changed = offered.map(([name, id]) => ({ name, id, bytes: 40, chunks: 4, have: 4 }));
      const page = { fresh: false, complete: true, changed, removed: [] };
      holdersChanged.next(directory.take(peer, page));
    },
  };
}

describe('looking a word up', () => {
  it('finds what is here first', async () => {
    const { lookup, share, offer } = surroundings();
    share('film', film);
    offer(alice, ['film', song]);
    const here = { kind: 'here', id: film, name: 'film', path: '/shared/film' };
    expect(await lookup.find('film', undefined)).toEqual(here);
    expect(await lookup.find('film', 'alice')).toMatchObject({ kind: 'offered', id: song });
  });

  it('waits for catalogues on their way and takes the first that has it', async () => {
    const { lookup, offer } = surroundings();
    const found = lookup.find('film', undefined);
    await vi.advanceTimersByTimeAsync(1000);
    offer(bob, ['film', film]);
    expect(await found).toEqual({ kind: 'offered', id: film, name: 'film' });
  });

  it('gives up as soon as everybody has told everything', async () => {
    const { lookup, offer } = surroundings();
    const found = lookup.find('film', undefined);
    offer(alice);
    offer(bob, ['other', song]);
    await vi.advanceTimersByTimeAsync(1100);
    expect(await found).toMatchObject({ kind: 'trouble', trouble: { code: 'not-found' } });
  });

  it.each([
    ['nobody', 'no peer called nobody is here'],
    ['bobob', 'bobob does not offer film'],
    ['bob', 'bob does not offer film'],
    ['ali', 'ali is too short for an id'],
    ['alic', 'alic does not offer film'],
    [undefined, 'nobody here offers film'],
  ])('says why nothing was found of the one it is to come from: %s', async (from, why) => {
    const { lookup, offer } = surroundings();
    const found = lookup.find('film', from);
    offer(alice);
    offer(bob);
    await vi.advanceTimersByTimeAsync(3000);
    expect(await found).toMatchObject({
      trouble: { code: 'not-found', message: expect.stringContaining(why) },
    });
  });

  it('gives up after three seconds of waiting for somebody', async () => {
    const { lookup } = surroundings();
    const found = lookup.find('film', undefined);
    await vi.advanceTimersByTimeAsync(3100);
    expect(await found).toMatchObject({ kind: 'trouble', trouble: { code: 'not-found' } });
  });

  it('asks which is meant where a name means several contents, but not several names of one', async () => {
    const { lookup, offer } = surroundings();
    offer(alice, ['film', film], ['copy', film]);
    expect(await lookup.find(film, undefined)).toMatchObject({ kind: 'offered', id: film });
    offer(bob, ['film', song]);
    const found = await lookup.find('film', undefined);
    expect(found).toMatchObject({ kind: 'trouble', trouble: { code: 'ambiguous' } });
    expect(found.kind === 'trouble' && found.trouble.candidates).toHaveLength(2);
    expect(await lookup.find('0123', undefined)).toMatchObject({ kind: 'trouble' });
    expect(await lookup.find('film', 'bobo')).toMatchObject({ kind: 'offered', id: song });
  });

  it('asks for the id where one peer has several contents of a name, and not whose is meant', async () => {
    const { lookup, offer } = surroundings();
    offer(alice, ['film', film], ['film', song]);
    const found = await lookup.find('film', 'alice');
    expect(found).toMatchObject({ kind: 'trouble', trouble: { code: 'ambiguous' } });
    const { message, candidates } = (found.kind === 'trouble' && found.trouble) || {};
    expect(message).toBe('film of alice means 2 different contents: choose one by its id');
    expect(candidates?.map(({ id, peers }) => [id, peers])).toEqual([
      [film, [alice]],
      [song, [alice]],
    ]);
  });

  it('means what one peer has whole, where he keeps chunks of another content of that name for others', async () => {
    const { lookup, offer, directory } = surroundings();
    offer(alice, ['film', film]);
    const kept = { name: 'film', id: song, bytes: 40, chunks: 4, have: 2 };
    directory.take(alice, { fresh: false, complete: true, changed: [kept], removed: [] });
    expect(await lookup.find('film', 'alice')).toMatchObject({ kind: 'offered', id: film });
    expect(await lookup.find('film', undefined)).toMatchObject({ kind: 'trouble' });
  });

  it('says of candidates that they are here, and who else has them', async () => {
    const { lookup, share, offer } = surroundings();
    share('film', film);
    share('song', song);
    offer(alice, ['other name', song]);
    const found = await lookup.find('0123', undefined);
    const { candidates } = (found.kind === 'trouble' && found.trouble) || {};
    expect(candidates).toMatchObject([
      { id: film, here: true, peers: [] },
      { id: song, here: true, peers: [alice] },
    ]);
  });

  it('knows other contents of a name that is here, and only those that are not', () => {
    const { lookup, share, offer } = surroundings();
    share('film', film);
    expect(lookup.namesakes('film', film)).toEqual([]);
    offer(alice, ['film', film], ['song', song]);
    expect(lookup.namesakes('film', film)).toEqual([]);
    offer(bob, ['film', song]);
    expect(lookup.namesakes('film', film)).toMatchObject([{ id: song, peers: [bob] }]);
    share('copy', song);
    expect(lookup.namesakes('film', film)).toEqual([]);
  });

  it('asks which is meant also where several contents are here, but not several places of one', async () => {
    const { lookup, share } = surroundings();
    share('film', film);
    share('copy', film);
    expect(await lookup.find('0123', undefined)).toMatchObject({ kind: 'here', id: film });
    share('song', song);
    const found = await lookup.find('0123', undefined);
    expect(found).toMatchObject({ kind: 'trouble', trouble: { code: 'ambiguous' } });
    expect(await lookup.find('song', undefined)).toMatchObject({ kind: 'here', id: song });
  });

  it('says that what is offered is here already under another name', async () => {
    const { lookup, share, offer } = surroundings();
    share('mine', film);
    offer(alice, ['film', film]);
    expect(await lookup.find('film', undefined)).toMatchObject({ kind: 'here', id: film });
  });

  it('waits for catalogues as long as it is told, and no longer', async () => {
    const { lookup } = surroundings();
    let isDone = false;
    const waiting = lookup.catalogues(2000).then(() => {
      isDone = true;
    });
    await vi.advanceTimersByTimeAsync(1900);
    expect(isDone).toBe(false);
    await vi.advanceTimersByTimeAsync(200);
    await waiting;
  });
});

/** Everybody linked has told everything, and carl, who is not, is asked and answers. */
function beyond() {
  const asked: string[] = [];
  const send = (_: unknown, order: Mesh.In) => {
    if (order.type !== 'ask' || order.asked.about !== 'content') return;
    const {
      id,
      asked: { word },
    } = order;
    asked.push(word);
    if (word.startsWith('nothing')) return;
    const row = { name: word, id: film, bytes: 40, chunks: 4, have: 4 };
    const from = { peerId: 'carlo' as PeerId, name: 'carl', host: '10.0.0.3', port: 1 };
    const answer = { query: id, about: 'content' as const, rows: [row] };
    // A dial takes a moment.
    setTimeout(() => queries.hear({ type: 'answer-heard', from, answer }), 100);
  };
  const queries = new Queries({ send } as ConstructorParameters<typeof Queries>[0]);
  const around = surroundings(queries);
  around.offer(alice);
  around.offer(bob);
  return { ...around, asked };
}

describe('looking up many words at once', () => {
  const words = Array.from({ length: 9 }, (_, at) => `film ${at}`);

  it('asks everybody for each of them, in turn, and finds them all', async () => {
    const { lookup, asked, met, offer } = beyond();
    const found = Promise.all(words.map((word) => lookup.find(word, undefined)));
    // Carl is linked whenever he is met, and his catalogue comes a second after.
    for (let second = 0; second < 10; second += 1) {
      await vi.advanceTimersByTimeAsync(1000);
      const names = asked.slice(0, met.length).map((word) => [word, film] as const);
      offer(alice, ...names);
    }
    expect(await found).toMatchObject(words.map((name) => ({ kind: 'offered', name })));
    expect(asked.toSorted()).toEqual(words);
  });

  it('says of none that it is not found before everybody was asked for it', async () => {
    const { lookup, asked } = beyond();
    const told = words.map(async (word) => {
      const found = await lookup.find(`nothing ${word}`, undefined);
      expect(asked).toContain(`nothing ${word}`);
      return found;
    });
    await vi.advanceTimersByTimeAsync(3000);
    expect(asked.length).toBeGreaterThanOrEqual(5);
    await vi.advanceTimersByTimeAsync(7000);
    const troubles = Array.from(words, () => ({ trouble: { code: 'not-found' } }));
    expect(await Promise.all(told)).toMatchObject(troubles);
  });

  it('waits for its turn a minute, and says then that the network was not asked', async () => {
    const tooMuch = new P2pError('limit', 'too much for now');
    const { lookup, offer } = surroundings({ ask: () => throwError(() => tooMuch) });
    offer(alice);
    offer(bob);
    const isDone = vi.fn();
    const found = lookup.find('film', undefined);
    void found.then(isDone);
    await vi.advanceTimersByTimeAsync(59_000);
    expect(isDone).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1100);
    expect(await found).toMatchObject({
      trouble: { code: 'not-found', message: expect.stringContaining('try it again') },
    });
  });

  it('asks once for one word, and says within three seconds that it is not found', async () => {
    const { lookup, asked } = beyond();
    const isDone = vi.fn();
    const found = lookup.find('nothing', undefined).then(isDone);
    await vi.advanceTimersByTimeAsync(3000);
    expect(isDone).toHaveBeenCalledOnce();
    await found;
    expect(asked).toEqual(['nothing']);
  });

  it('fails of what asking fails of, unless it is too much for now', async () => {
    const failure = new Error('a fault of ours');
    const { lookup, offer } = surroundings({ ask: () => throwError(() => failure) });
    offer(alice);
    offer(bob);
    const found = lookup.find('film', undefined).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(3100);
    expect(await found).toBe(failure);
  });
});

describe('the list', () => {
  it('has what is here first, one row for each content and name, with how many others have it', () => {
    const { library, directory, share, offer } = surroundings();
    share('film', film);
    offer(alice, ['film', film], ['Song', song]);
    offer(bob, ['film', film]);
    const rows = listRows(library, directory, '');
    expect(rows).toMatchObject([
      { name: 'film', have: 4, path: '/shared/film', sources: 2 },
      { name: 'Song', have: 0, path: null, sources: 1 },
    ]);
    const own = listRows(library, directory, 'film', [{ name: 'film', id: film }]);
    expect(own).toMatchObject([{ name: 'film', shared: true }]);
    expect(listRows(library, directory, 'SON').map(({ name }) => name)).toEqual(['Song']);
  });
});
