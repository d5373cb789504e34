/** A page that is looked at and clicked on while a large file arrives: what it costs the download, and how soon it answers. */
import { join } from 'node:path';
import { browserMissing, inBrowser, openTab, readyAt } from '../run/browser.mjs';
import { clicking } from '../run/clicks.mjs';
import { figure } from '../run/figures.mjs';
import { touchMemory } from '../run/scratch.mjs';
import { alternate, median, percentile, timesFaster } from '../run/statistics.mjs';
import { createFile } from './film.mjs';
import { ourDownload } from './our-download.mjs';

const GiB = 1024 ** 3;

/** A quarter of a minute at full speed. */
const BYTES = 4 * GiB;
const FEW_BYTES = GiB / 4;

/** The views that move during a download, and those that do not. */
const VIEWS = ['Transfers', 'Peers', 'Chat', 'Shares', 'Transfers', 'Settings'];

/** @param {import('../main.mjs').Context} context */
export async function measurePageBusy({ scratch, quick, rounds, log, skip }) {
  const missing = browserMissing();
  if (missing !== undefined) {
    skip('page-busy', missing);
    return { figures: [], samples: {} };
  }
  const film = createFile(join(scratch, 'film.bin'), quick ? FEW_BYTES : BYTES);
  const download = (tab) => downloadBeside({ scratch, ...film, sources: 1 }, tab);
  const contenders = {
    'no page': () => download(undefined),
    'an empty tab': () => download(emptyTab),
    'the page': () => download(peerTab),
  };
  const samples = await alternate(rounds, contenders, log, () => touchMemory(scratch, film.bytes));
  return { figures: figuresOf(samples, film.bytes), samples };
}

/** @param {((browser: object, peer: object) => Promise<object>) | undefined} open which tab is clicked on meanwhile */
function downloadBeside(options, open) {
  const env = { P2P_UI_ENABLED: 'true' };
  if (open === undefined) return ourDownload({ ...options, env });
  return inBrowser(async (browser) => {
    let clicks;
    const before = async (peers) => {
      clicks = await clicking(await open(browser, peers.at(-1)), VIEWS);
    };
    let delays = [];
    const after = async () => {
      delays = await clicks.end();
    };
    const sample = await ourDownload({ ...options, env, before, after });
    return { ...sample, delays };
  });
}

function emptyTab(browser) {
  return openTab(browser, 'about:blank');
}

async function peerTab(browser, peer) {
  const { value } = await peer.when(({ type }) => type === 'ui');
  const tab = await openTab(browser, value.url);
  await readyAt(tab);
  return tab;
}

function figuresOf(samples, bytes) {
  const { 'no page': none, 'an empty tab': empty, 'the page': ours } = samples;
  const delays = ours.flatMap((sample) => sample.delays);
  const rate = (all) => bytes / 2 ** 20 / (median(all.map(({ ms }) => ms)) / 1000);
  const longest = Math.max(...delays).toFixed(0);
  return [
    ...Object.entries(samples).map(([name, all]) => figure(name, rate(all), 'MiB/s')),
    figure('with the page, of without', timesFaster(ours, none), 'x', { least: 0.95 }),
    figure('with an empty tab, of without', timesFaster(empty, none), 'x'),
    figure('with the page, of with an empty tab', timesFaster(ours, empty), 'x'),
    figure('click to next paint, median', median(delays), 'ms'),
    {
      ...figure('click to next paint, p95', percentile(delays, 0.95), 'ms', { most: 100 }),
      note: `${delays.length} clicks, longest ${longest}`,
    },
    figure('processor time of the fetcher, of without', costs(ours, none), 'x'),
  ];
}

function costs(some, others) {
  const middle = (all) => median(all.map(({ receiverCpuSeconds }) => receiverCpuSeconds));
  return middle(some) / middle(others);
}
