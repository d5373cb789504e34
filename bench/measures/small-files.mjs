/** Folders of small files as one share, against rsync: ten thousand of them, and a hundred thousand. */

import { rsyncFolder, rsyncMissing } from '../rivals/rsync.mjs';
import { figure } from '../run/figures.mjs';
import { freshFolder, touchMemory } from '../run/scratch.mjs';
import { alternate, median, timesFaster } from '../run/statistics.mjs';
import { ourDownload } from './our-download.mjs';
import { createPhotos, FILES } from './photos.mjs';

const MiB = 1024 * 1024;

/** What the processes and the files take. */
const TOUCHED_BYTES = 512 * MiB;

const MANY_FILES = 100_000;

/** A round of the many takes half a minute, most of it spent on comparing what came. */
const ROUNDS_OF_MANY = 3;

/** @param {import('../main.mjs').Context} context */
export async function measureSmallFiles(context) {
  const rsync = context.rivals ? rsyncMissing() : 'not asked for';
  if (rsync !== undefined) context.skip('rsync', rsync);
  const some = await contest(context, FILES, rsync === undefined);
  const rounds = Math.min(context.rounds, ROUNDS_OF_MANY);
  const many = await contest({ ...context, rounds }, MANY_FILES, rsync === undefined);
  return {
    figures: [...speeds(some, { least: 1 }), ...speeds(many), ...whatManyTake(many)],
    samples: { some: some.samples, many: many.samples },
  };
}

async function contest(context, wanted, hasRsync) {
  const scratch = freshFolder(context.scratch, String(wanted));
  const photos = createPhotos({ ...context, scratch }, wanted);
  const contenders = { p2p: () => ourDownload({ scratch, ...photos, sources: 1 }) };
  if (hasRsync) contenders.rsync = () => rsyncFolder({ scratch, folder: photos.shared });
  const samples = await alternate(context.rounds, contenders, context.log, () =>
    touchMemory(scratch, TOUCHED_BYTES),
  );
  freshFolder(context.scratch, String(wanted));
  return { samples, files: photos.files };
}

/** rsync hashes nothing: that is told beside it, once without and once with what our sharer takes before. */
function speeds({ samples: { p2p, rsync }, files }, target) {
  const hashedToo = p2p.map(({ ms, sharingMs }) => ({ ms: ms + sharingMs }));
  const rate = (name, all) =>
    figure(`${files}: ${name}`, files / (median(all.map(({ ms }) => ms)) / 1000), 'files/s');
  const rates = [rate('p2p', p2p), rate('p2p, hashing included', hashedToo)];
  if (rsync === undefined) return rates;
  return [
    ...rates,
    rate('rsync', rsync),
    figure(`${files}: of rsync`, timesFaster(p2p, rsync), 'x', target),
    figure(`${files}: of rsync, hashing included`, timesFaster(hashedToo, rsync), 'x'),
  ];
}

function whatManyTake({ samples: { p2p }, files }) {
  const middle = (key) => median(p2p.map((sample) => sample[key]));
  return [
    figure(`${files}: download to first chunk`, middle('firstChunkMs'), 'ms', { most: 500 }),
    figure(`${files}: receiver's peak`, middle('receiverPeakBytes') / MiB, 'MiB', { most: 300 }),
    figure(`${files}: sender's peak`, middle('senderPeakBytes') / MiB, 'MiB'),
  ];
}
