/** The most memory a peer has while it fetches a small file and a large one. */
import { join } from 'node:path';
import { figure } from '../run/figures.mjs';
import { alternate, median } from '../run/statistics.mjs';
import { createFile } from './film.mjs';
import { ourDownload } from './our-download.mjs';

const MiB = 1024 * 1024;
const SIZES = { small: 256 * MiB, large: 4096 * MiB };
const QUICK_SIZES = { small: 64 * MiB, large: 512 * MiB };

/** @param {import('../main.mjs').Context} context */
export async function measureMemory({ scratch, quick, rounds, log }) {
  const sizes = quick ? QUICK_SIZES : SIZES;
  const contenders = {};
  for (const [name, bytes] of Object.entries(sizes)) {
    const file = createFile(join(scratch, `${name}.bin`), bytes);
    contenders[`${bytes / MiB} MiB`] = () => ourDownload({ scratch, ...file, sources: 1 });
  }
  const samples = await alternate(rounds, contenders, log);
  return { figures: figuresOf(samples), samples };
}

function figuresOf(samples) {
  const [small, large] = Object.entries(samples).map(([name, all]) => ({
    name,
    peak: median(all.map((sample) => sample.receiverPeakBytes)) / MiB,
    sender: median(all.map((sample) => sample.senderPeakBytes)) / MiB,
  }));
  const target = { most: 300, aim: 200 };
  return [
    figure(`fetching ${small.name}`, small.peak, 'MiB', target),
    figure(`fetching ${large.name}`, large.peak, 'MiB', target),
    figure('large, of small', large.peak / small.peak, 'x', { most: 1.1 }),
    figure(`serving ${small.name}`, small.sender, 'MiB'),
    figure(`serving ${large.name}`, large.sender, 'MiB'),
  ];
}
