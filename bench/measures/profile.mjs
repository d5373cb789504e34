/** Where the time of one download goes: the functions each thread of both peers was in most. */
import { join } from 'node:path';
import { createMonitor } from '../run/monitor.mjs';
import { ROOT } from '../run/product.mjs';
import { freshFolder } from '../run/scratch.mjs';
import { selfTimes } from '../run/self-times.mjs';
import { createFilm } from './film.mjs';
import { OVER_UDP, ourDownload } from './our-download.mjs';
import { createPhotos } from './photos.mjs';

const FUNCTIONS_SHOWN = 14;

/** Threads that did less than this share of the download's time are left out. */
const BUSY_SHARE = 0.02;

/** One large file. @param {import('../main.mjs').Context} context */
export function profileFilm(context) {
  return profiled(context, createFilm(context));
}

/** One large file over UDP. @param {import('../main.mjs').Context} context */
export function profileFilmOverUdp(context) {
  return profiled(context, createFilm(context), OVER_UDP);
}

/** Many small files. @param {import('../main.mjs').Context} context */
export function profileSmallFiles(context) {
  return profiled(context, createPhotos(context));
}

async function profiled({ scratch }, offer, env = {}) {
  const folder = freshFolder(join(ROOT, 'bench', 'results'), 'profiles');
  const monitor = createMonitor('profile-probe', { BENCH_PROFILES: folder, ...env });
  const { ms } = await ourDownload({ scratch, sources: 1, ...offer, ...monitor });
  const busy = monitor.threads
    .map((found) => busyThread(found))
    .filter((thread) => thread.busyMs > BUSY_SHARE * ms)
    .toSorted((a, b) => b.busyMs - a.busyMs);
  const notes = busy.flatMap((thread) => told(thread, ms));
  notes.push('', `For a closer look, load these into a browser's profiler: ${folder}`);
  return { figures: [], notes, samples: { ms, threads: busy } };
}

/**
 * The profiler takes what runs before a callback's JavaScript for idleness: reading a socket and opening TLS
 * records. The kernel knows how long the thread ran, so that work is the difference.
 */
function busyThread({ peer, thread, busyMs, profile: path }) {
  const functions = selfTimes(path);
  const inJavaScript = functions.reduce((sum, one) => sum + one.ms, 0);
  const before = { where: '(native, before callbacks)', ms: Math.max(0, busyMs - inJavaScript) };
  const most = [before, ...functions].toSorted((a, b) => b.ms - a.ms).slice(0, FUNCTIONS_SHOWN);
  return { peer, thread, busyMs, path, functions: most };
}

function told({ peer, thread, busyMs, functions }, ms) {
  const title = `${peer}, ${thread}: busy for ${Math.round(busyMs)} of ${Math.round(ms)} ms`;
  const rows = functions.map((one) => {
    const share = ((100 * one.ms) / ms).toFixed(1);
    return `  ${share.padStart(5)} %  ${one.ms.toFixed(0).padStart(6)} ms  ${one.where}`;
  });
  return ['', title, ...rows];
}
