/** Ten thousand small files as one share, against rsync. */

import { rsyncFolder, rsyncMissing } from '../rivals/rsync.mjs';
import { figure } from '../run/figures.mjs';
import { alternate, median } from '../run/statistics.mjs';
import { ourDownload } from './our-download.mjs';
import { createPhotos } from './photos.mjs';

/** @param {import('../main.mjs').Context} context */
export async function measureSmallFiles(context) {
  const { scratch, rounds, log, skip } = context;
  const photos = createPhotos(context);
  const contenders = {
    p2p: () => ourDownload({ scratch, ...photos, sources: 1 }),
  };
  if (rsyncMissing() === undefined)
    contenders.rsync = () => rsyncFolder({ scratch, folder: photos.shared });
  else skip('rsync', rsyncMissing());
  const samples = await alternate(rounds, contenders, log);
  return { figures: figuresOf(samples, photos.files), samples };
}

function figuresOf(samples, files) {
  const ms = (name) => median(samples[name].map((sample) => sample.ms));
  const rates = Object.keys(samples).map((name) =>
    figure(name, files / (ms(name) / 1000), 'files/s'),
  );
  if (samples.rsync === undefined) return rates;
  return [...rates, figure('of rsync', ms('rsync') / ms('p2p'), 'x', { least: 1 })];
}
