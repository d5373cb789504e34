/** Files and folders on their way between a browser and its peer, as a person moves them. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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
        if (index === 1) writeFileSync(join(share, 'song.bin'), 'a song');
        if (index === 1) return;
        writeFileSync(join(share, 'film.bin'), CONTENT);
        mkdirSync(join(share, 'album'));
        writeFileSync(join(share, 'album', 'one.jpg'), 'one');
      },
    }));
    [here, other] = network.peers as [TestPeer, TestPeer];
    await Promise.all([knows(here, [other]), seen(other, 'film.bin'), seen(here, 'song.bin')]);
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

  it('says of a folder where it lies, and does not offer to save it again', async () => {
    await show('shares');
    const save = page.getByRole('button', { name: 'Save album to this browser' });
    await save.click();
    await page.getByText('album is a folder, which a browser cannot save: it lies at /').waitFor();
    await save.waitFor({ state: 'detached' });
    expect(await page.getByRole('alert').count()).toBe(0);
  });

  it('sends a folder of this machine from where it lies, but for what is left out', async () => {
    const root = folder('voyage');
    writeFileSync(join(root, 'left.tmp'), 'left out');
    await show('peers');
    const card = page.locator(`[data-peer="${other.peerId}"]`);
    await card.getByText('Send a path of this machine').click();
    await card.getByLabel('Path on this machine').fill(root);
    await card.getByLabel('Leave out of a folder').fill('*.tmp');
    await card.getByRole('button', { name: 'Send it' }).click();
    await card.getByText(`voyage is offered to ${other.name}`).waitFor();
    const path = await arrived('voyage');
    expect(existsSync(join(path, 'left.tmp'))).toBe(false);
    rmSync(join(root, 'left.tmp'));
    expect(treePrint(path)).toEqual(treePrint(root));
  });

  it('puts what is fetched, and what is accepted, where its user says', async () => {
    const target = (name: string) => join(network.folder, name);
    await show('shares');
    await page.getByText('More: where it is put').click();
    const field = page.getByLabel('Folder or file to be made');
    await field.fill('nowhere/at all');
    await page.getByRole('button', { name: 'Download song.bin' }).click();
    await page.getByRole('alert').waitFor();
    expect(await field.inputValue()).toBe('nowhere/at all');
    await field.fill(target('my song.bin'));
    await page.getByRole('button', { name: 'Download song.bin' }).click();
    const { path } = await here.heard.until('download-completed');
    expect(path).toBe(target('my song.bin'));
    // The next is not meant to go there, too.
    expect(await field.inputValue()).toBe('');
    writeFileSync(target('letter'), 'a letter');
    await other.send(target('letter'), { to: here.peerId });
    await here.heard.until('offer-received');
    await show('offers');
    await page.getByText('More: where it is put').click();
    await page.getByLabel('Folder or file to be made').fill(target('my letter'));
    await page.getByRole('button', { name: 'Accept letter' }).click();
    const accepted = await here.heard.until('offer-completed');
    expect(accepted.path).toBe(target('my letter'));
  });
});
