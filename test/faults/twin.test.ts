import { cpSync } from 'node:fs';
import { setTimeout as passed } from 'node:timers/promises';
import { expect, it, vi } from 'vitest';
import { MiB } from '#src/domain/limits.js';
import {
  atBase,
  createJudgedNetwork,
  ended,
  leave,
  offered,
  pidOf,
} from '#test/support/judged-network.js';
import { resourcesOf } from '#test/support/oracle.js';
import { rounds } from '#test/support/rounds.js';

vi.setConfig({ testTimeout: 120_000 });

/** Two heartbeats of discovery in full, and long enough for any loop to show. */
const WATCHED_MS = rounds({ small: 4, full: 40 }) * 1000;

it('two peers of one identity are both told so, harm nothing and do not fight for others', async () => {
  const judged = await createJudgedNetwork(['original', 'copy', 'third']);
  const { oracle } = judged;
  const third = await judged.start(judged.home('third'));
  await leave(await judged.start(judged.home('original')));
  cpSync(judged.home('original').data, judged.home('copy').data, { recursive: true });
  await judged.film(third.home, 'film', 8 * MiB);
  const base = resourcesOf(pidOf(third));
  const twins = [
    await judged.start(judged.home('original')),
    await judged.start(judged.home('copy')),
  ];
  for (const twin of twins) {
    const { message } = await twin.heard.until('notice', {
      where: ({ code }) => code === 'identity',
    });
    expect(message).toMatch(/same identity .* copy/);
    await offered(twin, 'film');
    twin.send('download film');
    expect(await ended(twin, 'film')).toMatchObject({ type: 'download-completed' });
  }
  const from = third.heard.all.length;
  await passed(WATCHED_MS);
  const turns = third.heard.all.slice(from).filter(({ type }) => /peer-(up|down)/.test(type));
  console.info(`heard ${turns.length} times in ${WATCHED_MS} ms that a twin came or went`);
  console.info(JSON.stringify(third.heard.all.slice(-8)));
  expect(turns.length).toBeLessThan(4);
  await oracle.check();
  await Promise.all(twins.map(leave));
  await atBase(third, base);
  await leave(third);
});
