/** Files and folders on their way between a browser and its peer, as a person moves them. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { CHROMIUM, openPage, openScene, titled, urlOf } from '#test/support/browser.js';
import { knows, type Network, seen, type TestPeer } from '#test/support/network.js';
import { afterAllTests } from '#test/support/teardown.js';
import { treePrint } from '#test/support/tree-print.js';

const CONTENT = randomBytes(3_000_000);
/** Beyond what a browser lists of a folder at once. */
const MANY = 230;

/** Moves what lies at `path` from outside of the browser onto `target`, as a file manager does. */
async function dragOnto(page: Page, target: string, path: string): Promise<void> {
  const box = await page.locator(target).boundingBox();
  if (box === null) throw new Error(`${target} is not to be seen`);
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  const data = { items: [], files: [path], dragOperationsMask: 1 };
  const devtools = await page.context().newCDPSession(page);
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
    await devtools.send('Input.dispatchDragEvent', { type, x, y, data });
  }
  await devtools.detach();
}

describe.skipIf(CHROMIUM === undefined)(titled('files and the page'), () => {
  const teardown = afterAllTests();
  let browser: Browser;
  let network: Network;
  let here: TestPeer;
  let other: TestPeer;
  let page: Page;

  const show = (view: string) => page.evaluate(`location.hash = '#${view}'`);

  const folder = (name: string): string => {
    const root = join(network.folder, name);
    mkdirSync(join(root, 'a', 'b c', 'd'), { recursive: true });
    mkdirSync(join(root, 'many'));
    writeFileSync(join(root, 'top.bin'), CONTENT);
    writeFileSync(join(root, 'empty'), '');
    writeFileSync(join(root, 'a', 'b c', 'd', 'ä #?%.txt'), 'deep');
    for (let at = 0; at < MANY; at += 1) writeFileSync(join(root, 'many', `${at}`), `file ${at}`);
    return root;
  };

  const arrived = async (name: string): Promise<string> => {
    const where = (event: { readonly name: string }) => event.name === name;
    const { offerId } = await other.heard.until('offer-received', { where });
    await other.accept(offerId);
    return (await other.heard.until('offer-completed', { where })).path;
  };

  beforeAll(async () => {
    ({ browser, network } = await openScene(2, teardown, {
      prepare: ({ share }, index) => {
        if (index === 0) writeFileSync(join(share, 'film.bin'), CONTENT);
      },
    }));
    [here, other] = network.peers as [TestPeer, TestPeer];
    await Promise.all([knows(here, [other]), seen(other, 'film.bin')]);
    page = (await openPage(browser, await urlOf(here))).page;
    await page.locator(`[data-drop="${other.peerId}"]`).waitFor();
  });

  it('sends a folder that is dropped on a person, with all that is below it, every byte', async () => {
    const root = folder('trip');
    await dragOnto(page, `[data-drop="${other.peerId}"]`, root);
    await page.getByText(`trip is offered to ${other.name}`).waitFor();
    expect(treePrint(await arrived('trip'))).toEqual(treePrint(root));
  });

  it('sends a folder that is chosen', async () => {
    const root = folder('journey');
    const choose = page.locator(`[data-drop="${other.peerId}"] input[webkitdirectory]`);
    await choose.setInputFiles(root);
    expect(treePrint(await arrived('journey'))).toEqual(treePrint(root));
  });

  it('gives a file that is here to the browser, which saves it under its name', async () => {
    await show('shares');
    const saving = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Save film.bin to this browser' }).click();
    const saved = await saving;
    expect(saved.suggestedFilename()).toBe('film.bin');
    expect(readFileSync(await saved.path()).equals(CONTENT)).toBe(true);
    expect(saved.url()).not.toContain((await urlOf(here)).split('=')[1]);
    // Whoever finds the link later finds nothing behind it.
    expect((await fetch(saved.url())).status).toBe(404);
  });
});
