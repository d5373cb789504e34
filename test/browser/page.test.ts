/** The page in a real browser, before whole peers of one network. */
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  CHROMIUM,
  type OpenPage,
  openPage,
  openScene,
  titled,
  urlOf,
  violationsIn,
} from '#test/support/browser.js';
import { knows, type Network, seen, type TestPeer } from '#test/support/network.js';
import { startPeerProgram } from '#test/support/peer-program.js';
import { afterAllTests } from '#test/support/teardown.js';

const CONTENT = randomBytes(3_000_000);

describe.skipIf(CHROMIUM === undefined)(titled('the page of a peer'), () => {
  const teardown = afterAllTests();
  let browser: Browser;
  let network: Network;
  let here: TestPeer;
  let other: TestPeer;
  let opened: OpenPage;
  let page: Page;

  const show = (view: string) =>
    page
      .getByRole('navigation', { name: 'Views' })
      .getByRole('link', { name: new RegExp(`^${view}`) })
      .click();

  beforeAll(async () => {
    ({ browser, network } = await openScene(2, teardown, {
      settings: { drills: true },
      prepare: ({ share }, index) => {
        if (index === 1) writeFileSync(join(share, 'film.bin'), CONTENT);
      },
    }));
    [here, other] = network.peers as [TestPeer, TestPeer];
    await Promise.all([knows(here, [other]), knows(other, [here]), seen(here, 'film.bin')]);
    opened = await openPage(browser, await urlOf(here));
    page = opened.page;
  });

  it('shows who is there, and keeps its token out of the address, of cookies and of what is kept', async () => {
    const card = page.locator(`[data-peer="${other.peerId}"]`);
    await card.getByText('online').waitFor();
    expect(await card.textContent()).toContain(other.name);
    const token = (await urlOf(here)).split('=')[1];
    const kept: string = await page.evaluate(
      'JSON.stringify([location.href, { ...localStorage }, { ...sessionStorage }, document.cookie])',
    );
    expect(token).toMatch(/^[\w-]{43}$/);
    expect(kept).not.toContain(token);
  });

  it('says in a sentence what to do where it has no token, or an old one', async () => {
    const url = new URL(await urlOf(here));
    const { page: without } = await openPage(browser, url.origin);
    await without.getByText('it holds the token that this page needs').waitFor();
    const { page: old } = await openPage(browser, `${url.origin}/#token=${'a'.repeat(43)}`);
    await old.getByText('This token is old').waitFor();
    await Promise.all([without.context().close(), old.context().close()]);
  });

  it('talks with one peer both ways, marks what is unread, and shows that a message is delivered', async () => {
    await other.tell(here.peerId, 'are you there?');
    await page.getByRole('link', { name: 'Chat 1 unread' }).click();
    const talks = page.getByRole('navigation', { name: 'Conversations' });
    await talks.getByRole('link', { name: `${other.name} 1 unread` }).click();
    await page.getByText('are you there?').waitFor();
    await page.getByRole('link', { name: 'Chat', exact: true }).waitFor();
    const field = page.getByLabel(`Message to ${other.name}`);
    await field.fill('here I am');
    await field.press('Enter');
    const heard = await other.heard.until('message', { where: ({ text }) => text === 'here I am' });
    expect([heard.from, heard.private]).toEqual([here.peerId, true]);
    await page
      .getByRole('listitem')
      .filter({ hasText: 'here I am' })
      .getByText('delivered')
      .waitFor();
  });

  it('talks with everybody', async () => {
    await page.getByRole('link', { name: 'Everybody' }).click();
    await page.getByLabel('Message to Everybody').fill('hello all');
    await page.getByRole('button', { name: 'Send' }).click();
    await other.heard.until('message', { where: ({ text }) => text === 'hello all' });
    await other.say('hello yourself');
    await page.getByText('hello yourself').waitFor();
  });

  it('finds a share and fetches it, every byte', async () => {
    await show('Shares');
    await page.getByRole('searchbox').fill('FILM');
    await page.getByRole('button', { name: 'Download film.bin' }).click();
    const { path } = await here.heard.until('download-completed');
    expect(readFileSync(path).equals(CONTENT)).toBe(true);
    const row = page.getByRole('listitem').filter({ hasText: 'film.bin' });
    await row.getByText('2 copies').waitFor();
    await show('Transfers');
    await page.locator('[data-state="completed"]').getByText('film.bin', { exact: true }).waitFor();
    await page.locator('[data-state="completed"]').getByText(`at ${path}`).waitFor();
    const whose = page.locator('[data-state="completed"] [data-whose]').filter({ hasText: 'from' });
    await whose.getByText(other.name, { exact: true }).waitFor();
  });

  it('shows an offer, and rejects it', async () => {
    const path = join(network.folder, 'letter.txt');
    writeFileSync(path, 'a letter');
    const from = other.heard.all.length;
    await other.send(path, { to: here.peerId });
    await page.getByRole('link', { name: 'Offers 1 waiting' }).click();
    await page.getByRole('button', { name: 'Reject letter.txt' }).click();
    const answered = await other.heard.until('offer-answered', { from });
    expect(answered.answer).toBe('rejected');
    await page.getByText('Nobody offers anything now.').waitFor();
  });

  it('sends a file that is dropped on a person, every byte, and one that is chosen', async () => {
    const drop = page.locator(`[data-drop="${other.peerId}"]`);
    await show('Peers');
    const dropped = await page.evaluateHandle(`(() => {
      const data = new DataTransfer();
      data.items.add(new File([new Uint8Array(5_000_000).fill(7)], 'dropped.bin'));
      return data;
    })()`);
    await drop.dispatchEvent('drop', { dataTransfer: dropped });
    await page.getByText(`dropped.bin is offered to ${other.name}`).waitFor();
    const offered = await other.heard.until('offer-received');
    expect([offered.name, offered.from]).toEqual(['dropped.bin', here.peerId]);
    await other.accept(offered.offerId);
    const { path } = await other.heard.until('offer-completed');
    expect(readFileSync(path).equals(Buffer.alloc(5_000_000, 7))).toBe(true);
    await drop
      .locator('input[multiple]')
      .setInputFiles([{ name: 'note.txt', mimeType: 'text/plain', buffer: Buffer.from('a note') }]);
    await other.heard.until('offer-received', { where: ({ name }) => name === 'note.txt' });
  });

  it('says why something that is dropped cannot be read', async () => {
    await show('Peers');
    await page.evaluate(`(() => {
      const file = (_, failed) => failed(new Error('secret.txt may not be read'));
      const item = { webkitGetAsEntry: () => ({ isFile: true, file }), getAsFile: () => null };
      const drop = new Event('drop', { bubbles: true, cancelable: true });
      Object.defineProperty(drop, 'dataTransfer', { value: { items: [item] } });
      document.querySelector('[data-drop="${other.peerId}"]').dispatchEvent(drop);
    })()`);
    const alert = page.getByRole('alert').filter({ hasText: 'secret.txt may not be read' });
    await alert.getByRole('button').click();
  });

  it('changes what others see of its user', async () => {
    await show('Settings');
    await page.getByLabel('Why (shown to others)').fill('lunch');
    await page.getByRole('button', { name: 'I am away' }).click();
    await other.heard.until('peer-changed', { where: ({ status }) => status === 'away: lunch' });
    await page.locator('[data-own="away"]').getByText('lunch').waitFor();
    await page.getByRole('button', { name: 'I am back' }).click();
    await page.locator('[data-own="away"]').waitFor({ state: 'detached' });
    await page.getByRole('radio', { name: 'teal' }).check();
    await other.heard.until('peer-changed', { where: ({ colour }) => colour === 'teal' });
    await page.locator('header .avatar.tint-teal').waitFor();
    await other.recolour('pink');
    await show('Peers');
    await page.locator(`[data-peer="${other.peerId}"] .avatar.tint-pink`).waitFor();
    await show('Settings');
    await page.locator('[data-limit="upload"]').fill('1.5');
    await page.getByRole('button', { name: 'Save: Upload' }).click();
    await page.getByText('Saved').waitFor();
    expect(here.status().limits.upload).toBe(1_572_864);
  });

  it('draws the topology, and draws it anew once a peer was killed', async () => {
    const third = await startPeerProgram(network, network.home('third'));
    const { peerId } = await third.heard.until('ready');
    await show('Topology');
    await page.locator(`[data-node="${peerId}"]`).waitFor();
    third.child.kill('SIGKILL');
    await page.locator(`[data-node="${peerId}"]`).waitFor({ state: 'detached' });
    await page.getByText('2 peers, 1 link').first().waitFor();
    await show('Peers');
    const gone = page.locator(`[data-peer="${peerId}"]`);
    // Whoever left without a word is dialled for a while.
    await gone.getByText(/^(connecting|offline)$/).waitFor();
  });

  it('blocks a peer once that is confirmed, and takes that back', async () => {
    await show('Peers');
    const from = other.heard.all.length;
    const block = page.getByRole('button', { name: `Block ${other.name}` });
    await block.focus();
    await page.keyboard.press('Enter');
    const sure = page.getByRole('alertdialog', { name: `Block \u2068${other.name}\u2069?` });
    await sure.waitFor();
    expect(await violationsIn(page)).toEqual([]);
    await page.keyboard.press('Enter');
    await sure.waitFor({ state: 'hidden' });
    expect(await page.evaluate('document.activeElement.dataset.command')).toBe('block');
    expect(here.peers({ blocked: true })).toEqual([]);
    await page.keyboard.press('Enter');
    await sure.getByRole('button', { name: 'Block' }).click();
    await other.heard.until('peer-down', { from });
    const blocked = page.getByRole('list', { name: 'Blocked' });
    await blocked.getByRole('button', { name: `Unblock ${other.name}` }).click();
    await page.locator(`[data-peer="${other.peerId}"]`).getByText('online').waitFor();
  });

  it('says what is too long for a message, and never sends a part of it', async () => {
    await show('Chat');
    const text = page.getByRole('textbox');
    await text.fill('ä'.repeat(2049));
    await page.getByText('4,098 bytes').waitFor();
    expect(await page.getByRole('button', { name: 'Send', exact: true }).isDisabled()).toBe(true);
    await text.press('Enter');
    expect((await text.inputValue()).length).toBe(2049);
    await text.fill('');
  });

  it('trusts nobody by the next key of who is writing where another one has words compared', async () => {
    await show('Chat');
    await page.getByRole('textbox').focus();
    await other.verify(here.peerId);
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Enter');
    await page.keyboard.press('Space');
    const trust = () => here.peers().find(({ peerId }) => peerId === other.peerId)?.trust;
    expect([await page.getByRole('dialog').isVisible(), trust()]).toEqual([true, 'known']);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
  });

  it('has asked nobody but its peer all the while, and the browser complained of nothing', () => {
    expect(opened.elsewhere).toEqual([]);
    expect(opened.complaints).toEqual([]);
  });

  it('is live again by itself once what serves it was killed, and says so', async () => {
    here.drill('kill', 'web');
    await page.getByRole('link', { name: 'Log', exact: true }).click();
    await page.getByText('connected again').waitFor();
    await page.getByRole('status').getByText('Live').waitFor();
    await other.say('after the restart');
    await show('Chat');
    await page.getByText('after the restart').waitFor();
  });
});
