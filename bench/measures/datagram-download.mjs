/** A whole download between two peers over UDP, proven and synced, beside what the bare stream below it carries. */
import { join } from 'node:path';
import { figure } from '../run/figures.mjs';
import { touchMemory } from '../run/scratch.mjs';
import { alternate, median } from '../run/statistics.mjs';
import { barePipe } from './bare-pipe.mjs';
import { createFile } from './film.mjs';
import { OVER_UDP, ourDownload } from './our-download.mjs';

const MiB = 1024 * 1024;
const GiB = 1024 * MiB;

/** The received file, and what the processes take. */
const TOUCHED = 1.5;

/** @param {import('../main.mjs').Context} context */
export async function measureDatagramDownload({ scratch, quick, rounds, log }) {
  const bytes = quick ? 64 * MiB : 512 * MiB;
  const film = createFile(join(scratch, 'film.bin'), bytes);
  const times = quick ? { warmMs: 200, ms: 400 } : { warmMs: 500, ms: 2000 };
  const contenders = {
    bare: () => barePipe({ carrier: 'p2p', ...times }),
    download: () => downloadOverUdp(scratch, film, bytes),
  };
  const samples = await alternate(rounds, contenders, log, () =>
    touchMemory(scratch, TOUCHED * bytes),
  );
  return { figures: figuresOf(samples), samples };
}

async function downloadOverUdp(scratch, film, bytes) {
  const done = await ourDownload({ scratch, ...film, sources: 1, env: OVER_UDP });
  const megabytesPerSecond = bytes / done.ms / 1000;
  const cpu = done.senderCpuSeconds + done.receiverCpuSeconds;
  return {
    ...done,
    megabytesPerSecond,
    cpuSecondsPerGiB: cpu / (bytes / GiB),
    told: `${megabytesPerSecond.toFixed(2)} MB/s`,
  };
}

function figuresOf({ bare, download }) {
  const middle = (samples, key) => median(samples.map((sample) => sample[key]));
  const ratios = download.map(
    (sample, round) => sample.megabytesPerSecond / bare[round].megabytesPerSecond,
  );
  return [
    figure('download over UDP', middle(download, 'megabytesPerSecond'), 'MB/s'),
    figure('download over UDP, both peers', middle(download, 'cpuSecondsPerGiB'), 'CPU s/GiB'),
    figure('the bare stream', middle(bare, 'megabytesPerSecond'), 'MB/s'),
    figure('download over UDP, of the bare stream', median(ratios), 'x', { least: 0.6 }),
  ];
}
