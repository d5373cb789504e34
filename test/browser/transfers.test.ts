/** What the page shows of a download on its way. */
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { MiB } from '#src/domain/limits.js';
import { CHROMIUM, openPage, openScene, titled, urlOf } from '#test/support/browser.js';
import { seen, type TestPeer } from '#test/support/network.js';
import { afterAllTests } from '#test/support/teardown.js';

/** More than a browser has connections to one peer. */
const PARTS = Array.from({ length: 8 }, (_, at) => `part-${at}.bin`);

describe.skipIf(CHROMIUM === undefined)(titled('a download on the page'), () => {
  const teardown = afterAllTests();
  let browser: Browser;
  let here: TestPeer;
  let other: TestPeer;

  beforeAll(async () => {
    const scene = await openScene(2, teardown, {
      prepare: ({ share }, index) => {
        if (index !== 1) return;
        writeFileSync(join(share, 'film.bin'), randomBytes(8 * MiB));
        for (const name of PARTS) writeFileSync(join(share, name), randomBytes(2 * MiB));
      },
    });
    browser = scene.browser;
    [here, other] = scene.network.peers as [TestPeer, TestPeer];
    await Promise.all(['film.bin', ...PARTS].map((name) => seen(here, name)));
    other.limit('upload', MiB);
  });

  it('shows which chunks are here, and more of them as they come, in the middle of it and when it is paused', async () => {
    const { page, complaints } = await openPage(browser, await urlOf(here));
    await page.evaluate("location.hash = '#transfers'");
    const arriving = here.download('film.bin');
    const map = page.getByRole('img', { name: /^Chunks of film\.bin: \d+ of 32 chunks/ });
    await map.waitFor();
    const some = page.getByRole('img', { name: /: ([2-9]|[12]\d) of 32 chunks/ });
    await some.waitFor();
    const drawn: string = await page.evaluate(
      "getComputedStyle(document.querySelector('.chunks')).backgroundImage",
    );
    expect(drawn).toMatch(/^linear-gradient\(to right, .*100%\)$/);
    await page.getByRole('button', { name: 'Pause: film.bin' }).click();
    await page.getByRole('button', { name: 'Resume: film.bin' }).waitFor();
    expect(await some.count()).toBe(1);
    other.limit('upload', null);
    await page.getByRole('button', { name: 'Resume: film.bin' }).click();
    await arriving;
    await map.waitFor({ state: 'detached' });
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('leaves the page free for all else, however many are on their way', async () => {
    const { page, complaints } = await openPage(browser, await urlOf(here));
    here.limit('download', 8192);
    await page.evaluate("location.hash = '#shares'");
    for (const part of PARTS) {
      await page.getByRole('button', { name: `Download ${part}`, exact: true }).click();
    }
    await page.evaluate("location.hash = '#chat'");
    await page.getByRole('textbox').fill('still here');
    await page.getByRole('textbox').press('Enter');
    await other.heard.until('message', { where: ({ text }) => text === 'still here' });
    here.limit('download', null);
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});
