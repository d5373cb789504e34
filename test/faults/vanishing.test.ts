import { existsSync, mkdirSync, renameSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { MiB } from '#src/domain/limits.js';
import {
  atBase,
  createJudgedNetwork,
  ended,
  type JudgedNetwork,
  leave,
  offered,
  pidOf,
} from '#test/support/judged-network.js';
import type { PeerHome } from '#test/support/network.js';
import { resourcesOf } from '#test/support/oracle.js';
import { rounds } from '#test/support/rounds.js';
import { mountOver } from '#test/support/small-disk.js';

vi.setConfig({ testTimeout: 180_000 });

/** A watch that fails is tried again every minute. */
const LOOKED_AT_AGAIN_MS = 70_000;

type Way = {
  readonly vanish: (home: PeerHome) => void;
  readonly comeBack: (home: PeerHome) => void;
};

const away = ({ share }: PeerHome) => `${share} elsewhere`;

const WAYS: Readonly<Record<string, Way>> = {
  'in whose place an empty one is': {
    vanish: (home) => {
      renameSync(home.share, away(home));
      mkdirSync(home.share);
    },
    comeBack: (home) => {
      rmdirSync(home.share);
      renameSync(away(home), home.share);
    },
  },
  'that is renamed': {
    vanish: (home) => renameSync(home.share, away(home)),
    comeBack: (home) => renameSync(away(home), home.share),
  },
};

describe('a share folder', () => {
  it.each(Object.entries(WAYS).slice(0, rounds({ small: 1, full: 2 })))(
    '%s is withdrawn, nothing wrong is served, and it is shared again once it is back',
    async (_, way) => {
      const judged = await household();
      await vanishAndComeBack(judged, judged.home('owner'), way);
    },
  );

  // Nobody is told of it: twice it takes as long as until the next look.
  it.runIf(rounds({ small: 0, full: 1 }) > 0)(
    'whose disk is pulled out is withdrawn too, and shared again once it is put in again',
    async (context) => {
      const judged = await household();
      const home = judged.home('owner');
      const disk = away(home);
      mkdirSync(disk);
      const vanish = mountOver(home.share, disk);
      if (vanish === undefined) return context.skip('only root may mount a disk to pull it out');
      const comeBack = () => void mountOver(home.share, disk);
      return vanishAndComeBack(judged, home, { vanish, comeBack }, disk);
    },
  );
});

function household(): Promise<JudgedNetwork> {
  return createJudgedNetwork(['owner', 'asker'], { transfer: { timeoutMs: 3000 } });
}

/** @param films where they lie, if not in the share folder itself. */
async function vanishAndComeBack(
  judged: JudgedNetwork,
  home: PeerHome,
  way: Way,
  films = home.share,
): Promise<void> {
  const owner = await judged.start(home);
  const asker = await judged.start(judged.home('asker'));
  for (const name of ['had', 'wanted']) {
    await judged.film({ ...home, share: films }, name, 4 * MiB);
    await offered(asker, name);
  }
  asker.send('download had');
  expect(await ended(asker, 'had')).toMatchObject({ type: 'download-completed' });
  const bases = [owner, asker].map((peer) => resourcesOf(pidOf(peer)));
  const from = owner.heard.all.length;
  const goneAt = performance.now();
  way.vanish(home);
  for (const name of ['had', 'wanted']) {
    await owner.heard.until('share-removed', {
      from,
      withinMs: LOOKED_AT_AGAIN_MS,
      where: (said) => said.name === name,
    });
  }
  console.info(`withdrawn after ${Math.round(performance.now() - goneAt)} ms`);
  asker.send('download wanted');
  expect(await ended(asker, 'wanted')).toMatchObject({ type: 'download-failed' });
  expect(existsSync(join(asker.home.downloads, 'had'))).toBe(true);
  await judged.oracle.check();
  const back = owner.heard.all.length;
  const backAt = performance.now();
  way.comeBack(home);
  await owner.heard.until('share-added', {
    from: back,
    withinMs: LOOKED_AT_AGAIN_MS,
    where: (said) => said.name === 'wanted',
  });
  console.info(`shared again after ${Math.round(performance.now() - backAt)} ms`);
  const again = asker.heard.all.length;
  await offered(asker, 'wanted');
  asker.send('download wanted');
  expect(await ended(asker, 'wanted', again)).toMatchObject({ type: 'download-completed' });
  await judged.oracle.checkWhole(asker.home.downloads);
  await atBase(owner, bases[0] ?? resourcesOf(0));
  await atBase(asker, bases[1] ?? resourcesOf(0));
  await Promise.all([leave(asker), leave(owner)]);
}
