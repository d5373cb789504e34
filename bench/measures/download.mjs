/** One large file on loopback: ours from one source and from three, the bare TLS pipe, and the rivals. */
import { aria2Download, aria2Missing } from '../rivals/aria2.mjs';
import { webtorrentDownload, webtorrentMissing } from '../rivals/webtorrent.mjs';
import { figure } from '../run/figures.mjs';
import { createCredentials } from '../run/product.mjs';
import { touchMemory } from '../run/scratch.mjs';
import { alternate, median, timesFaster } from '../run/statistics.mjs';
import { createTorrent } from '../run/torrent.mjs';
import { createFilm } from './film.mjs';
import { ourDownload } from './our-download.mjs';
import { tlsPipe } from './tls-pipe.mjs';

const MiB = 1024 * 1024;
const GiB = 1024 * MiB;

/** The received file, and what the processes take. */
const TOUCHED = 1.5;

/** Node's default cipher is AES-256; this one is what some others choose. */
const LIGHTER_CIPHER = 'TLS_AES_128_GCM_SHA256';

/** @param {import('../main.mjs').Context} context */
export async function measureDownload(context) {
  const film = createFilm(context);
  const contenders = await lineUp(context, film);
  const samples = await alternate(context.rounds, contenders, context.log, () =>
    touchMemory(context.scratch, TOUCHED * film.bytes),
  );
  return { figures: figuresOf(samples, film.bytes), samples };
}

async function lineUp({ scratch, rivals, skip }, film) {
  const { bytes, shared: file } = film;
  const credentials = await createCredentials(scratch);
  const pipe = (options) => () => tlsPipe({ credentials, bytes, ...options });
  const contenders = {
    'p2p, one source': () => ourDownload({ scratch, ...film, sources: 1 }),
    'p2p, three sources': () => ourDownload({ scratch, ...film, sources: 3 }),
    'TLS pipe': pipe({}),
    'TLS pipe, onread': pipe({ onread: true }),
    'TLS pipe, AES-128': pipe({ ciphers: LIGHTER_CIPHER }),
  };
  if (!rivals) return contenders;
  const noTorrents = webtorrentMissing();
  if (noTorrents !== undefined) {
    skip('WebTorrent', noTorrents);
    skip('aria2', 'its torrent file is made by a library that is not there');
    return contenders;
  }
  const torrent = await createTorrent(file);
  contenders.WebTorrent = () => webtorrentDownload({ scratch, file, torrent });
  if (aria2Missing() === undefined)
    contenders.aria2 = () => aria2Download({ scratch, file, torrent });
  else skip('aria2', aria2Missing());
  return contenders;
}

function figuresOf(samples, bytes) {
  const middle = (name, key = 'ms') => median(samples[name].map((sample) => sample[key]));
  const rate = (name) => bytes / MiB / (middle(name) / 1000);
  const { 'p2p, one source': ours, 'p2p, three sources': fromThree } = samples;
  const against = (name, target) =>
    samples[name] ? [figure(`of ${name}`, timesFaster(ours, samples[name]), 'x', target)] : [];
  const perGiB = (key) => middle('p2p, one source', key) / (bytes / GiB);
  return [
    ...Object.keys(samples).map((name) => figure(name, rate(name), 'MiB/s')),
    ...against('TLS pipe', { least: 0.5, aim: 0.65 }),
    ...against('TLS pipe, onread'),
    ...against('WebTorrent', { least: 2.5, aim: 3 }),
    ...against('aria2', { least: 2, aim: 3 }),
    ...sinceFirstByte(samples, 'WebTorrent'),
    ...sinceFirstByte(samples, 'aria2'),
    figure('three sources, of one', timesFaster(fromThree, ours), 'x', { least: 0.9 }),
    figure('processor time of the sender', perGiB('senderCpuSeconds'), 's/GiB'),
    figure('processor time of the receiver', perGiB('receiverCpuSeconds'), 's/GiB'),
    figure(
      'peak memory of the receiver',
      middle('p2p, one source', 'receiverPeakBytes') / MiB,
      'MiB',
    ),
  ];
}

/** Against what a rival does once it moves bytes, however long it took to begin. */
function sinceFirstByte(samples, name) {
  if (samples[name] === undefined) return [];
  const moving = samples[name].map(({ ms, firstByteMs }) => ({ ms: ms - firstByteMs }));
  const ratio = timesFaster(samples['p2p, one source'], moving);
  return [figure(`of ${name} from its first byte on`, ratio, 'x')];
}
