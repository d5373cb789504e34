/** How late the event loop of each thread is while one large file arrives. */
import { figure } from '../run/figures.mjs';
import { createMonitor } from '../run/monitor.mjs';
import { alternate, median } from '../run/statistics.mjs';
import { createFilm } from './film.mjs';
import { ourDownload } from './our-download.mjs';

/** A turn of the main thread is what a key press and a heartbeat wait for. */
const MAIN_MS = 20;

/** @param {import('../main.mjs').Context} context */
export async function measureResponsiveness(context) {
  const { scratch, rounds, log } = context;
  const film = createFilm(context);
  const watched = async () => {
    const monitor = createMonitor('delay-probe');
    const { ms } = await ourDownload({ scratch, sources: 1, ...film, ...monitor });
    return { ms, threads: monitor.threads };
  };
  const samples = await alternate(rounds, { watched }, log);
  return { figures: figuresOf(samples.watched.flatMap(({ threads }) => threads)), samples };
}

function figuresOf(found) {
  const names = new Set(found.map(nameOf));
  return Array.from(names, (name) => {
    const all = found.filter((one) => nameOf(one) === name);
    const middle = (key) => median(all.map((one) => one[key]));
    const longest = Math.max(...all.map((one) => one.maxMs)).toFixed(1);
    return {
      ...figure(`${name}: p99`, middle('p99Ms'), 'ms', name.endsWith('main') && { most: MAIN_MS }),
      note: `p50 ${middle('p50Ms').toFixed(1)}, longest ${longest}`,
    };
  });
}

function nameOf({ peer, thread }) {
  return `${peer}, ${thread}`;
}
