/** Thirty peers who say things to each other: how soon it is everywhere, how soon the mesh heals, what it costs idle. */
import { setTimeout as pause } from 'node:timers/promises';
import { figure } from '../run/figures.mjs';
import { openNamespace } from '../run/namespace.mjs';
import { freeDiscoveryPort, startPeer } from '../run/peers.mjs';
import { median } from '../run/statistics.mjs';
import { cpuSeconds } from '../run/usage.mjs';

const PEERS = 30;
const QUICK_PEERS = 6;

/** A peer looks for free ports in sixteen places only; in a namespace of its own all others are free. */
const FIRST_PORT = 20_000;
const PORTS_PER_PEER = 4;

/** One after the other, by one after the other. */
const MESSAGES = 100;
const QUICK_MESSAGES = 10;
/** Not all at once, as people do not speak all at once; and then each finds the machine idle. */
const BETWEEN_MS = 100;

/** Longer than a pulse of the mesh is waited for; all have found each other, and code that runs seldom is compiled. */
const SETTLE_MS = 75_000;
const IDLE_MS = 60_000;
const QUICK_MS = 2000;

/** How often it is looked whether the mesh is one again. */
const LOOK_MS = 5;
const HEALED_WITHIN_MS = 60_000;

/** @param {import('../main.mjs').Context} context */
async function measureMeshTalk({ scratch, quick, log }) {
  const crowd = await startCrowd({ scratch, quick, log });
  const { peers } = crowd;
  const delays = [];
  for (let number = 0; number < (quick ? QUICK_MESSAGES : MESSAGES); number += 1) {
    delays.push(...(await said(peers[(7 * number) % peers.length], `message ${number}`, peers)));
    await pause(BETWEEN_MS);
  }
  expectOnce(peers);
  const killed = peers.filter((_, index) => index % 3 === 1);
  const living = peers.filter((_, index) => index % 3 !== 1);
  const healedMs = await heal(killed, living);
  const after = await said(living[0], 'after', living);
  expectOnce(living);
  await crowd.end();
  const sorted = delays.toSorted((one, other) => one - other);
  const p99 = sorted[Math.floor(0.99 * sorted.length)];
  return {
    figures: [
      figure('say to shown, median', median(sorted), 'ms', { most: 100 }),
      figure('say to shown, p99', p99, 'ms'),
      figure('say to shown, most', sorted.at(-1), 'ms', { most: 500 }),
      figure(`one mesh again after ${killed.length} died`, healedMs, 'ms', { most: 15_000 }),
      figure('say to shown after that, most', Math.max(...after), 'ms', { most: 500 }),
    ],
    samples: { delays, after, healedMs },
  };
}

/** @param {import('../main.mjs').Context} context */
async function measureMeshIdle({ scratch, quick, log }) {
  const crowd = await startCrowd({ scratch, quick, log });
  const { peers, traffic } = crowd;
  await pause(quick ? QUICK_MS : SETTLE_MS);
  const begun = performance.now();
  const before = traffic();
  const cpuBefore = peers.map(({ pid }) => cpuSeconds(pid));
  await pause(quick ? QUICK_MS : IDLE_MS);
  const seconds = (performance.now() - begun) / 1000;
  const after = traffic();
  const cores = peers.map(({ pid }, index) => (cpuSeconds(pid) - cpuBefore[index]) / seconds);
  await crowd.end();
  const each = (all) => all / seconds / peers.length;
  return {
    figures: [
      figure('idle, of a core, mean', (100 * sumOf(cores)) / peers.length, '%', { most: 1 }),
      figure('idle, of a core, the busiest', 100 * Math.max(...cores), '%'),
      figure('idle, sent', each(after.bytes - before.bytes) / 1000, 'kB/s', { most: 2 }),
      figure('idle, packets', each(after.packets - before.packets), 'per s'),
    ],
    samples: { cores, seconds },
  };
}

/** All that is measured of it, each part with peers of its own. */
export const MESH_PARTS = { 'mesh-talk': measureMeshTalk, 'mesh-idle': measureMeshIdle };

