/** The network as it is now: asks every peer for its links, and puts the answers together. */
import type { PeerId } from '#src/domain/ids.js';
import { namedBy, type Testimony, type Topology, topologyOf } from '#src/domain/topology.js';
import type { Home } from './home.js';
import type { LinkList } from './link-list.js';
import type { Neighbours } from './neighbours.js';
import type { Queries } from './queries.js';

export type Surveyor = {
  readonly home: Pick<Home, 'self'>;
  readonly links: LinkList;
  readonly neighbours: Pick<Neighbours, 'lines' | 'strangers'>;
  readonly queries: Pick<Queries, 'ask'>;
};

/** @throws P2pError `limit` */
export async function survey(surveyor: Surveyor, hops: number | undefined): Promise<Topology> {
  const { home, links, neighbours, queries } = surveyor;
  const { peerId, name } = home.self;
  const heard = new Map<PeerId, Testimony>();
  const self = (): Testimony => ({ peerId, name, load: links.neighbours, links: links.told });
  const isWhole = () =>
    namedBy([self(), ...heard.values()]).every((peer) => peer === peerId || heard.has(peer));
  const answers = queries.ask(
    { about: 'topology' },
    { hops, strangers: neighbours.strangers, isWhole },
  );
  await answers.forEach(({ from, answer }) => {
    if (answer.about === 'topology') heard.set(from.peerId, { ...answer, peerId: from.peerId });
  });
  const names = new Map(neighbours.lines().map((line) => [line.peerId, line.name]));
  return topologyOf(self(), [...heard.values()], (peer) => names.get(peer));
}
