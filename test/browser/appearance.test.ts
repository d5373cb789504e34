/** How the page looks and reads, to eyes and to screen readers, whatever others call themselves. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  CHROMIUM,
  openPage,
  openScene,
  titled,
  urlOf,
  violationsIn,
} from '#test/support/browser.js';
import { knows, seen, type TestPeer } from '#test/support/network.js';
import { afterAllTests } from '#test/support/teardown.js';

const VIEWS = ['peers', 'chat', 'shares', 'transfers', 'offers', 'topology', 'settings', 'log'];

const IMAGE = '<img src=x onerror=alert(1)>';
const TURNED = 'gpj.\u202Eexe';
const TURNED_SHOWN = 'gpj.\\u{202e}exe';

/** What the pictures of the README show; they are taken where somebody asks for it. */
const PICTURED: Readonly<Record<string, string>> = {
  'light 1440': 'peers',
  'dark 1440': 'topology',
  'light 360': 'chat',
};
const PICTURES = fileURLToPath(new URL('../../../docs/images/', import.meta.url));
const isTaking = process.env['PAGE_PICTURES'] !== undefined;

async function show(page: Page, view: string): Promise<void> {
  await page.evaluate(`location.hash = '#${view}'`);
  const link = page.locator(`nav a[href="#${view}"][aria-current="page"]`);
  await link.waitFor();
}

