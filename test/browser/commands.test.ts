/** Every command of the terminal has its place on the page, and what was only in the terminal does its work there. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { CHROMIUM, openPage, openScene, titled, urlOf } from '#test/support/browser.js';
import { knows, type Network, seen, type TestPeer } from '#test/support/network.js';
import { afterAllTests } from '#test/support/teardown.js';
import { COMMAND_PLACES } from '#web/model/commands.js';
import { VIEWS } from '#web/model/place.js';

/** The commands that are marked in what is shown now. */
const MARKED = `[...document.querySelectorAll('[data-command]')].flatMap((one) => one.dataset.command.split(' '))`;

describe.skipIf(CHROMIUM === undefined)(titled('the commands on the page'), () => {
  const teardown = afterAllTests();
  let browser: Browser;
  let network: Network;
  let here: TestPeer;
  let other: TestPeer;
  let stranger: TestPeer;
  let page: Page;

  const show = async (view: string, of = '') => {
    await page.evaluate(`location.hash = '#${view}${of}'`);
    await page.locator(`nav a[href="#${view}"][aria-current="page"]`).waitFor();
  };
  const file = (name: string) => {
    const path = join(network.folder, name);
    writeFileSync(path, `this is ${name}`);
    return path;
  };

  beforeAll(async () => {
    ({ browser, network } = await openScene(4, teardown, {
      settings: { drills: true },
      prepare: ({ share }, index) => writeFileSync(join(share, `share ${index}`), `${index}`),
    }));
    const blocked = network.peers[3] as TestPeer;
    [here, other, stranger] = network.peers as [TestPeer, TestPeer, TestPeer];
    await Promise.all([knows(here, [other, stranger, blocked]), seen(here, 'share 1')]);
    await here.trust(other.peerId);
    await here.block(blocked.peerId);
    await other.send(file('offered'), { to: here.peerId });
    await here.heard.until('offer-received');
    await here.send(file('held'), { to: other.peerId });
    await here.send(file('going'), { to: other.peerId });
    await here.pause('held');
    page = (await openPage(browser, await urlOf(here))).page;
    await page.locator('[data-peer]').first().waitFor();
  });

  it('are each where the table says', async () => {
    const found = new Map<string, Set<string>>();
    for (const view of VIEWS) {
      await show(view);
      for (const of of view === 'chat' ? ['', `/${other.peerId}`] : ['']) {
        await show(view, of);
        const expected = Object.entries(COMMAND_PLACES).filter(([, views]) =>
          (views as readonly string[]).includes(view),
        );
        const wanted = expected
          .map(([name]) => name)
          .filter((name) => name !== (of === '' ? 'tell' : 'say'));
        for (const name of wanted)
          await page.locator(`[data-command~="${name}"]`).first().waitFor();
        for (const name of await page.evaluate<string[]>(MARKED)) {
          found.set(name, (found.get(name) ?? new Set()).add(view));
        }
      }
    }
    const places = Object.fromEntries([...found].map(([name, views]) => [name, [...views]]));
    expect(places).toEqual(COMMAND_PLACES);
  });

  it('share a path of this machine, and end that', async () => {
    await show('shares');
    await page.getByText('Share something').click();
    await page.getByLabel('Path on this machine').fill(file('diary'));
    await page.getByRole('button', { name: 'Share', exact: true }).click();
    await page.getByText('diary is shared').waitFor();
    await seen(other, 'diary');
    await page.getByRole('button', { name: 'Stop sharing diary' }).click();
    const { name } = await here.heard.until('share-removed');
    expect(name).toBe('diary');
    await page.getByText('diary is not shared any more').waitFor();
  });

  it('share files that are chosen', async () => {
    const chosen = { name: 'chosen.txt', mimeType: 'text/plain', buffer: Buffer.from('a note') };
    await page.locator('[data-drop="share"] input[multiple]').first().setInputFiles([chosen]);
    await page.getByText('chosen.txt is shared').waitFor();
    await seen(other, 'chosen.txt');
  });

  it('find who has something, and fetch it from there', async () => {
    await page.getByRole('searchbox').fill('share 2');
    await page.getByRole('button', { name: 'Ask everybody' }).click();
    const found = page.getByRole('region', { name: 'Who has share 2' });
    await found.getByText(stranger.name).waitFor();
    await found.getByRole('button', { name: 'Download share 2' }).click();
    await here.heard.until('download-completed', { where: ({ name }) => name === 'share 2' });
  });

  it('take back a message that waits for its peer', async () => {
    await stranger.close();
    await here.heard.until('peer-down', { where: ({ peerId }) => peerId === stranger.peerId });
    await show('chat', `/${stranger.peerId}`);
    await page.getByRole('textbox').fill('never mind');
    await page.getByRole('button', { name: 'Send' }).click();
    await page.getByRole('button', { name: 'Take back' }).click();
    await page.getByText('not delivered').waitFor();
    expect(here.messages({ all: true }).at(-1)).toMatchObject({ state: 'failed' });
  });

  it('break an actor on purpose', async () => {
    await show('log');
    await page.getByRole('button', { name: 'Break: hasher' }).click();
    await here.heard.until('actor-restarted', { where: ({ actor }) => actor === 'hasher' });
    await page.locator('[data-actor="hasher"]').getByText('1 restart').waitFor();
  });

  it('end the peer, once that is confirmed', async () => {
    await show('settings');
    const end = page.getByRole('button', { name: 'End this peer' });
    const sure = page.getByRole('alertdialog', { name: 'End this peer?' });
    await end.click();
    await sure.waitFor();
    await page.keyboard.press('Escape');
    await sure.waitFor({ state: 'hidden' });
    expect(here.status().actors).not.toEqual([]);
    await end.click();
    await sure.getByRole('button', { name: 'End this peer' }).click();
    expect(await here.closed).toBe(0);
    await page.getByRole('alert').getByText('start it again and open the new address').waitFor();
    expect(await page.getByRole('button').or(page.getByRole('link')).count()).toBe(0);
  });
});
