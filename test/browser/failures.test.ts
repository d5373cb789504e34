/** What the page says where something fails, and where its peer has ended. */
import type { Browser, Page } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { CHROMIUM, openPage, openScene, titled, urlOf } from '#test/support/browser.js';
import type { TestPeer } from '#test/support/network.js';
import { afterAllTests } from '#test/support/teardown.js';

describe.skipIf(CHROMIUM === undefined)(titled('what the page says of failures'), () => {
  const teardown = afterAllTests();
  let browser: Browser;
  let here: TestPeer;
  let page: Page;

  beforeAll(async () => {
    const scene = await openScene(1, teardown);
    browser = scene.browser;
    [here] = scene.network.peers as [TestPeer];
    page = (await openPage(browser, await urlOf(here), { locale: 'de-DE' })).page;
    await page.getByRole('status').getByText('Live').waitFor();
  });

  it('is in the language of the page, with what it was about, and the words of the peer behind it', async () => {
    await page.getByLabel('Adresse (HOST:PORT)').fill('nowhere');
    await page.getByRole('button', { name: 'Hinzufügen' }).click();
    const alert = page.getByRole('alert');
    await alert
      .getByText('nowhere: So geht es nicht: Eine Angabe fehlt oder passt nicht.')
      .waitFor();
    const words = alert.getByText('nowhere is no address: write HOST:PORT');
    expect(await words.isVisible()).toBe(false);
    await alert.getByText('Genauer (Englisch)').click();
    await words.waitFor();
    expect(await words.getAttribute('lang')).toBe('en');
    await alert.getByRole('button', { name: 'Schließen' }).click();
    await alert.waitFor({ state: 'detached' });
  });

  it('is about a name in which nothing is hidden', async () => {
    await page.getByLabel('Adresse (HOST:PORT)').fill('no\u2060where');
    await page.getByRole('button', { name: 'Hinzufügen' }).click();
    const alert = page.getByRole('alert');
    await alert.getByText('no\\u{2060}where', { exact: true }).waitFor();
    await alert.getByRole('button', { name: 'Schließen' }).click();
  });

  it('is that the peer has ended, and what to do, where it was ended elsewhere', async () => {
    await here.close();
    await page.getByRole('alert').getByText('Dieser Peer ist beendet').waitFor();
  });
});
