/** Peers on the page that come and go while something is done with them, and call themselves what they like. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { CHROMIUM, openPage, openScene, titled, urlOf } from '#test/support/browser.js';
import { knows, type Network, seen, type TestPeer } from '#test/support/network.js';
import { afterAllTests } from '#test/support/teardown.js';

/** Letters that are written from right to left. */
const TURNING = '\u05d0\u05d1\u05d2';

describe.skipIf(CHROMIUM === undefined)(titled('the peers on the page'), () => {
  const teardown = afterAllTests();
  let browser: Browser;
  let network: Network;
  let here: TestPeer;
  let first: TestPeer;
  let last: TestPeer;
  let page: Page;

  const cardOf = ({ peerId }: TestPeer) => page.locator(`[data-peer="${peerId}"]`);

  beforeAll(async () => {
    ({ browser, network } = await openScene(3, teardown, {
      prepare: ({ share }, index) => {
        if (index === 2) writeFileSync(join(share, 'film.bin'), 'a film');
      },
    }));
    [here, first, last] = network.peers as [TestPeer, TestPeer, TestPeer];
    await Promise.all([knows(here, [first, last]), seen(here, 'film.bin')]);
    page = (await openPage(browser, await urlOf(here))).page;
    await cardOf(first).getByText('online').waitFor();
    await cardOf(last).getByText('online').waitFor();
  });

  it('leave a path that is being typed, and the focus, where they are when one goes and comes back', async () => {
    const card = cardOf(first);
    await card.getByText('Send a path of this machine').click();
    const field = card.getByLabel('Path on this machine');
    await field.fill('/home/a');
    await first.close();
    // Now behind the other.
    await page.locator(`[data-peer="${last.peerId}"] + [data-peer="${first.peerId}"]`).waitFor();
    await card.getByText('offline').waitFor();
    await page.keyboard.type('/b');
    expect(await field.inputValue()).toBe('/home/a/b');
    await network.start(first.home);
    await card.getByText('online').waitFor();
    await page.keyboard.type('/c');
    expect(await field.inputValue()).toBe('/home/a/b/c');
  });

  it('are asked about with a name that turns nothing of the question around', async () => {
    await last.rename(TURNING);
    await page.getByRole('button', { name: `Block ${TURNING}` }).click();
    const sure = page.getByRole('alertdialog');
    expect(await sure.locator('p').textContent()).toContain(`Block \u2068${TURNING}\u2069?`);
    await page.keyboard.press('Escape');
    await sure.waitFor({ state: 'hidden' });
  });

  it('are each a name of their own where something came from, also with a comma in it', async () => {
    await last.rename('Alice, Bob');
    await here.download('film.bin');
    await page.evaluate("location.hash = '#transfers'");
    const givers = page.locator('[data-state="completed"] [data-whose] bdi');
    await givers.getByText('Alice, Bob', { exact: true }).waitFor();
    expect(await givers.count()).toBe(1);
    await page.evaluate("location.hash = '#peers'");
  });

  it('become a line that is closed where nobody is busy with them', async () => {
    await page.getByRole('link', { name: 'Message Alice, Bob' }).waitFor();
    await last.close();
    await cardOf(last).getByText('offline').waitFor();
    expect(await cardOf(last).getByRole('link').count()).toBe(0);
  });
});