describe.skipIf(CHROMIUM === undefined)(titled('the look of the page'), () => {
  const teardown = afterAllTests();
  let browser: Browser;
  let here: TestPeer;
  let other: TestPeer;
  let url: string;

  beforeAll(async () => {
    const scene = await openScene(3, teardown, {
      prepare: ({ share }, index) => {
        const names = index === 1 ? [IMAGE, 'holiday.mp4', 'notes.txt'] : ['thesis.pdf'];
        for (const name of names) writeFileSync(join(share, name), `${index} ${name}`);
      },
    });
    browser = scene.browser;
    const [self, one, two] = scene.network.peers as [TestPeer, TestPeer, TestPeer];
    [here, other] = [self, one];
    await Promise.all([knows(here, [one, two]), knows(one, [here]), seen(here, IMAGE)]);
    await here.rename('desk');
    await other.rename('kitchen');
    await two.rename('laptop');
    await other.say('The pictures of yesterday are in holiday.mp4');
    await here.say('Thank you, fetching them');
    await two.say('me too');
    await two.away('lunch');
    await here.download('holiday.mp4');
    const letter = join(scene.network.folder, 'letter.txt');
    writeFileSync(letter, 'a letter');
    await other.send(letter, { to: here.peerId });
    await here.heard.until('offer-received');
    await here.trust(other.peerId);
    url = await urlOf(here);
  });

  it.each([
    ['light', 1440],
    ['dark', 1440],
    ['light', 360],
    ['dark', 360],
  ] as const)(
    'leaves axe nothing to say in %s at %d pixels, and nothing sticks out',
    async (colorScheme, width) => {
      const viewport = { width, height: 640 };
      const { page } = await openPage(browser, url, {
        colorScheme,
        viewport,
        reducedMotion: 'reduce',
      });
      await page.locator('[data-peer]').first().waitFor();
      for (const view of VIEWS) {
        await show(page, view);
        if (view === 'topology') await page.locator('[data-node]').first().waitFor();
        expect([view, await violationsIn(page)]).toEqual([view, []]);
        const wide: number = await page.evaluate('document.documentElement.scrollWidth');
        expect([view, wide]).toEqual([view, width]);
        if (isTaking && PICTURED[`${colorScheme} ${width}`] === view) {
          mkdirSync(PICTURES, { recursive: true });
          await page.screenshot({ path: join(PICTURES, `page-${view}.png`) });
        }
      }
      await page.context().close();
    },
  );

  it('has the views in two even rows at 360 pixels, with room for each word of German and for a number at each', async () => {
    const viewport = { width: 360, height: 640 };
    const { page } = await openPage(browser, url, { locale: 'de-DE', viewport });
    await page.locator('nav .badge').first().waitFor();
    const pressed: readonly string[] = await page.evaluate(`(() => {
      const badge = document.querySelector('nav .badge');
      const links = [...document.querySelectorAll('.frame > nav a')];
      for (const link of links) link.querySelector('.badge') ?? link.append(badge.cloneNode(true));
      const roomy = (link) => {
        const { left, right } = link.getBoundingClientRect();
        const number = link.querySelector('.badge').getBoundingClientRect();
        const range = document.createRange();
        range.setStart(link, 0);
        range.setEndBefore(link.querySelector('.badge'));
        const word = range.getBoundingClientRect();
        const isInside = (box) => box.left >= left && box.right <= right;
        const isClear = number.bottom <= word.top || number.left >= word.right;
        return left >= 0 && right <= innerWidth && isInside(word) && isInside(number) && isClear;
      };
      return links.filter((link) => !roomy(link)).map((link) => link.textContent);
    })()`);
    expect(pressed).toEqual([]);
    const rows = `[...document.querySelectorAll('.frame > nav a')].map((link) => link.getBoundingClientRect().top)`;
    const tops: readonly number[] = await page.evaluate(rows);
    expect([0, 4].map((at) => new Set(tops.slice(at, at + 4)).size)).toEqual([1, 1]);
    await page.context().close();
  });

  it('speaks German where the browser does, and any other language when it is told to', async () => {
    const { page } = await openPage(browser, url, { locale: 'de-DE' });
    await page.getByRole('link', { name: 'Einstellungen' }).click();
    await page.getByLabel('Sprache').selectOption('en');
    await page.getByRole('heading', { name: 'Settings' }).waitFor();
    expect(await page.evaluate('document.documentElement.lang')).toBe('en');
    await page.getByLabel('Theme').selectOption('dark');
    const ground = 'getComputedStyle(document.documentElement).backgroundColor';
    expect(await page.evaluate(ground)).toBe('rgb(17, 21, 26)');
    await page.context().close();
  });

  it('is used by keyboard alone', async () => {
    const { page } = await openPage(browser, url);
    await page.locator('[data-peer]').first().waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.activeElement.id')).toBe('main');
    const reached: string[] = [];
    for (let at = 0; at < 30; at += 1) {
      await page.keyboard.press('Tab');
      reached.push(await page.evaluate('document.activeElement.getAttribute("aria-label") ?? ""'));
    }
    for (const deed of ['Message', 'Verify', 'Forget', 'Block']) {
      expect(reached).toContain(`${deed} kitchen`);
    }
    await page.context().close();
  });

  it('shows names and messages that would be markup, or turn the line around, as what they are (CVE-2022-46165)', async () => {
    const { page, complaints, elsewhere } = await openPage(browser, url);
    const card = page.locator(`[data-peer="${other.peerId}"]`);
    for (const [name, shown] of [
      [IMAGE, IMAGE],
      [TURNED, TURNED_SHOWN],
    ] as const) {
      await other.rename(name);
      await card.getByText(shown, { exact: true }).waitFor();
      await other.say(name);
    }
    await show(page, 'chat');
    await page.locator('.said').getByText(TURNED_SHOWN, { exact: true }).waitFor();
    await page.locator('.said').getByText(IMAGE, { exact: true }).waitFor();
    for (const view of VIEWS) {
      await show(page, view);
      expect([view, await page.locator('img, [onerror]').count()]).toEqual([view, 0]);
      expect(await page.locator('body').textContent()).not.toContain('\u202E');
    }
    await show(page, 'shares');
    await page.getByText(IMAGE, { exact: true }).waitFor();
    expect(complaints).toEqual([]);
    expect(elsewhere).toEqual([]);
    await page.context().close();
  });
});
