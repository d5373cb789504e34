import { connect, type Socket } from 'node:net';
import { setTimeout as passed } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { MiB } from '#src/domain/limits.js';
import {
  atBase,
  createJudgedNetwork,
  ended,
  fetched,
  leave,
  offered,
  pidOf,
} from '#test/support/judged-network.js';
import { resourcesOf } from '#test/support/oracle.js';
import { HOST } from '#test/support/places.js';
import { chance, rounds } from '#test/support/rounds.js';
import { STRANGERS, shout, visit } from '#test/support/strangers.js';

vi.setConfig({ testTimeout: 90_000 + rounds({ small: 0, full: 40 }) * 10_000 });

/** Nobody may be connected for longer than this without proving who it is; some for a busy machine. */
const UNPROVEN_MS = 10_000;
const SLACK_MS = 10_000;

const SIZES = [0, 1, 100, 299, 300, 301, 1400, 9000, 65_507];

async function household() {
  const judged = await createJudgedNetwork(['owner', 'asker']);
  const owner = await judged.start(judged.home('owner'));
  const asker = await judged.start(judged.home('asker'));
  const { ports } = await owner.heard.until('ready');
  await judged.film(owner.home, 'warm-up', MiB);
  await fetched(asker, 'warm-up');
  const { discovery, ...listening } = ports;
  return { judged, owner, asker, listening: Object.values(listening), discovery };
}

function closing(socket: Socket): Promise<unknown> {
  socket.on('error', () => {}).resume();
  return new Promise((resolve) => socket.once('close', resolve));
}

describe('strangers on the ports of a peer', () => {
  it('who speak something else, or leave in the middle of it, cost it nothing', async () => {
    const random = chance();
    const { judged, owner, asker, listening, discovery } = await household();
    const base = resourcesOf(pidOf(owner));
    const all = rounds({ small: 2, full: 40 });
    for (let round = 0; round < all; round += 1) {
      const name = await judged.film(owner.home, `film ${round}`, 8 * MiB);
      await offered(asker, name);
      asker.send(`download ${name}`);
      const visits = listening.flatMap((port) =>
        STRANGERS.map((kind) => visit(kind, port, random)),
      );
      await Promise.all([...visits, shout(discovery, SIZES, random)]);
      expect(await ended(asker, name)).toMatchObject({ type: 'download-completed' });
    }
    await judged.oracle.checkWhole(asker.home.downloads);
    await atBase(owner, base);
    expect(owner.heard.of('actor-restarted')).toEqual([]);
    await Promise.all([leave(asker), leave(owner)]);
  });

  // It takes the whole of that time.
  it.runIf(rounds({ small: 0, full: 1 }) > 0)(
    'who connect and say nothing are let go of after their time',
    async () => {
      const { owner, asker, listening } = await household();
      const base = resourcesOf(pidOf(owner));
      const sockets = listening.flatMap((port) => [connect(port, HOST), connect(port, HOST)]);
      const closed = Promise.all(sockets.map(closing));
      const tooLate = passed(UNPROVEN_MS + SLACK_MS, 'too late');
      expect(await Promise.race([closed.then(() => 'closed'), tooLate])).toBe('closed');
      await atBase(owner, base);
      await Promise.all([leave(asker), leave(owner)]);
    },
  );
});
