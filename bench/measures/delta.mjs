/** A file with something inserted at its front, downloaded where the version before it is: what travels, and how long it takes. */
import { createReadStream, createWriteStream, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { figure } from '../run/figures.mjs';
import { freeDiscoveryPort, startPeer } from '../run/peers.mjs';
import {
  freshFolder,
  mustBeEqual,
  needRoom,
  removeFolder,
  writeRandomFile,
} from '../run/scratch.mjs';
import { alternate, median } from '../run/statistics.mjs';
import { cpuSeconds, peakBytes } from '../run/usage.mjs';

const MiB = 1024 * 1024;
const GiB = 1024 * MiB;

const INSERTED_BYTES = MiB;
const NAME = 'film.bin';

/** Both versions, both downloads, what is staged of one, and some air. */
const ROOM = 5;

/** @param {import('../main.mjs').Context} context */
export async function measureDelta({ scratch, quick, rounds, log }) {
  const bytes = quick ? GiB / 8 : GiB;
  needRoom(ROOM * bytes);
  const versions = await makeVersions(scratch, bytes);
  const samples = await alternate(
    rounds,
    {
      'with what is here': () => upgrade(scratch, versions, true),
      'all of it': () => upgrade(scratch, versions, false),
    },
    log,
  );
  const of = (name, key) => median(samples[name].map((sample) => sample[key]));
  const delta = 'with what is here';
  return {
    figures: [
      figure('travels of it', (100 * of(delta, 'wireBytes')) / bytes, '%', { most: 5 }),
      figure('fetched of it', (100 * of(delta, 'fetchedBytes')) / bytes, '%'),
      figure('without', (100 * of('all of it', 'wireBytes')) / bytes, '%'),
      figure('time', of(delta, 'ms') / 1000, 's'),
      figure('time without', of('all of it', 'ms') / 1000, 's'),
      figure('processor of the source', of(delta, 'sourceCpu'), 's'),
      figure('processor of the fetcher', of(delta, 'fetcherCpu'), 's'),
      figure('most memory of the fetcher', of(delta, 'peakBytes') / MiB, 'MiB'),
      figure('most memory of the source', of(delta, 'sourcePeakBytes') / MiB, 'MiB'),
    ],
    samples,
  };
}

/** Under one name, since that is how the one is found where the other is wanted. */
async function makeVersions(scratch, bytes) {
  const [before, after] = ['before', 'after'].map((folder) => {
    mkdirSync(join(scratch, folder));
    return join(scratch, folder, NAME);
  });
  writeRandomFile(before, bytes);
  writeRandomFile(after, INSERTED_BYTES);
  await pipeline(createReadStream(before), createWriteStream(after, { flags: 'a' }));
  return { before, after };
}

async function upgrade(scratch, { before, after }, delta) {
  const folder = freshFolder(scratch, 'peers');
  const discoveryPort = await freeDiscoveryPort();
  const env = { P2P_TRANSFER_DELTA: String(delta) };
  const start = (name) => startPeer({ scratch: folder, name, discoveryPort, env });
  const [source, fetcher] = [await start('source'), await start('fetcher')];
  const known = async (path, but) => {
    source.say(`share "${path}"`);
    const { value } = await source.when(({ type, id }) => type === 'share-added' && id !== but);
    await sees(fetcher, value.id);
    return value.id;
  };
  const old = await known(before);
  await downloaded(fetcher, old);
  source.say(`unshare ${NAME}`);
  const id = await known(after, old);
  const used = [cpuSeconds(source.pid), cpuSeconds(fetcher.pid)];
  const sent = sentBytes();
  const begun = performance.now();
  const done = await downloaded(fetcher, id);
  const sample = {
    ms: done.at - begun,
    wireBytes: sentBytes() - sent,
    fetchedBytes: done.value.fetchedBytes,
    sourceCpu: cpuSeconds(source.pid) - used[0],
    fetcherCpu: cpuSeconds(fetcher.pid) - used[1],
    peakBytes: peakBytes(fetcher.pid),
    sourcePeakBytes: peakBytes(source.pid),
  };
  mustBeEqual(after, done.value.path);
  await Promise.all([source.end(), fetcher.end()]);
  removeFolder(folder);
  return {
    ...sample,
    told: `${(sample.wireBytes / MiB).toFixed(1)} MiB in ${Math.round(sample.ms)} ms`,
  };
}

async function downloaded(fetcher, id) {
  fetcher.say(`download ${id}`);
  const done = await fetcher.when(
    ({ type, ...line }) => /^download-(completed|failed)$/.test(type) && line.id === id,
  );
  if (done.value.type === 'download-failed') throw new Error(done.value.message);
  return done;
}

async function sees(fetcher, id) {
  for (let turn = 0; ; turn += 1) {
    fetcher.say(`list #${id}-${turn}`);
    const { value } = await fetcher.when(
      (line) => line.type === 'list' && line.ref === `${id}-${turn}`,
    );
    if (value.shares.some((row) => row.id === id && row.sources > 0)) return;
  }
}

/** All that this machine sent itself, headers and all. */
function sentBytes() {
  return Number(readFileSync('/sys/class/net/lo/statistics/tx_bytes', 'utf8'));
}
