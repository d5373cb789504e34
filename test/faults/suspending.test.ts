import { setTimeout as passed } from 'node:timers/promises';
import { expect, it, vi } from 'vitest';
import { MiB } from '#src/domain/limits.js';
import {
  atBase,
  createJudgedNetwork,
  ended,
  fetched,
  leave,
  offered,
  type PeerProcess,
  pidOf,
} from '#test/support/judged-network.js';
import { resourcesOf } from '#test/support/oracle.js';
import { rounds } from '#test/support/rounds.js';

vi.setConfig({ testTimeout: 180_000 });

type Side = 'owner' | 'asker';

/** As long as a machine thinks, as long as a lid is shut for a moment, as long as it sleeps. */
const PAUSES_MS = [3000, 5000, 60_000].slice(0, rounds({ small: 1, full: 3 }));

/** Silence of 30 s means death, counted in ticks of 1 s; a state may be wrong for no longer than this. */
const LOST_WITHIN_MS = 45_000;
const BACK_WITHIN_MS = 10_000;

/** Much shorter than any silence that means death. */
const SHORT_MS = 20_000;

/** Nobody was blamed for having slept: no actor of either, and no peer for a short pause. */
function expectCalm(peer: PeerProcess, mostDowns: number): void {
  expect(peer.heard.of('actor-ended').filter(({ code }) => code === 'hanging')).toEqual([]);
  expect(peer.heard.of('actor-restarted')).toEqual([]);
  expect(peer.heard.of('peer-down').length).toBeLessThanOrEqual(mostDowns);
}

async function suspend(side: Side, pauseMs: number): Promise<void> {
  const judged = await createJudgedNetwork(['owner', 'asker'], {
    distribution: { intervalMs: 500 },
    // A download whose only source sleeps is given up after a minute, and kept; here it is to go on.
    transfer: { timeoutMs: 3 * LOST_WITHIN_MS },
  });
  const owner = await judged.start(judged.home('owner'));
  const asker = await judged.start(judged.home('asker'));
  await judged.film(owner.home, 'warm-up', MiB);
  await judged.film(owner.home, 'film', 64 * MiB);
  await fetched(asker, 'warm-up');
  await offered(asker, 'film');
  const bases = [owner, asker].map((peer) => resourcesOf(pidOf(peer)));
  const from = asker.heard.all.length;
  asker.send('download film');
  await asker.heard.until('download-progress', { from });
  const [sleeper, other] = side === 'owner' ? [owner, asker] : [asker, owner];
  sleeper.child.kill('SIGSTOP');
  const stoppedAt = performance.now();
  const isLong = pauseMs > SHORT_MS;
  const lost = isLong
    ? other.heard.until('peer-down', { withinMs: LOST_WITHIN_MS })
    : Promise.resolve();
  await lost;
  const lostMs = Math.round(performance.now() - stoppedAt);
  await passed(pauseMs - lostMs);
  const wokenAt = other.heard.all.length;
  sleeper.child.kill('SIGCONT');
  const woken = performance.now();
  if (isLong) await other.heard.until('peer-up', { from: wokenAt, withinMs: BACK_WITHIN_MS });
  const backMs = Math.round(performance.now() - woken);
  expect(await ended(asker, 'film')).toMatchObject({ type: 'download-completed' });
  const wholeMs = Math.round(performance.now() - woken);
  console.info(
    `the ${side} slept ${pauseMs} ms: ${isLong ? `lost after ${lostMs} ms, back after ${backMs} ms, ` : ''}whole after ${wholeMs} ms`,
  );
  for (const peer of [owner, asker]) expectCalm(peer, isLong ? 1 : 0);
  await judged.oracle.checkWhole(asker.home.downloads);
  await atBase(owner, bases[0] ?? resourcesOf(0));
  await atBase(asker, bases[1] ?? resourcesOf(0));
  await Promise.all([leave(owner), leave(asker)]);
}

it.each(PAUSES_MS)(
  'peers that stand still for %i ms are neither blamed nor forgotten (Syncthing #8830)',
  (pauseMs) =>
    Promise.all((['owner', 'asker'] as const).map((side) => suspend(side, pauseMs))).then(() => {}),
);
