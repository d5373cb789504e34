/** Debian's Chromium without a window, ended with the bench. */
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';

/** Wherever a system keeps it; another one by `CHROMIUM`. */
const PLACES = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser'];
const FOUND = PLACES.find((path) => path !== undefined && existsSync(path));

/** Root has no sandbox, and a container little shared memory. */
const FLAGS = ['--no-sandbox', '--disable-dev-shm-usage', '--disable-background-networking'];

const PATIENCE_MS = 60_000;

/** @returns why there is none to measure in, if so. */
export function browserMissing() {
  return FOUND === undefined ? 'there is no Chromium: `apt-get install chromium`' : undefined;
}

/** @param use gets a browser, which is closed after it. */
export async function inBrowser(use) {
  const browser = await chromium.launch({ executablePath: FOUND, args: FLAGS });
  try {
    return await use(browser);
  } finally {
    await browser.close();
  }
}

/** A tab of a profile that was never used, at `url`. Its context is closed by whoever asked for it. */
export async function openTab(browser, url, options = {}) {
  const context = await browser.newContext({ locale: 'en-GB', ...options });
  context.setDefaultTimeout(PATIENCE_MS);
  const tab = await context.newPage();
  await tab.goto(url, { waitUntil: 'commit' });
  return tab;
}

/** @returns when the page in it had read all of its peer, in milliseconds since it began to be opened. */
export function readyAt(tab) {
  // Watched, not asked for: who asks takes part of what he measures.
  return tab.evaluate(`new Promise((resolve) => {
    const watch = (list) => {
      const [mark] = list.getEntriesByName('p2p-ready');
      if (mark !== undefined) resolve(mark.startTime);
    };
    new PerformanceObserver(watch).observe({ type: 'mark', buffered: true });
  })`);
}
