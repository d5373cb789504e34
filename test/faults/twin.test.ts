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
  type PeerProcess,
  pidOf,
} from '#test/support/judged-network.js';
import { resourcesOf } from '#test/support/oracle.js';
import { rounds } from '#test/support/rounds.js';

vi.setConfig({ testTimeout: 120_000 });

/**
 * With each heartbeat of discovery at most one takes the other's place: that comes and goes, it does not spin. Many
 * rounds are watched with the heartbeat that peers have; where time is short nobody waits for that.
 */
const HEARTBEAT_MS = rounds({ small: 2, full: 15 }) * 1000;
const WATCHED_MS = rounds({ small: 2, full: 40 }) * 1000;

/** More often than this nobody is unlucky: whoever lost his place has it back with the next heartbeat. */
const MOST_TURNS = 10;

/** The other one may have its place just then: nobody else is there, as it is told, until it has that back. */
async function fetchedInTurn(twin: PeerProcess, name: string): Promise<void> {
  for (let turn = 0; turn < MOST_TURNS; turn += 1) {
    await offered(twin, name);
    const from = twin.heard.all.length;
    twin.send(`download ${name}`);
    const end = await ended(twin, name, from);
    if (end.type === 'download-completed') return;
    expect(end).toMatchObject({ code: 'not-found' });
  }
  expect.fail(`it lost its place in each of ${MOST_TURNS} turns`);
}

it('two peers of one identity are both told so, harm nothing, and do not fight (Syncthing #3997, #8179)', async () => {
  const judged = await createJudgedNetwork(['original', 'copy', 'third'], {
    discovery: { heartbeatMs: HEARTBEAT_MS },
  });
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
    await fetchedInTurn(twin, 'film');
  }
  const from = third.heard.all.length;
  const began = performance.now();
  await passed(WATCHED_MS);
  const turns = third.heard.all.slice(from).filter(({ type }) => /peer-(up|down)/.test(type));
  // A busy machine takes longer to wake up.
  const watchedMs = Math.round(performance.now() - began);
  console.info(`heard ${turns.length} times in ${watchedMs} ms that a twin came or went`);
  expect(turns.length).toBeLessThanOrEqual(2 * Math.ceil(1 + watchedMs / HEARTBEAT_MS));
  await oracle.check();
  await Promise.all(twins.map(leave));
  await atBase(third, base);
  await leave(third);
});
