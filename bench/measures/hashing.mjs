/** How fast a file becomes a share, against the bare hash in one thread. */
import { fileURLToPath } from 'node:url';
import { launch } from '../run/child.mjs';
import { figure } from '../run/figures.mjs';
import { freeDiscoveryPort, startPeer } from '../run/peers.mjs';
import { alternate, median } from '../run/statistics.mjs';
import { createFilm } from './film.mjs';

const MiB = 1024 * 1024;

const BARE_HASH = fileURLToPath(new URL('../programs/bare-hash.mjs', import.meta.url));

/** @param {import('../main.mjs').Context} context */
export async function measureHashing({ scratch, quick, rounds, log }) {
  const { bytes, shared: file } = createFilm({ scratch, quick });
  const contenders = {
    'p2p share': () => share(scratch, file),
    'bare BLAKE3': () => bareHash(file),
  };
  const samples = await alternate(rounds, contenders, log);
  const ms = (name) => median(samples[name].map((sample) => sample.ms));
  const ours = ms('p2p share');
  const rates = Object.keys(samples).map((name) =>
    figure(name, bytes / MiB / (ms(name) / 1000), 'MiB/s'),
  );
  return {
    figures: [...rates, figure('of bare BLAKE3', ms('bare BLAKE3') / ours, 'x', { least: 0.8 })],
    samples,
  };
}

/** From the `share` command to `share-added`. */
async function share(scratch, file) {
  const discoveryPort = await freeDiscoveryPort();
  const peer = await startPeer({ scratch, name: 'sharer', discoveryPort });
  const begun = performance.now();
  peer.say(`share "${file}"`);
  const added = await peer.when(({ type }) => type === 'share-added');
  await peer.end();
  return { ms: added.at - begun };
}

async function bareHash(file) {
  const program = launch(process.execPath, [BARE_HASH, file], { label: 'bare hash' });
  const { value } = await program.when(({ type }) => type === 'done');
  await program.gone;
  return { ms: value.ms };
}
