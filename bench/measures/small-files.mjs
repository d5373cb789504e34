/** Ten thousand small files as one share, against rsync. */

import { rsyncFolder, rsyncMissing } from '../rivals/rsync.mjs';
import { figure } from '../run/figures.mjs';
import { touchMemory } from '../run/scratch.mjs';
import { alternate, median, timesFaster } from '../run/statistics.mjs';
import { ourDownload } from './our-download.mjs';
import { createPhotos } from './photos.mjs';

/** What the processes and the files take. */
const TOUCHED_BYTES = 512 * 1024 * 1024;

/** @param {import('../main.mjs').Context} context */
export async function measureSmallFiles(context) {
  const { scratch, rivals, rounds, log, skip } = context;
  const photos = createPhotos(context);
  const contenders = {
    p2p: () => ourDownload({ scratch, ...photos, sources: 1 }),
  };
  const missing = rivals ? rsyncMissing() : 'not asked for';
  if (missing === undefined)
    contenders.rsync = () => rsyncFolder({ scratch, folder: photos.shared });
  else skip('rsync', missing);
  const samples = await alternate(rounds, contenders, log, () =>
    touchMemory(scratch, TOUCHED_BYTES),
  );
  return { figures: figuresOf(samples, photos.files), samples };
}

function figuresOf(samples, files) {
  const ms = (name) => median(samples[name].map((sample) => sample.ms));
  const rates = Object.keys(samples).map((name) =>
    figure(name, files / (ms(name) / 1000), 'files/s'),
  );
  if (samples.rsync === undefined) return rates;
  return [...rates, figure('of rsync', timesFaster(samples.p2p, samples.rsync), 'x', { least: 1 })];
}