/** @param {import('../main.mjs').Context} context */
export async function measureMesh(context) {
  const found = { figures: [], samples: {} };
  for (const [name, measurePart] of Object.entries(MESH_PARTS)) {
    const { figures, samples } = await measurePart(context);
    found.figures.push(...figures);
    found.samples[name] = samples;
  }
  return found;
}

/** Resolves when they are one mesh and all know each other. */
async function startCrowd({ scratch, quick, log }) {
  const namespace = await openNamespace();
  const discoveryPort = await freeDiscoveryPort();
  const size = quick ? QUICK_PEERS : PEERS;
  const peers = [];
  for (let number = 0; number < size; number += 1) {
    const name = `peer-${number}`;
    const port = FIRST_PORT + number * PORTS_PER_PEER;
    const peer = await startPeer({ scratch, name, discoveryPort, port, at: namespace.at });
    peers.push({ ...peer, peerId: peer.ready.peerId, ...remembering(peer) });
  }
  for (const { ups } of peers) await ups.complete(size - 1);
  if (!isOneMesh(peers)) await untilOneMesh(peers);
  log(`${size} peers are one mesh`);
  const end = async () => {
    await Promise.all(peers.map((peer) => peer.end()));
    await namespace.end();
  };
  return { peers, traffic: () => namespace.traffic(), end };
}

/** What it says of others, as it says it. */
function remembering(peer) {
  const neighbours = new Set();
  const shown = new Map();
  const ids = new Set();
  let told = () => undefined;
  peer.each(({ at, value }) => {
    if (value.type === 'link-up') neighbours.add(value.peerId);
    if (value.type === 'link-down') neighbours.delete(value.peerId);
    if (value.type === 'peer-up') ids.add(value.peerId);
    if (value.type === 'message') shown.set(value.text, [...(shown.get(value.text) ?? []), at]);
    told();
  });
  const until = (test) =>
    new Promise((resolve) => {
      told = () => {
        if (test()) resolve();
      };
      told();
    });
  return { neighbours, shown, until, ups: { complete: (count) => until(() => ids.size >= count) } };
}

/** @returns after how many ms each of the others was shown it. */
async function said(by, text, peers) {
  const others = peers.filter((peer) => peer !== by);
  const begun = performance.now();
  by.say(`say ${text}`);
  await Promise.all(others.map(({ shown, until }) => until(() => shown.has(text))));
  return others.map(({ shown }) => shown.get(text)[0] - begun);
}

/** @throws where anybody was shown anything twice. */
function expectOnce(peers) {
  for (const { shown } of peers) {
    const twice = [...shown].filter(([, times]) => times.length !== 1);
    if (twice.length > 0) throw new Error(`shown more than once: ${JSON.stringify(twice[0])}`);
  }
}

/** @returns after how many ms nobody takes the dead for neighbours, and the living are one mesh. */
async function heal(killed, living) {
  const begun = performance.now();
  for (const peer of killed) peer.signal('SIGKILL');
  await Promise.all(killed.map(({ gone }) => gone));
  const dead = killed.map(({ peerId }) => peerId);
  while (living.some(({ neighbours }) => dead.some((id) => neighbours.has(id)))) {
    await pause(LOOK_MS);
  }
  await untilOneMesh(living);
  return performance.now() - begun;
}

async function untilOneMesh(peers) {
  const begun = performance.now();
  while (!isOneMesh(peers)) {
    if (performance.now() - begun > HEALED_WITHIN_MS) throw new Error('they are no mesh');
    await pause(LOOK_MS);
  }
}

/** Whether all are reached from the first, over neighbours of whom both say so. */
function isOneMesh(peers) {
  const views = new Map(peers.map(({ peerId, neighbours }) => [peerId, neighbours]));
  const reached = new Set([peers[0].peerId]);
  for (const peerId of reached) {
    for (const other of views.get(peerId)) {
      if (views.get(other)?.has(peerId)) reached.add(other);
    }
  }
  return reached.size === peers.length;
}

function sumOf(values) {
  return values.reduce((sum, one) => sum + one, 0);
}
