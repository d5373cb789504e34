/** One machine has a file, seven others download it at the same moment, each on a slow link of its own. */
import { cpus } from 'node:os';
import { join } from 'node:path';
import { figure } from '../run/figures.mjs';
import { openLimitedHosts } from '../run/limited-hosts.mjs';
import { freeDiscoveryPort, startPeer } from '../run/peers.mjs';
import { freshFolder, removeFolder } from '../run/scratch.mjs';
import { median } from '../run/statistics.mjs';
import { cpuSeconds } from '../run/usage.mjs';
import { createFile } from './film.mjs';

const MiB = 1024 * 1024;
const RECEIVERS = 7;
const QUICK_BYTES = 8 * MiB;

/** A household's cables, and ones that carry so little that the processors of one machine keep up with eight peers. */
const CABLES = { megabits: 100, bytes: 64 * MiB };
const SLOW_CABLES = { megabits: 20, bytes: 32 * MiB };

const CORES = cpus().length;

/** Kumar and Ross, "Peer-Assisted File Distribution: The Minimum Distribution Time" (2006), where all links are alike. */
function boundMs({ megabits, bytes }) {
  const bytesPerMs = (megabits * 1e6) / 8 / 1000;
  const all = (RECEIVERS * bytes) / ((RECEIVERS + 1) * bytesPerMs);
  return Math.max(bytes / bytesPerMs, all);
}

/** @param {import('../main.mjs').Context} context */
export function measureSwarm(context) {
  return measureOver(CABLES, context);
}

/** @param {import('../main.mjs').Context} context */
export function measureSlowSwarm(context) {
  return measureOver(SLOW_CABLES, context);
}

async function measureOver({ megabits, bytes: most }, { scratch, quick, rounds, log, skip }) {
  const bytes = quick ? QUICK_BYTES : most;
  const film = createFile(join(scratch, 'film.bin'), bytes);
  const samples = [];
  for (let round = 1; round <= rounds; round += 1) {
    let sample;
    try {
      sample = await once({ scratch: freshFolder(scratch, 'peers'), film, bytes, megabits });
    } catch (error) {
      if (!error.message.startsWith('no hosts')) throw error;
      skip('swarm', error.message);
      return { figures: [], samples };
    }
    samples.push(sample);
    log(
      `round ${round} of ${rounds}: ${(sample.ms / 1000).toFixed(2)} s, ${sample.copies.toFixed(2)} copies`,
    );
  }
  return { figures: figuresOf(samples, { megabits, bytes }), samples };
}

function figuresOf(samples, cables) {
  const middle = (key) => median(samples.map((sample) => sample[key]));
  return [
    figure('the last of seven has it after', middle('ms') / 1000, 's'),
    figure('of the least that is possible', middle('ms') / boundMs(cables), 'x', { most: 1.2 }),
    figure('the first of seven has it after', middle('firstMs') / 1000, 's'),
    figure('sent by its owner', middle('copies'), 'copies', { most: 1.3 }),
    figure('the machine was busy', 100 * middle('busy'), '%'),
  ];
}

async function once({ scratch, film, bytes, megabits }) {
  const hosts = await openLimitedHosts(RECEIVERS + 1, megabits);
  try {
    return await download(hosts, { scratch, film, bytes });
  } finally {
    await hosts.end();
    removeFolder(scratch);
  }
}

async function download({ places, traffic }, { scratch, film, bytes }) {
  const discoveryPort = await freeDiscoveryPort();
  const [owner, ...others] = await Promise.all(
    places.map((at, index) => startPeer({ scratch, name: `host-${index + 1}`, discoveryPort, at })),
  );
  owner.say(`share "${film.shared}"`);
  const { value: share } = await owner.when(({ type }) => type === 'share-added');
  await Promise.all(others.map((other) => allKnown(other, share.id)));
  const all = [owner, ...others];
  const sent = () => all.map(({ pid }) => traffic(pid).sentBytes);
  const used = () => all.reduce((sum, { pid }) => sum + cpuSeconds(pid), 0);
  const [before, usedBefore, begun] = [sent(), used(), performance.now()];
  for (const other of others) other.say(`download ${share.id}`);
  const done = await Promise.all(others.map(completed));
  const after = sent();
  const ms = Math.max(...done.map(({ at }) => at)) - begun;
  const cpu = used() - usedBefore;
  for (const { value } of done) film.verify(value.path);
  await Promise.all(all.map((peer) => peer.end()));
  const copies = after.map((count, index) => (count - before[index]) / bytes);
  return {
    ms,
    firstMs: Math.min(...done.map(({ at }) => at)) - begun,
    copies: copies[0],
    copiesOfAll: copies,
    sources: done.map(({ value }) => value.sources),
    busy: cpu / (ms / 1000) / CORES,
  };
}

/** Resolves when it is linked with all others and knows who has the file. */
async function allKnown(peer, id) {
  const ups = new Set();
  await peer.when((line) => {
    if (line.type === 'peer-up') ups.add(line.peerId);
    return ups.size === RECEIVERS;
  });
  for (let number = 0; ; number += 1) {
    peer.say(`list #known-${number}`);
    const { value } = await peer.when(({ ref }) => ref === `known-${number}`);
    if (value.shares.some((row) => row.id === id)) return;
  }
}

async function completed(peer) {
  const done = await peer.when(({ type }) => /^download-(completed|failed)$/.test(type));
  if (done.value.type === 'download-failed') throw new Error(done.value.message);
  return done;
}
