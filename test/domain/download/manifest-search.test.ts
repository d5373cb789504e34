import { expect, it } from 'vitest';
import type { Source } from '#src/domain/download/download-source.js';
import { DownloadSources } from '#src/domain/download/download-sources.js';
import { ManifestSearch } from '#src/domain/download/manifest-search.js';
import type { PeerId } from '#src/domain/ids.js';

const alice = 'a'.repeat(64) as PeerId;
const bob = 'b'.repeat(64) as PeerId;

function searching(...peers: readonly PeerId[]) {
  const sources = new DownloadSources();
  for (const peer of peers) {
    sources.known(peer, 0);
    sourceIn(sources, peer).state = 'connected';
  }
  return { sources, search: new ManifestSearch(sources) };
}

function sourceIn(sources: DownloadSources, peer: PeerId): Source {
  const source = sources.get(peer);
  if (source === undefined) throw new Error('known, but not there');
  return source;
}

const ask = (peer: PeerId) => [{ type: 'ask-manifest', peer }];

it('asks one source, and another one once the first takes its time', () => {
  const { search } = searching(alice, bob);
  expect(search.ask(0)).toEqual(ask(alice));
  expect(search.ask(2999)).toEqual([]);
  expect(search.ask(3000)).toEqual(ask(bob));
});

it('asks another one at once where the one that was asked is lost, not where any other is', () => {
  const { sources, search } = searching(alice, bob);
  search.ask(0);
  search.letGo(sourceIn(sources, bob));
  expect(search.ask(1)).toEqual([]);
  sourceIn(sources, alice).state = 'resting';
  search.letGo(sourceIn(sources, alice));
  expect(search.ask(1)).toEqual(ask(bob));
});

it('expects something of those alone that it asked', () => {
  const { sources, search } = searching(alice, bob);
  search.ask(0);
  expect([alice, bob].map((peer) => search.dutyOf(sourceIn(sources, peer)))).toEqual([
    'idle',
    'none',
  ]);
});

it('asks nobody where nobody is connected, and whoever comes as soon as it does', () => {
  const { sources, search } = searching();
  expect(search.ask(0)).toEqual([]);
  sources.known(alice, 1);
  sourceIn(sources, alice).state = 'connected';
  expect(search.ask(1)).toEqual(ask(alice));
});
