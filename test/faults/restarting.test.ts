import { describe, expect, it, vi } from 'vitest';
import { KiB } from '#src/domain/limits.js';
import {
  atBase,
  createJudgedNetwork,
  fetched,
  leave,
  type PeerProcess,
  pidOf,
} from '#test/support/judged-network.js';
import { resourcesOf } from '#test/support/oracle.js';
import { rounds } from '#test/support/rounds.js';

vi.setConfig({ testTimeout: 90_000 + rounds({ small: 0, full: 50 }) * 20_000 });

/** Both know each other, and `asker` can see what the other has. */
async function met(one: PeerProcess, other: PeerProcess, from: number): Promise<void> {
  await Promise.all([
    one.heard.until('peer-up', { from, where: ({ peerId }) => peerId === other.peerId }),
    other.heard.until('peer-up', { where: ({ peerId }) => peerId === one.peerId }),
  ]);
}

describe('two peers of which one is started again and again', () => {
  it.each([
    ['owner', 'asker'],
    ['asker', 'owner'],
  ] as const)(
    'meet every time: the %s comes and goes, the %s stays (Syncthing #4063)',
    async (goes, stays) => {
      const judged = await createJudgedNetwork(['owner', 'asker']);
      const stayer = await judged.start(judged.home(stays));
      const all = rounds({ small: 1, full: 50 });
      let base = resourcesOf(pidOf(stayer));
      const tookMs: number[] = [];
      for (let round = 0; round < all; round += 1) {
        const from = stayer.heard.all.length;
        const began = performance.now();
        const goer = await judged.start(judged.home(goes));
        await met(stayer, goer, from);
        tookMs.push(Math.round(performance.now() - began));
        const [owner, asker] = goes === 'owner' ? [goer, stayer] : [stayer, goer];
        const name = await judged.film(owner.home, `film ${round}`, 300 * KiB);
        await fetched(asker, name);
        if (round === 0) base = resourcesOf(pidOf(stayer));
        if (round % 2 === 0) await leave(goer);
        else goer.child.kill('SIGKILL');
        await goer.exit;
        const down = await stayer.heard.until('peer-down', { from });
        expect(down.reason).toBe(round % 2 === 0 ? 'stopped' : 'lost');
        await judged.oracle.check();
      }
      console.info(`met after ${tookMs.join(', ')} ms, starting included`);
      await judged.oracle.checkWhole(judged.home('asker').downloads);
      await atBase(stayer, base);
      await leave(stayer);
    },
  );
});
