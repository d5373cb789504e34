/** Our own peers, as a user starts them: `bin/p2p start --json`, on loopback, apart from every other network, unless told. */
import { createSocket } from 'node:dgram';
import { fileURLToPath } from 'node:url';
import { launch } from './child.mjs';
import { freshFolder } from './scratch.mjs';

/** Where a peer runs: the commands that lead there, and its address. */
const HERE = { way: [], host: '127.0.0.1' };

const PROGRAM = fileURLToPath(new URL('../../bin/p2p', import.meta.url));

/** @returns a UDP port that nobody announces on. */
export function freeDiscoveryPort() {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4').once('error', reject);
    socket.bind(0, '127.0.0.1', () => {
      const { port } = socket.address();
      socket.close(() => resolve(port));
    });
  });
}

/**
 * @param {{ scratch: string, name: string, discoveryPort: number, share?: string, port?: number, preload?: string,
 *   keepData?: boolean, env?: Record<string, string>, at?: typeof HERE }} options `preload` is a module for each of its threads.
 */
export async function startPeer(options) {
  const folder = freshFolder(options.scratch, options.name);
  const downloads = `${folder}/downloads`;
  const data = `${folder}/data`;
  const peer = launchPeer({ ...options, data, downloads });
  const ready = await peer.when((line) => line.type === 'ready');
  return { ...peer, ready: ready.value, data, downloads };
}

/** The process alone, on folders that are given. */
export function launchPeer(options) {
  const { way, host } = options.at ?? HERE;
  const args = [PROGRAM, 'start', '--json', '--host', host, '--name', options.name];
  args.push('--data', options.data, '--downloads', options.downloads);
  args.push('--discovery-port', String(options.discoveryPort));
  if (options.port !== undefined) args.push('--port', String(options.port));
  if (options.share !== undefined) args.push('--share', options.share);
  // Background giving would measure itself.
  const env = { P2P_DISTRIBUTION_ENABLED: 'false', ...options.env };
  if (options.preload !== undefined) env.NODE_OPTIONS = `--import=${options.preload}`;
  const [command, ...rest] = [...way, process.execPath, ...args];
  return launch(command, rest, { label: `peer ${options.name}`, env });
}

/** Peers that share one file or folder, and one that knows it from all of them. `places` are those of the two kinds. */
export async function startSwarm({ scratch, shared, sources, preload, env, places = {} }) {
  const discoveryPort = await freeDiscoveryPort();
  const owners = [];
  for (let number = 1; number <= sources; number += 1) {
    const name = `source-${number}`;
    owners.push(await startPeer({ scratch, name, discoveryPort, preload, env, at: places.owners }));
  }
  const begun = performance.now();
  for (const owner of owners) owner.say(`share "${shared}"`);
  const added = await Promise.all(
    owners.map((owner) => owner.when((line) => line.type === 'share-added')),
  );
  const who = { name: 'fetcher', at: places.fetcher };
  const fetcher = await startPeer({ scratch, discoveryPort, preload, env, ...who });
  await knowsSources(fetcher, added[0].value.id, sources);
  const sharingMs = Math.max(...added.map(({ at }) => at)) - begun;
  return { owners, fetcher, share: added[0].value, sharingMs };
}

async function knowsSources(fetcher, id, sources) {
  const ups = new Set();
  await fetcher.when((line) => {
    if (line.type === 'peer-up') ups.add(line.peerId);
    return ups.size === sources;
  });
  fetcher.say('list #known');
  const { value } = await fetcher.when((line) => line.type === 'list' && line.ref === 'known');
  const found = value.shares.find((row) => row.id === id)?.sources ?? 0;
  if (found !== sources) throw new Error(`${found} of ${sources} sources are known`);
}
