/** Ten thousand small files as one share, against rsync. */

import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rsyncFolder, rsyncMissing } from '../rivals/rsync.mjs';
import { figure } from '../run/figures.mjs';
import { freshFolder, mustBeEqualFolders } from '../run/scratch.mjs';
import { alternate, median } from '../run/statistics.mjs';
import { ourDownload } from './our-download.mjs';

const FILES = 10_000;
const QUICK_FILES = 1_000;
const FILE_BYTES = 4096;

/** As people keep them: some folders with many files each. */
const FILES_A_FOLDER = 100;

/** @param {import('../main.mjs').Context} context */
export async function measureSmallFiles({ scratch, quick, rounds, log, skip }) {
  const files = quick ? QUICK_FILES : FILES;
  const folder = writeSmallFiles(scratch, files);
  const verify = (path) => mustBeEqualFolders(folder, path);
  const contenders = {
    p2p: () => ourDownload({ scratch, shared: folder, sources: 1, verify }),
  };
  if (rsyncMissing() === undefined) contenders.rsync = () => rsyncFolder({ scratch, folder });
  else skip('rsync', rsyncMissing());
  const samples = await alternate(rounds, contenders, log);
  return { figures: figuresOf(samples, files), samples };
}

function writeSmallFiles(scratch, files) {
  const root = freshFolder(scratch, 'photos');
  for (let number = 0; number < files; number += 1) {
    const folder = join(root, `album-${Math.floor(number / FILES_A_FOLDER)}`);
    if (number % FILES_A_FOLDER === 0) mkdirSync(folder);
    writeFileSync(join(folder, `${number}.bin`), randomBytes(FILE_BYTES));
  }
  return root;
}

function figuresOf(samples, files) {
  const ms = (name) => median(samples[name].map((sample) => sample.ms));
  const rates = Object.keys(samples).map((name) =>
    figure(name, files / (ms(name) / 1000), 'files/s'),
  );
  if (samples.rsync === undefined) return rates;
  return [...rates, figure('of rsync', ms('rsync') / ms('p2p'), 'x', { least: 1 })];
}
