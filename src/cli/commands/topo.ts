import { topologyDot } from '#src/cli/topology-dot.js';
import { P2pError } from '#src/domain/errors.js';
import { QUERY_LIMITS } from '#src/domain/query/query.js';
import type { TopologyOptions } from '#src/peer/api.js';
import { type Command, withRef } from './command.js';

export const topo: Command = {
  name: 'topo',
  usage: 'topo [--hops N] [--dot]',
  about: 'the whole network as a tree, as its peers see it now; or as text for Graphviz',
  options: ['--hops', '--dot'],
  subject: 'none',
  async run({ ref, options }, { peer, output }) {
    const topology = await peer.topology(hopsOf(options.get('--hops')));
    const dot = options.has('--dot') ? { dot: topologyDot(topology) } : {};
    output.tell({ type: 'topology', ...topology, ...dot, ...withRef(ref) });
    return 'done';
  },
};

function hopsOf(text: string | undefined): TopologyOptions {
  if (text === undefined) return {};
  const hops = Number(text);
  if (/^\d{1,2}$/.test(text) && hops >= 1 && hops <= QUERY_LIMITS.mostHops) return { hops };
  throw new P2pError(
    'usage',
    `--hops takes over how many links to ask, 1 to ${QUERY_LIMITS.mostHops}, not ${text}`,
  );
}
