/**
 * How exactly limits are kept: what the system counts as written by the thread that gives, or read by the one that takes,
 * over every five seconds of a download, and how evenly two share.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { figure } from '../run/figures.mjs';
import { freeDiscoveryPort, startPeer, startSwarm } from '../run/peers.mjs';
import { createFilm } from './film.mjs';

const KiB = 1024;
const MiB = 1024 * KiB;

const SAMPLE_MS = 100;
/** The time over which a limit is promised. */
const WINDOW_MS = 5000;
/** Some dozen such windows. */
const WATCHED_MS = 8000;
/** Connections begin with what a socket holds; after that every window counts. */
const WARM_UP_MS = 2000;

const RATES = {
  '64 KiB/s': 64 * KiB,
  '1 MiB/s': MiB,
  '10 MiB/s': 10 * MiB,
  '100 MiB/s': 100 * MiB,
};

/** Datagrams are not among what the system counts as read and written. */
const TCP = { P2P_TRANSFER_TRANSPORT: 'tcp' };

/** Of what was allowed, at any five seconds. */
const EXACT = { least: 0.95, most: 1.05 };

/** Node reads a socket by so much at a time: one that is read a moment sooner is not too much. */
const READ_BYTES = 64 * KiB;

/** @param {import('../main.mjs').Context} context */
export async function measureLimits(context) {
  const film = createFilm(context);
  const rates = context.quick ? { '10 MiB/s': RATES['10 MiB/s'] } : RATES;
  const figures = [];
  const samples = {};
  for (const way of ['upload', 'download']) {
    for (const [name, rate] of Object.entries(rates)) {
      const { ratios } = await limited(context, film, way, rate);
      samples[`${way} ${name}`] = ratios;
      const step = way === 'upload' ? 0 : READ_BYTES / (rate * (WINDOW_MS / 1000));
      figures.push(...spread(`${way} ${name}`, ratios, step));
      context.log(`${way} ${name}: ${ratios.length} windows`);
    }
  }
  const shares = await twoFetchers(context, film);
  figures.push(
    figure('two who fetch at 10 MiB/s, the lesser of the greater', shares, 'x', { least: 0.9 }),
  );
  return { figures, samples };
}

function spread(name, ratios, step) {
  return [
    figure(`${name}, least of any 5 s`, Math.min(...ratios), 'x', {
      least: rounded(EXACT.least - step),
    }),
    figure(`${name}, most of any 5 s`, Math.max(...ratios), 'x', {
      most: rounded(EXACT.most + step),
    }),
  ];
}

function rounded(ratio) {
  return Math.round(ratio * 100) / 100;
}

async function limited(context, film, way, rate) {
  const { owners, fetcher, share } = await startSwarm({
    ...context,
    ...film,
    sources: 1,
    env: TCP,
  });
  const [owner] = owners;
  const limitedOne = way === 'upload' ? owner : fetcher;
  await setLimit(limitedOne, way, rate);
  fetcher.say(`download ${share.id}`);
  await fetcher.when(({ type }) => type === 'download-started');
  const lastsMs = (film.bytes / rate) * 1000;
  const ms = Math.min(WATCHED_MS, 0.9 * lastsMs - WARM_UP_MS);
  await sleep(WARM_UP_MS);
  const ratios = await windows(limitedOne.pid, way === 'upload' ? 'wchar' : 'rchar', rate, ms);
  await Promise.all([owner, fetcher].map((peer) => peer.end()));
  return { ratios };
}

/** @returns for each window what moved of what was allowed. */
async function windows(pid, field, rate, ms) {
  const samples = [];
  const begun = performance.now();
  while (performance.now() - begun < ms) {
    samples.push({ at: performance.now(), threads: bytesByThread(pid, field) });
    await sleep(SAMPLE_MS);
  }
  const moved = (thread) => samples.at(-1).threads.get(thread) - samples[0].threads.get(thread);
  const busiest = Array.from(samples[0].threads.keys()).toSorted((a, b) => moved(b) - moved(a))[0];
  const ratios = [];
  for (const first of samples) {
    const last = samples.find(({ at }) => at - first.at >= WINDOW_MS);
    if (last === undefined) break;
    const bytes = last.threads.get(busiest) - first.threads.get(busiest);
    ratios.push(bytes / (((last.at - first.at) / 1000) * rate));
  }
  return ratios;
}

async function twoFetchers(context, film) {
  const discoveryPort = await freeDiscoveryPort();
  const start = (name) => startPeer({ scratch: context.scratch, name, discoveryPort, env: TCP });
  const owner = await start('owner');
  owner.say(`share "${film.shared}"`);
  const { value: share } = await owner.when(({ type }) => type === 'share-added');
  await setLimit(owner, 'upload', 10 * MiB);
  const both = [await start('one'), await start('other')];
  await Promise.all(both.map((peer) => peer.when(({ type }) => type === 'peer-up')));
  for (const peer of both) peer.say(`download ${share.id} --from owner`);
  await Promise.all(both.map((peer) => peer.when(({ type }) => type === 'download-started')));
  await sleep(WARM_UP_MS);
  const before = both.map(({ pid }) => bytesOf(pid, 'rchar'));
  await sleep(WINDOW_MS);
  const taken = both.map(({ pid }, at) => bytesOf(pid, 'rchar') - before[at]);
  await Promise.all([owner, ...both].map((peer) => peer.end()));
  return Math.min(...taken) / Math.max(...taken);
}

async function setLimit(peer, way, rate) {
  peer.say(`limit ${way} ${rate} #limit`);
  await peer.when(({ type, ref }) => type === 'limits' && ref === 'limit');
}

/** What each thread gave to or got from files and sockets by `write` and `read`: one does nothing but the transfer. */
function bytesByThread(pid, field) {
  const threads = readdirSync(`/proc/${pid}/task`);
  return new Map(
    threads.map((thread) => [thread, bytesIn(`/proc/${pid}/task/${thread}/io`, field)]),
  );
}

function bytesOf(pid, field) {
  return bytesIn(`/proc/${pid}/io`, field);
}

function bytesIn(path, field) {
  return Number(new RegExp(`^${field}: (\\d+)`, 'm').exec(readFileSync(path, 'utf8'))[1]);
}

function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
