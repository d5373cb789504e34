import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as passed } from 'node:timers/promises';
import { expect, it, vi } from 'vitest';
import { MiB } from '#src/domain/limits.js';
import {
  atBase,
  createJudgedNetwork,
  fetched,
  leave,
  pidOf,
} from '#test/support/judged-network.js';
import { resourcesOf } from '#test/support/oracle.js';
import { rounds } from '#test/support/rounds.js';

vi.setConfig({ testTimeout: 120_000 });

const CLOCK = new URL('../support/programs/shifted-clock.js', import.meta.url);
const DAY_MS = 86_400_000;

/** A day ahead, a day behind, and from the one to the other. */
const OFFSETS_MS = [DAY_MS, -DAY_MS, DAY_MS, 0].slice(0, rounds({ small: 1, full: 4 }));

/** Everything that happens by time, happens several times in this. */
const TIMES = {
  discovery: { heartbeatMs: 300, expiryMs: 1500 },
  mesh: { pingMs: 300, deadAfterMs: 1500 },
  distribution: { intervalMs: 300 },
} as const;
const WATCHED_MS = 2500;

it('peers whose clock is set by a day meet, share and fetch, and nobody expires (KadNode #158, rippled #3101)', async () => {
  const judged = await createJudgedNetwork(['set', 'steady', 'newcomer'], TIMES);
  const clock = join(judged.network.folder, 'clock');
  writeFileSync(clock, '0');
  const env = { NODE_OPTIONS: `--import=${CLOCK.href}`, P2P_TEST_CLOCK: clock };
  const set = await judged.start(judged.home('set'), { options: { env } });
  const steady = await judged.start(judged.home('steady'));
  for (const [one, other] of [
    [set, steady],
    [steady, set],
  ] as const) {
    await one.heard.until('peer-up', { where: ({ peerId }) => peerId === other.peerId });
  }
  const fetchBothWays = async (name: string) => {
    for (const [giver, taker] of [
      [set, steady],
      [steady, set],
    ] as const) {
      const film = await judged.film(giver.home, `${name} of ${giver.home.name}`, 2 * MiB);
      await fetched(taker, film);
    }
  };
  await fetchBothWays('warm-up');
  const bases = [set, steady].map((peer) => resourcesOf(pidOf(peer)));
  for (const [round, offset] of OFFSETS_MS.entries()) {
    const from = [set, steady].map((peer) => peer.heard.all.length);
    writeFileSync(clock, String(offset));
    await passed(WATCHED_MS);
    await fetchBothWays(`film ${round}`);
    // Timers fire, and what was announced before the step and after it is believed.
    await set.heard.until('distribution-round', { from: from[0] ?? 0 });
    const newcomer = await judged.start(judged.home('newcomer'));
    for (const known of [set, steady]) {
      await newcomer.heard.until('peer-up', { where: ({ peerId }) => peerId === known.peerId });
    }
    await leave(newcomer);
    for (const peer of [set, steady]) {
      const downs = peer.heard.of('peer-down').map(({ peerId }) => peerId);
      expect(downs).not.toContain(set.peerId);
      expect(downs).not.toContain(steady.peerId);
      expect(peer.heard.of('actor-restarted')).toEqual([]);
    }
    await judged.oracle.check();
  }
  const read = new Set(readFileSync(`${clock}.read`, 'utf8').trim().split('\n').map(Number));
  expect([...read]).toEqual([...new Set(OFFSETS_MS.filter((offset) => offset !== 0))]);
  await atBase(set, bases[0] ?? resourcesOf(0));
  await atBase(steady, bases[1] ?? resourcesOf(0));
  await Promise.all([leave(set), leave(steady)]);
});
