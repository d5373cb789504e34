/** The page before very many peers, shares, messages and transfers: what is drawn is bounded, and all can be reached. */
import type { Browser, Page } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { CHROMIUM, openScene, titled, urlOf, violationsIn } from '#test/support/browser.js';
import { crowd, LARGE } from '#test/support/crowded-page.js';
import type { TestPeer } from '#test/support/network.js';
import { afterAllTests } from '#test/support/teardown.js';

/** A view of 120 rows, each of some 30 elements, and the frame around it. */
const MOST_ELEMENTS = 6000;

/** Fewer than there may be, to scroll through all of them. */
const MESSAGES = 1200;

describe.skipIf(CHROMIUM === undefined)(titled('long lists of the page'), () => {
  const teardown = afterAllTests();
  let browser: Browser;
  let page: Page;
  let here: TestPeer;
  const complaints: string[] = [];

  const show = (view: string) =>
    page.getByRole('navigation', { name: 'Views' }).getByRole('link', { name: view }).click();
  const elements = () => page.locator('*').count();

  beforeAll(async () => {
    const scene = await openScene(1, teardown);
    browser = scene.browser;
    [here] = scene.network.peers as [TestPeer];
    page = await browser.newPage({ locale: 'en-GB' });
    page.on('pageerror', (error) => complaints.push(String(error)));
    await crowd(page, { ...LARGE, messages: MESSAGES });
    await page.goto(await urlOf(here));
    await page.locator('[data-peer]').first().waitFor();
  });

  it('draw a bounded number of peers, of which the last is reached by scrolling, in a line that opens where it is offline', async () => {
    expect(await elements()).toBeLessThan(MOST_ELEMENTS);
    await until(() => scrollTo('#main', 'end'), page.getByText('peer 99', { exact: true }));
    expect(await elements()).toBeLessThan(MOST_ELEMENTS);
    const message = page.getByRole('link', { name: 'Message peer 99', exact: true });
    expect(await message.count()).toBe(0);
    await page.getByText('peer 99', { exact: true }).click();
    await message.waitFor();
    expect(await violationsIn(page)).toEqual([]);
  });

  it('draw a bounded number of transfers and shares', async () => {
    await show('Transfers');
    await page.locator('[data-transfer]').first().waitFor();
    expect(await elements()).toBeLessThan(MOST_ELEMENTS);
    await show('Shares');
    await page.getByText('film 0.mkv', { exact: true }).waitFor();
    expect(await elements()).toBeLessThan(MOST_ELEMENTS);
  });

  it('begin a chat with the latest, and lead back to the first message that there is', async () => {
    await show('Chat');
    await page.getByText(`message number ${MESSAGES - 1} `).waitFor();
    await until(
      () => scrollTo('.log', 'start'),
      page.getByText('message number 0', { exact: true }),
    );
    expect(await elements()).toBeLessThan(MOST_ELEMENTS);
    expect(await page.getByRole('button', { name: 'Show earlier messages' }).count()).toBe(0);
    await until(() => scrollTo('.log', 'end'), page.getByText(`message number ${MESSAGES - 1} `));
  });

  it('show a message that comes where the latest are seen', async () => {
    await scrollTo('.log', 'end');
    await scrollTo('.log', 'end');
    await here.say('here and now');
    await page.locator('.log').getByText('here and now').waitFor();
    const gap =
      "(({ scrollHeight, scrollTop, clientHeight }) => scrollHeight - scrollTop - clientHeight)(document.querySelector('.log'))";
    expect(await page.evaluate(gap)).toBeLessThan(40);
    expect(complaints).toEqual([]);
  });

  it('draw a topology of 300 peers while clicks are answered', async () => {
    await show('Topology');
    await page
      .locator('[data-node]')
      .nth(LARGE.peers - 1)
      .waitFor();
    await show('Offers');
    await page.getByText('Nobody offers anything now.').waitFor();
  });

  function scrollTo(box: string, end: 'start' | 'end'): Promise<void> {
    const top = end === 'start' ? '0' : 'box.scrollHeight';
    const frame =
      'new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))';
    return page.evaluate(
      `(async () => { const box = document.querySelector('${box}'); box.scrollTop = ${top}; await ${frame}; })()`,
    );
  }

  /** Scrolls on, a frame at a time, until that is drawn. */
  async function until(scroll: () => Promise<void>, wanted: ReturnType<Page['getByText']>) {
    for (let turn = 0; turn < MESSAGES && (await wanted.count()) === 0; turn += 1) await scroll();
    expect(await wanted.count()).toBe(1);
  }
});
