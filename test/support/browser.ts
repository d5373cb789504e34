/** Debian's Chromium with a page of a peer in it, and everything that it complained of. */
import { existsSync } from 'node:fs';
import axe from 'axe-core';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import {
  createNetwork,
  type Network,
  type NetworkOptions,
  type Teardown,
  type TestPeer,
} from './network.js';

/** Wherever a system keeps it; another one by `CHROMIUM`. */
const PLACES = [process.env['CHROMIUM'], '/usr/bin/chromium', '/usr/bin/chromium-browser'];

export const CHROMIUM = PLACES.find((path) => path !== undefined && existsSync(path));

/** Root has no sandbox, and a container little shared memory. */
const FLAGS = ['--no-sandbox', '--disable-dev-shm-usage', '--disable-background-networking'];

/** Everything here takes well under a second on an idle machine. */
const PATIENCE_MS = 15_000;

/** A browser, and a network of `n` peers that each have a page. */
export async function openScene(
  n: number,
  teardown: Teardown,
  { settings, ...options }: NetworkOptions = {},
): Promise<{ readonly browser: Browser; readonly network: Network }> {
  const browser = await openBrowser();
  teardown(() => browser.close());
  const network = await createNetwork(n, teardown, {
    ...options,
    settings: { ui: { enabled: true }, ...settings },
  });
  return { browser, network };
}

function openBrowser(): Promise<Browser> {
  if (CHROMIUM === undefined) throw new Error('there is no Chromium');
  return chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
}

export type OpenPage = {
  readonly page: Page;
  /** Errors, warnings and violations of its policy, as the console has them. */
  readonly complaints: readonly string[];
  /** Addresses that it asked for elsewhere. */
  readonly elsewhere: readonly string[];
};

/** A page that has its token and is live. */
export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<OpenPage> {
  const context = await browser.newContext({ locale: 'en-GB', ...options });
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  const complaints: string[] = [];
  const elsewhere: string[] = [];
  const { origin } = new URL(url);
  page.on('console', (said) => {
    if (['error', 'warning'].includes(said.type())) complaints.push(said.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('request', (request) => {
    if (!request.url().startsWith(`${origin}/`)) elsewhere.push(request.url());
  });
  await page.goto(url);
  return { page, complaints, elsewhere };
}

/** @returns the address of its page, which holds the token. */
export async function urlOf(peer: TestPeer): Promise<string> {
  return (await peer.heard.until('ui')).url;
}

/** @returns what axe finds in what is shown now. */
export async function violationsIn(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate<axe.AxeResults>('axe.run()');
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join('\n')}`);
}

/** @returns a title that says why its tests are skipped, where they are. */
export function titled(title: string): string {
  const why = 'there is no Chromium here: `apt-get install chromium`, or CHROMIUM=PATH';
  return CHROMIUM === undefined ? `${title} (${why})` : title;
}
