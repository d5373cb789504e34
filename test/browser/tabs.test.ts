/** More tabs than a browser has connections to one peer. */
import type { Browser, Page } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { CHROMIUM, openPage, openScene, titled, urlOf } from '#test/support/browser.js';
import { knows, type TestPeer } from '#test/support/network.js';
import { afterAllTests } from '#test/support/teardown.js';

const TABS = 8;

/** Chromium without a window shows all of its tabs: this is what it would tell them. */
function turn(page: Page, isHidden: boolean): Promise<unknown> {
  return page.evaluate(`(() => {
    Object.defineProperty(document, 'hidden', { configurable: true, value: ${isHidden} });
    document.dispatchEvent(new Event('visibilitychange'));
  })()`);
}

function isLive(page: Page): Promise<void> {
  return page.getByRole('status').getByText('Live').waitFor();
}

describe.skipIf(CHROMIUM === undefined)(titled('many tabs of one page'), () => {
  const teardown = afterAllTests();
  let browser: Browser;
  let here: TestPeer;
  let other: TestPeer;

  beforeAll(async () => {
    const scene = await openScene(2, teardown);
    browser = scene.browser;
    [here, other] = scene.network.peers as [TestPeer, TestPeer];
    await Promise.all([knows(here, [other]), knows(other, [here])]);
  });

  it('are all live once they are shown, with what was said while they were hidden', async () => {
    const url = await urlOf(here);
    const { page: first } = await openPage(browser, url);
    await isLive(first);
    const tabs = [first];
    for (let count = 1; count <= TABS; count += 1) {
      const last = tabs.at(-1) as Page;
      await last.clock.install();
      await turn(last, true);
      await last.clock.fastForward(10_000);
      await last.getByRole('status').getByText('Live').waitFor({ state: 'detached' });
      const next = await first.context().newPage();
      await next.goto(url);
      await isLive(next);
      tabs.push(next);
    }
    await other.say('while you looked elsewhere');
    await here.heard.until('message');
    await turn(first, false);
    await isLive(first);
    await first.getByRole('link', { name: 'Chat 1 unread' }).waitFor();
    expect(tabs).toHaveLength(TABS + 1);
  });
});
