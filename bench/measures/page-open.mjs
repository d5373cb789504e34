/** How soon the page of a peer is there: from the moment a browser is sent to its address until it has read its peer. */
import { browserMissing, inBrowser, openTab, readyAt } from '../run/browser.mjs';
import { figure } from '../run/figures.mjs';
import { barePage } from '../run/page-server.mjs';
import { freeDiscoveryPort, startPeer } from '../run/peers.mjs';
import { median, percentile } from '../run/statistics.mjs';

/** What people take for at once. */
const WANTED_MS = 300;

/** Enough for a p95 that is no single opening. */
const OPENINGS = 40;
const FEW_OPENINGS = 4;

/** The first ones compile what the peer and the browser do for the first time: they are told apart. */
const WARMING = 2;

/** @param {import('../main.mjs').Context} context */
export async function measurePageOpen({ scratch, quick, skip }) {
  const missing = browserMissing();
  if (missing !== undefined) {
    skip('page-open', missing);
    return { figures: [], samples: {} };
  }
  const { url, end } = await startPair(scratch);
  const bare = await barePage();
  const samples = await inBrowser((browser) =>
    takeTurns(browser, { ours: url, bare: bare.url }, quick ? FEW_OPENINGS : OPENINGS),
  );
  bare.end();
  await end();
  return { figures: figuresOf(samples), samples };
}

/** A peer with a page, who sees another one. */
async function startPair(scratch) {
  const discoveryPort = await freeDiscoveryPort();
  const env = { P2P_UI_ENABLED: 'true' };
  const here = await startPeer({ scratch, name: 'here', discoveryPort, env });
  const other = await startPeer({ scratch, name: 'other', discoveryPort });
  await here.when(({ type }) => type === 'peer-up');
  const { value } = await here.when(({ type }) => type === 'ui');
  return { url: value.url, end: () => Promise.all([here.end(), other.end()]) };
}

async function takeTurns(browser, urls, openings) {
  const samples = { ours: [], bare: [] };
  for (let turn = 0; turn < WARMING + openings; turn += 1) {
    const order = turn % 2 === 0 ? ['ours', 'bare'] : ['bare', 'ours'];
    for (const which of order) samples[which].push(await openedIn(browser, urls[which]));
  }
  return samples;
}

async function openedIn(browser, url) {
  const tab = await openTab(browser, url);
  const ms = await readyAt(tab);
  await tab.context().close();
  return ms;
}

function figuresOf({ ours, bare }) {
  const [warm, plain] = [ours, bare].map((all) => all.slice(WARMING));
  const more = median(warm.map((ms, turn) => ms - plain[turn]));
  return [
    figure('usable after, median', median(warm), 'ms', { most: WANTED_MS }),
    figure('usable after, p95', percentile(warm, 0.95), 'ms', { most: WANTED_MS }),
    figure('the first opening', ours[0], 'ms'),
    figure('a page of one line, median', median(plain), 'ms'),
    figure('a page of one line, p95', percentile(plain, 0.95), 'ms'),
    figure('ours beyond that, median', more, 'ms'),
  ];
}
