/** What befalls peers that fetch over UDP: the ends they can come to, and ways on which it does not get through. */
import { setTimeout as passed } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { SPEAKS_UDP } from '#src/domain/download/transport-choice.js';
import { MiB } from '#src/domain/limits.js';
import { noise } from '#test/support/contents.js';
import {
  createJudgedNetwork,
  ended,
  type JudgedNetwork,
  leave,
  offered,
  type PeerProcess,
  pidOf,
} from '#test/support/judged-network.js';
import { contentOf, makeSource } from '#test/support/made-source.js';
import { createNetwork } from '#test/support/network.js';
import { resourcesOf } from '#test/support/oracle.js';
import { rounds } from '#test/support/rounds.js';

vi.setConfig({ testTimeout: 180_000 });

const FILM = 'film';

/** As long as a machine thinks: longer than a heartbeat, shorter than the silence that ends a connection. */
const PAUSE_MS = 5000;

/** 15 s of silence end a connection; then the source is asked no more, and what it owed is asked of the others. */
const GIVEN_UP_WITHIN_MS = 120_000;

/** As many as are far from the end of a film. */
const KILLS = 3;

type Fetching = {
  readonly judged: JudgedNetwork;
  readonly owners: readonly PeerProcess[];
  readonly asker: PeerProcess;
  /** How many events the asker had heard before the download. */
  readonly from: number;
};

/** Owners of one film, and a peer that is in the middle of fetching it over UDP. */
async function fetching(
  owners: readonly string[],
  bytes: number,
  args: readonly string[] = [],
): Promise<Fetching> {
  const judged = await createJudgedNetwork([...owners, 'asker'], {
    transfer: { transport: 'udp' },
  });
  const homes = owners.map((name) => judged.home(name));
  await judged.film(homes, FILM, bytes);
  const started = await Promise.all(homes.map((home) => judged.start(home)));
  const asker = await judged.start(judged.home('asker'), { args });
  await offered(asker, FILM, owners.length);
  const from = asker.heard.all.length;
  asker.send(`download ${FILM}`);
  await asker.heard.until('download-progress', {
    where: ({ have, sources }) => have > 0 && sources === owners.length,
  });
  return { judged, owners: started, asker, from };
}

/** The next that is told. */
function progressOf(asker: PeerProcess) {
  return asker.heard.until('download-progress', { from: asker.heard.all.length });
}

async function expectWhole({ judged, asker, from }: Fetching): Promise<void> {
  const done = await ended(asker, FILM, from);
  expect(done).toMatchObject({ type: 'download-completed' });
  if (done.type !== 'download-completed') return;
  expect(new Set(done.sources.map(({ transport }) => transport))).toEqual(new Set(['udp']));
  await judged.oracle.checkWhole(asker.home.downloads);
}

describe('a download over UDP', () => {
  it('is completed by another source when one is killed', async () => {
    const scene = await fetching(['first', 'second'], 192 * MiB);
    const [first, second] = scene.owners;
    if (first === undefined || second === undefined) throw new Error('no owners');
    const killedAt = performance.now();
    first.child.kill('SIGKILL');
    await expectWhole(scene);
    const ms = Math.round(performance.now() - killedAt);
    console.info(`a source killed: whole after ${ms} ms`);
    expect(ms).toBeLessThan(GIVEN_UP_WITHIN_MS);
    await Promise.all([leave(scene.asker), leave(second)]);
  });

  it('goes on where its only source sleeps for five seconds, and where it sleeps itself', async () => {
    const scene = await fetching(['owner'], 128 * MiB);
    const { asker, owners } = scene;
    for (const sleeper of [owners[0], asker].slice(0, rounds({ small: 1, full: 2 }))) {
      sleeper?.child.kill('SIGSTOP');
      await passed(PAUSE_MS);
      sleeper?.child.kill('SIGCONT');
    }
    await expectWhole(scene);
    expect(asker.heard.of('actor-restarted')).toEqual([]);
    await Promise.all(scene.owners.map(leave));
    await leave(asker);
  });

  it('survives that its thread is killed in the middle of what comes in, again and again', async () => {
    for (let scenes = rounds({ small: 1, full: 10 }); scenes > 0; scenes -= 1) {
      const scene = await fetching(['owner'], 256 * MiB, ['--drills']);
      const { asker, owners } = scene;
      for (let kill = 0; kill < KILLS; kill += 1) {
        const { have } = await progressOf(asker);
        asker.send('drill kill request');
        await asker.heard.until('download-progress', {
          from: asker.heard.all.length,
          withinMs: GIVEN_UP_WITHIN_MS,
          where: (said) => said.have > have + 2,
        });
      }
      await expectWhole(scene);
      await Promise.all([leave(asker), ...owners.map(leave)]);
    }
  });

  it('is kept when either end exits in the middle, at once and with nothing left open', async () => {
    const scene = await fetching(['owner'], 256 * MiB);
    const { asker, owners } = scene;
    const began = performance.now();
    await Promise.all(owners.map(leave));
    const ownerMs = Math.round(performance.now() - began);
    const base = resourcesOf(pidOf(asker));
    await leave(asker);
    const askerMs = Math.round(performance.now() - began) - ownerMs;
    console.info(
      `exit: owner after ${ownerMs} ms, asker after ${askerMs} ms, had ${JSON.stringify(base)}`,
    );
    expect(asker.heard.of('download-failed')).toMatchObject([{ code: 'cancelled' }]);
  });

  it.runIf(rounds({ small: 0, full: 1 }) > 0)(
    'goes back to TCP for good where that crawled and UDP, though promised, does not get through',
    async () => {
      const network = await createNetwork(0);
      const asker = await network.start(network.home('asker'));
      const content = contentOf(FILM, { '': noise(3 * MiB, 7) });
      let connections = 0;
      await makeSource(
        'half closed',
        [content],
        [asker],
        {
          // Over its second connection it is as fast as ever.
          have: ({ answer }) => {
            connections += 1;
            answer({ type: 'have', ranges: [0, content.manifest.layout.chunks] });
          },
          chunk: ({ nth, send, bytes }) => (nth < 2 || connections > 1) && send(bytes),
        },
        ['tcp'],
        [SPEAKS_UDP],
      );
      const done = await asker.download(content.name);
      expect(done.sources.map(({ transport }) => transport)).toEqual(['tcp']);
      const moves = asker.heard.of('source-moved');
      expect(moves).toMatchObject([{ transport: 'tcp', why: 'unreachable' }]);
    },
  );
});
