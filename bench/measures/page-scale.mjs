/** The page before 300 peers, 10,000 shares, 100,000 messages and 1,000 transfers: clicks, keys and scrolling. */
import { setTimeout as pause } from 'node:timers/promises';
import { browserMissing, inBrowser, readyAt } from '../run/browser.mjs';
import { clicking } from '../run/clicks.mjs';
import { figure } from '../run/figures.mjs';
import { freeDiscoveryPort, startPeer } from '../run/peers.mjs';
import { percentile } from '../run/statistics.mjs';

const VIEWS = ['Peers', 'Chat', 'Shares', 'Transfers', 'Topology', 'Settings'];

/** Several rounds of all views. */
const CLICKING_MS = 15_000;

const WANTED_MS = 100;
const FRAMES = 300;
const TEXT = 'The quick brown fox jumps over the lazy dog, and back again.';

/** Counts from here on what held up the page for 50 ms and more. */
const WATCH = `
  globalThis.benchLong = [];
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) benchLong.push(duration);
  }).observe({ type: 'longtask' });
`;

/** From a key to the frame after it. */
const KEYS = `
  globalThis.benchKeys = [];
  addEventListener('keydown', ({ timeStamp }) => {
    requestAnimationFrame(() => setTimeout(() => benchKeys.push(performance.now() - timeStamp)));
  }, { capture: true });
`;

/** One screen back each frame. @returns how long each frame took. */
const SCROLL = `(async () => {
  const box = document.querySelector('.log');
  const frames = [];
  for (let turn = 0; turn < ${FRAMES}; turn += 1) {
    const begun = performance.now();
    box.scrollTop -= box.clientHeight;
    await new Promise(requestAnimationFrame);
    frames.push(performance.now() - begun);
  }
  return frames;
})()`;

/** @param {import('../main.mjs').Context} context */
export async function measurePageScale({ scratch, skip }) {
  const missing = browserMissing();
  if (missing !== undefined) {
    skip('page-scale', missing);
    return { figures: [], samples: {} };
  }
  const env = { P2P_UI_ENABLED: 'true' };
  const discoveryPort = await freeDiscoveryPort();
  const here = await startPeer({ scratch, name: 'here', discoveryPort, env });
  const { value } = await here.when(({ type }) => type === 'ui');
  const found = await inBrowser((browser) => useIn(browser, value.url));
  await here.end();
  return { figures: figuresOf(found), samples: found };
}

async function useIn(browser, url) {
  const { crowd } = await import('../../dist/test/support/crowded-page.js');
  const context = await browser.newContext({ locale: 'en-GB' });
  const tab = await context.newPage();
  await crowd(tab);
  await tab.goto(url, { waitUntil: 'commit' });
  const readyMs = await readyAt(tab);
  await tab.evaluate(WATCH);
  const clicks = await clicking(tab, VIEWS);
  await pause(CLICKING_MS);
  const delays = await clicks.end();
  await tab.getByRole('link', { name: 'Chat' }).click();
  await tab.locator('textarea').click();
  await tab.evaluate(KEYS);
  await tab.keyboard.type(TEXT, { delay: 30 });
  const keys = await tab.evaluate('benchKeys');
  const frames = await tab.evaluate(SCROLL);
  const elements = await tab.locator('*').count();
  return { readyMs, delays, keys, frames, elements, long: await tab.evaluate('benchLong') };
}

function figuresOf({ readyMs, delays, keys, frames, elements, long }) {
  const p95 = (name, all) => ({
    ...figure(`${name}, p95`, percentile(all, 0.95), 'ms', { most: WANTED_MS }),
    note: `of ${all.length}, longest ${Math.max(...all).toFixed(0)}`,
  });
  return [
    figure('usable after', readyMs, 'ms'),
    p95('click to next paint, views in turn', delays),
    p95('key to next paint', keys),
    p95('a screen back in the chat', frames),
    figure('elements in the page then', elements, ''),
    figure('tasks of 50 ms and more, all the while', long.length, ''),
    figure('the longest', Math.max(0, ...long), 'ms'),
  ];
}
