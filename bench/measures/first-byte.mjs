/**
 * How soon something of what was sent is there: from the line `accept` to the first chunk that is proven and written, as the
 * receiver tells it. A file of 100 GiB, and a folder of 100,000 files.
 */
import { spawnSync } from 'node:child_process';
import { closeSync, ftruncateSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { figure } from '../run/figures.mjs';
import { freeDiscoveryPort, startPeer } from '../run/peers.mjs';
import { freshFolder, touchMemory } from '../run/scratch.mjs';
import { alternate, median } from '../run/statistics.mjs';
import { createPhotos } from './photos.mjs';

const MiB = 1024 * 1024;
const GiB = 1024 * MiB;

/** More than most memories hold: nothing may depend on how large it is. */
const SPARSE_BYTES = 100 * GiB;

/** What the receiver's disk seems to have: whoever has no room for all of it takes none of it. */
const ROOM = '200G';

const MANY_FILES = 100_000;

/** What the processes take. */
const TOUCHED_BYTES = 256 * MiB;

/** Somebody who has just said yes still looks at the screen. */
const WANTED_MS = 500;

/** A round of the many takes half a minute. */
const MOST_ROUNDS = 3;

/** @param {import('../main.mjs').Context} context */
export async function measureFirstByte(context) {
  const { scratch, log } = context;
  const rounds = Math.min(context.rounds, MOST_ROUNDS);
  const photos = createPhotos(context, MANY_FILES);
  const many = `${photos.files} files`;
  const contenders = {
    [many]: () => firstByte({ scratch, sent: photos.shared }),
    [`${many}, hashed before`]: () => firstByte({ scratch, sent: photos.shared, isHashed: true }),
  };
  const why = roomMissing(scratch);
  if (why === undefined) {
    const sent = sparseFile(scratch);
    contenders['100 GiB, sparse'] = () => firstByte({ scratch, sent, room: ROOM });
  } else context.skip('100 GiB, sparse', why);
  const samples = await alternate(rounds, contenders, log, () =>
    touchMemory(scratch, TOUCHED_BYTES),
  );
  const figures = Object.entries(samples).map(([name, all]) => {
    const ms = median(all.map((sample) => sample.ms));
    return figure(`${name}: accepted to first chunk`, ms, 'ms', { most: WANTED_MS });
  });
  return { figures, samples };
}

/** What follows the first chunk is not waited for. */
async function firstByte({ scratch, sent, isHashed = false, room }) {
  const discoveryPort = await freeDiscoveryPort();
  const sender = await startPeer({ scratch, name: 'sender', discoveryPort });
  const at = room === undefined ? {} : { at: roomyPlace(join(scratch, 'receiver'), room) };
  const receiver = await startPeer({ scratch, name: 'receiver', discoveryPort, ...at });
  await Promise.all([sender, receiver].map((peer) => peer.when(({ type }) => type === 'peer-up')));
  if (isHashed) {
    sender.say(`share "${sent}"`);
    await sender.when(({ type }) => type === 'share-added');
  }
  sender.say(`send "${sent}" --to receiver`);
  const offer = await receiver.when(({ type }) => type === 'offer-received');
  const accepted = performance.now();
  receiver.say(`accept ${offer.value.number}`);
  const first = await receiver.when(isOfFirstChunk);
  if (first.value.type !== 'download-progress') throw new Error(first.value.message);
  await Promise.all([sender, receiver].map((peer) => peer.end()));
  for (const name of ['sender', 'receiver']) freshFolder(scratch, name);
  const ms = first.at - accepted;
  return { ms, told: `${ms.toFixed(0)} ms` };
}

function isOfFirstChunk({ type, have }) {
  return (type === 'download-progress' && have > 0) || type === 'download-failed';
}

function sparseFile(scratch) {
  const path = join(scratch, 'sparse.bin');
  const file = openSync(path, 'w');
  ftruncateSync(file, SPARSE_BYTES);
  closeSync(file);
  return path;
}

/** Where a folder is a disk of its own, as large as is said and as empty as the memory is: only what is written is taken. */
function roomyPlace(folder, room) {
  const script = `mount -t tmpfs -o size=${room} none "$0" && exec "$@"`;
  return {
    way: ['unshare', '--map-root-user', '--mount', 'sh', '-c', script, folder],
    host: '127.0.0.1',
  };
}

/** @returns why there can be no such place here, if so. */
function roomMissing(scratch) {
  const [command, ...args] = roomyPlace(freshFolder(scratch, 'probe'), ROOM).way;
  const { status, stderr, error } = spawnSync(command, [...args, 'true'], { encoding: 'utf8' });
  return status === 0 ? undefined : `no disk that seems large: ${error?.message ?? stderr.trim()}`;
}
