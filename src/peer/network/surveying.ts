/** The network as it is now: asks every peer for its links, and puts the answers together. */
import type { PeerId } from '#src/domain/ids.js';
import { type Testimony, type Topology, topologyOf } from '#src/domain/query/topology.js';
import { Unheard } from '#src/domain/query/unheard.js';
import type { Home } from '#src/peer/home.js';
import type { LinkList } from './link-list.js';
import type { Neighbours } from './neighbours.js';
import type { Queries } from './queries.js';

export type Surveyor = {
  readonly home: Pick<Home, 'self'>;
  readonly links: Pick<LinkList, 'neighbours' | 'told'>;
  readonly neighbours: Pick<Neighbours, 'isRefused' | 'lines' | 'strangers'>;
  readonly queries: Pick<Queries, 'ask'>;
};

/** Who is blocked or banned is left out, whoever names him. @throws P2pError `limit` */
export async function survey(surveyor: Surveyor, hops: number | undefined): Promise<Topology> {
  const { home, links, neighbours, queries } = surveyor;
  const { peerId, name } = home.self;
  const unrefused = (said: Testimony): Testimony => {
    return { ...said, links: said.links.filter((link) => !neighbours.isRefused(link.peerId)) };
  };
  const self = () => unrefused({ peerId, name, load: links.neighbours, links: links.told });
  const heard = new Map<PeerId, Testimony>();
  const unheard = new Unheard();
  const isWhole = () => {
    unheard.hear(self());
    return unheard.isNobody;
  };
  const answers = queries.ask(
    { about: 'topology' },
    { hops, strangers: neighbours.strangers, isWhole },
  );
  await answers.forEach(({ from, answer }) => {
    if (answer.about !== 'topology') return;
    const said = unrefused({ ...answer, peerId: from.peerId });
    heard.set(from.peerId, said);
    unheard.hear(said);
  });
  const names = new Map(neighbours.lines().map((line) => [line.peerId, line.name]));
  // Once more: somebody may have been blocked while the others answered.
  const all = [...heard.values()].filter((said) => !neighbours.isRefused(said.peerId));
  return topologyOf(self(), all.map(unrefused), (peer) => names.get(peer));
}
