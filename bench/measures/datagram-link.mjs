/** Our bare streams over datagrams on a slow link that loses packets, beside udx-native and the kernel's TCP. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { udxMissing } from '../rivals/udx.mjs';
import { figure } from '../run/figures.mjs';
import { openLossyLink } from '../run/lossy-link.mjs';
import { barePipe } from './bare-pipe.mjs';
import { createFile } from './film.mjs';
import { OVER_UDP, ourDownload } from './our-download.mjs';

const MiB = 1024 * 1024;

/** A household's cable, or a good wireless network. */
const MEGABITS = 100;

/** Per cent lost on arrival, at both ends, and the MB/s we want there: at 20 % ten are left of 12.5. */
const WANTED = [
  { percent: 0, least: 11.7 },
  { percent: 1, least: 11.5 },
  { percent: 5, least: 10.9 },
  { percent: 20, least: 8.9 },
];

/** What takes no account of losses, where the kernel has it: the others crawl at the first per cent. */
const BEST_TCP = 'bbr';

/** @param {import('../main.mjs').Context} context */
export async function measureDatagramLink(context) {
  const link = await openLossyLink(MEGABITS).catch((error) => {
    context.skip(`a link of ${MEGABITS} Mbit/s with losses`, error.message);
  });
  if (link === undefined) return { figures: [], samples: {} };
  try {
    return await measureOn(link, context);
  } finally {
    await link.end();
  }
}

async function measureOn(link, { scratch, quick, rivals, log, skip }) {
  const times = quick ? { warmMs: 500, ms: 1000 } : { warmMs: 1000, ms: 8000 };
  const contenders = lineUp(link, rivals, skip);
  const film = createFile(join(scratch, 'film.bin'), quick ? 8 * MiB : 64 * MiB);
  const [figures, samples] = [[], {}];
  const steps = quick ? [WANTED.at(0), WANTED.at(-1)] : WANTED;
  for (const { percent, least } of steps) {
    link.lose(percent);
    for (const [name, carrier] of Object.entries(contenders)) {
      const sample = await barePipe({ carrier, place: link.place, ...times });
      const title = `${percent} % lost: ${name}`;
      log(`${title} ${sample.told}`);
      samples[title] = sample;
      const target = carrier === 'p2p' ? { least } : undefined;
      figures.push(figure(title, sample.megabytesPerSecond, 'MB/s', target));
      if (sample.cpuSecondsPerGiB !== undefined)
        figures.push(figure(`${title}, both processes`, sample.cpuSecondsPerGiB, 'CPU s/GiB'));
    }
    const { places } = link;
    const download = await ourDownload({ scratch, ...film, sources: 1, env: OVER_UDP, places });
    const rate = film.bytes / download.ms / 1000;
    const bare = samples[`${percent} % lost: p2p`].megabytesPerSecond;
    log(`${percent} % lost: download ${rate.toFixed(2)} MB/s`);
    figures.push(figure(`${percent} % lost: a proven download over UDP`, rate, 'MB/s'));
    figures.push(figure(`${percent} % lost: of the bare stream`, rate / bare, 'x', { least: 0.6 }));
  }
  return { figures, samples };
}

function lineUp(link, rivals, skip) {
  const contenders = { p2p: 'p2p' };
  if (!rivals) return contenders;
  const missing = udxMissing();
  if (missing === undefined) contenders['udx-native'] = 'udx';
  else skip('udx-native', missing);
  contenders[`TCP (${tcpOf(link)})`] = 'tcp';
  return contenders;
}

/** @returns the congestion control that TCP has there. */
function tcpOf(link) {
  const settings = '/proc/sys/net/ipv4/tcp_';
  const known = readFileSync(`${settings}available_congestion_control`, 'utf8');
  if (known.split(/\s/).includes(BEST_TCP)) {
    link.setTcp(BEST_TCP);
    return BEST_TCP;
  }
  return readFileSync(`${settings}congestion_control`, 'utf8').trim();
}
