/** What a user waits for: a peer that is ready, sees another, and gets the first chunk. */
import { join } from 'node:path';
import { figure } from '../run/figures.mjs';
import { freeDiscoveryPort, launchPeer, startPeer } from '../run/peers.mjs';
import { alternate, median } from '../run/statistics.mjs';
import { createFile } from './film.mjs';

const FILE_BYTES = 64 * 1024 * 1024;

/** @param {import('../main.mjs').Context} context */
export async function measureStartup({ scratch, rounds, log }) {
  const { shared: file } = createFile(join(scratch, 'song.bin'), FILE_BYTES);
  const discoveryPort = await freeDiscoveryPort();
  const owner = await startPeer({ scratch, name: 'owner', discoveryPort });
  owner.say(`share "${file}"`);
  const { id } = (await owner.when(({ type }) => type === 'share-added')).value;
  const started = () => start({ scratch, discoveryPort, id });
  const samples = await alternate(rounds, { started }, log);
  await owner.end();
  const middle = (key) => median(samples.started.map((sample) => sample[key]));
  return {
    figures: [
      figure('first start to ready', middle('firstReadyMs'), 'ms'),
      figure('start to ready', middle('readyMs'), 'ms', { most: 600 }),
      figure('ready to peer-up', middle('peerUpMs'), 'ms'),
      figure('download to first chunk', middle('firstChunkMs'), 'ms', { most: 150 }),
    ],
    samples,
  };
}

/** The first start makes the identity; the second one is what every later start is. */
async function start({ scratch, discoveryPort, id }) {
  const first = performance.now();
  const made = await startPeer({ scratch, name: 'starter', discoveryPort });
  const firstReadyMs = performance.now() - first;
  await made.end();
  const begun = performance.now();
  const { data, downloads } = made;
  const peer = launchPeer({ name: 'starter', discoveryPort, data, downloads });
  const ready = await peer.when(({ type }) => type === 'ready');
  const up = await peer.when(({ type }) => type === 'peer-up');
  const asked = performance.now();
  peer.say(`download ${id}`);
  const chunk = await peer.when(({ type, have }) => type === 'download-progress' && have > 0);
  await peer.when(({ type }) => type === 'download-completed');
  await peer.end();
  return {
    ms: ready.at - begun,
    firstReadyMs,
    readyMs: ready.at - begun,
    peerUpMs: up.at - ready.at,
    firstChunkMs: chunk.at - asked,
  };
}
