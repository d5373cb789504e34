/** A page that is open, and one that is clicked on, while a large file arrives: what each costs the download, and how soon it answers. */
import { join } from 'node:path';
import { browserMissing, inBrowser, openTab, readyAt } from '../run/browser.mjs';
import { clicking } from '../run/clicks.mjs';
import { figure } from '../run/figures.mjs';
import { touchMemory } from '../run/scratch.mjs';
import { alternate, median, percentile, timesFaster } from '../run/statistics.mjs';
import { offspringSeconds } from '../run/usage.mjs';
import { createFile } from './film.mjs';
import { ourDownload } from './our-download.mjs';

const GiB = 1024 ** 3;

/** A quarter of a minute at full speed. */
const BYTES = 4 * GiB;
const FEW_BYTES = GiB / 4;

/** The one that tells most of a download, and those that are turned to in between. */
const BUSIEST = 'Transfers';
const VIEWS = ['Peers', 'Chat', 'Shares', BUSIEST, 'Settings', BUSIEST];

/** @param {import('../main.mjs').Context} context */
export async function measurePageBusy({ scratch, quick, rounds, log, skip }) {
  const missing = browserMissing();
  if (missing !== undefined) {
    skip('page-busy', missing);
    return { figures: [], samples: {} };
  }
  const film = createFile(join(scratch, 'film.bin'), quick ? FEW_BYTES : BYTES);
  const download = (use) => downloadBeside({ scratch, ...film, sources: 1 }, use);
  const contenders = {
    'no page': () => download(undefined),
    'an empty tab': () => download({ open: emptyTab }),
    'the page': () => download({ open: peerTab }),
    'the page, clicked on': () => download({ open: peerTab, views: VIEWS }),
  };
  const samples = await alternate(rounds, contenders, log);
  return { figures: figuresOf(samples, film.bytes), samples };
}

/** @param {{ open: (browser: object, peer: object) => Promise<object>, views?: string[] } | undefined} use its tab, and what is clicked on there */
function downloadBeside(options, use) {
  const env = { P2P_UI_ENABLED: 'true' };
  // Last of all: its host has taken it back in the seconds that a browser needs to start.
  const touch = () => touchMemory(options.scratch, options.bytes);
  if (use === undefined) return ourDownload({ ...options, env, before: touch });
  return inBrowser(async (browser) => {
    let clicks;
    let used;
    const sample = { delays: [] };
    const before = async (peers) => {
      const tab = await use.open(browser, peers.at(-1));
      touch();
      used = offspringSeconds(peers);
      if (use.views !== undefined) clicks = await clicking(tab, use.views);
    };
    const after = async (peers) => {
      sample.browserCpuSeconds = offspringSeconds(peers) - used;
      if (clicks !== undefined) sample.delays = await clicks.end();
    };
    return { ...(await ourDownload({ ...options, env, before, after })), ...sample };
  });
}

function emptyTab(browser) {
  return openTab(browser, 'about:blank');
}

async function peerTab(browser, peer) {
  const { value } = await peer.when(({ type }) => type === 'ui');
  const tab = await openTab(browser, value.url);
  await readyAt(tab);
  await tab.getByRole('navigation', { name: 'Views' }).getByRole('link', { name: BUSIEST }).click();
  return tab;
}

function figuresOf(samples, bytes) {
  const {
    'no page': none,
    'an empty tab': empty,
    'the page': open,
    'the page, clicked on': clicked,
  } = samples;
  const delays = clicked.flatMap((sample) => sample.delays);
  const rate = (all) => bytes / 2 ** 20 / (median(all.map(({ ms }) => ms)) / 1000);
  const longest = Math.max(...delays).toFixed(0);
  return [
    ...Object.entries(samples).map(([name, all]) => figure(name, rate(all), 'MiB/s')),
    figure('with the page open, of without', timesFaster(open, none), 'x', { least: 0.95 }),
    figure('with an empty tab, of without', timesFaster(empty, none), 'x'),
    figure('with the page clicked on, of without', timesFaster(clicked, none), 'x'),
    figure('the browser, with the page open', 100 * browserPart(open), '% of a processor'),
    figure('the browser, with it clicked on', 100 * browserPart(clicked), '% of a processor'),
    figure('processor time of both peers, of without', peersCost(open, none), 'x'),
    figure('click to next paint, median', median(delays), 'ms'),
    {
      ...figure('click to next paint, p95', percentile(delays, 0.95), 'ms', { most: 100 }),
      note: `${delays.length} clicks, longest ${longest}`,
    },
  ];
}

function browserPart(samples) {
  return median(samples.map(({ browserCpuSeconds, ms }) => browserCpuSeconds / (ms / 1000)));
}

function peersCost(some, others) {
  const seconds = (all) => median(all.map((one) => one.senderCpuSeconds + one.receiverCpuSeconds));
  return seconds(some) / seconds(others);
}
