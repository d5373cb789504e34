import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { MiB } from '#src/domain/limits.js';
import { REQUEST_THREADS } from '#src/peer/downloads/request-slots.js';
import { sha256, writeRandom } from '#test/support/big-file.js';
import { createNetwork, type Network, seen, type TestPeer } from '#test/support/network.js';
import { afterAllTests } from '#test/support/teardown.js';

// Hundreds of megabytes: seconds on an idle machine, a minute on one that is busy.
vi.setConfig({ testTimeout: 90_000, hookTimeout: 60_000 });

const FILM = 'film';
/** So many chunks that the first 20 are far from the end. */
const FILM_BYTES = 128 * MiB;

type Place = readonly [actor: string, of: 'owner' | 'asker'];

/** Who breaks what: the source serves, the one that fetches has the requests; the rest either may lose. */
const ONE_EACH: readonly Place[] = [
  ['discovery', 'asker'],
  ['mesh', 'asker'],
  ['mesh', 'owner'],
  ['transfer-server', 'owner'],
  ['distributor', 'asker'],
  ['receiver', 'asker'],
  ['hasher', 'asker'],
  ['request', 'asker'],
];

/** Two at a time: it takes seconds to find one, and they do not wait for each other. */
const PAIRS: readonly (readonly [Place, Place])[] = [
  [
    ['discovery', 'asker'],
    ['transfer-server', 'owner'],
  ],
  [
    ['mesh', 'asker'],
    ['request', 'asker'],
  ],
  [
    ['receiver', 'asker'],
    ['mesh', 'owner'],
  ],
  [
    ['hasher', 'asker'],
    ['distributor', 'asker'],
  ],
];

/**
 * Promised are 1 s and 5 s: 0.1 s of work, and 3.5 s of silence with 0.3 s of work. That much work may take
 * ten times as long where other tests want the same processors, and the silence is counted in turns.
 */
const WITHIN_MS = { kill: 10_000, hang: 20_000 };

/** After so long of it a connection over UDP is given up: whoever is told does not wait for that. */
const SILENCE_MS = 15_000;

const AGAIN_WITHIN_MS = 60_000;

let network: Network;
let owner: TestPeer;
let film: string;
let print: string;
let askers = 0;

const teardown = afterAllTests();

beforeAll(async () => {
  network = await createNetwork(0, teardown, {
    settings: { drills: true, distribution: { intervalMs: 500 }, store: { quotaBytes: 0 } },
  });
  const home = network.home('owner');
  film = writeRandom(join(home.share, FILM), FILM_BYTES);
  print = await sha256(film);
  owner = await network.start(home);
});

/**
 * Breaks actors once a part of a download is there, and sees both them and the file whole again.
 * @param withinMs of the last restart chunks come again.
 */
async function drill(
  kind: 'kill' | 'hang',
  places: readonly Place[],
  transport: 'auto' | 'udp' = 'auto',
  withinMs = AGAIN_WITHIN_MS,
): Promise<void> {
  askers += 1;
  const settings = { drills: true, transfer: { transport } };
  const asker = await network.start(network.home(`asker ${askers}`), settings);
  await seen(asker, FILM);
  const download = asker.download(FILM);
  await asker.heard.until('download-progress', { where: ({ have }) => have > 20 });
  const began = performance.now();
  const restarts = places.map(async ([actor, of]) => {
    const broken = of === 'owner' ? owner : asker;
    const from = broken.heard.all.length;
    broken.drill(kind, actor);
    await broken.heard.until('actor-restarted', { from, where: (said) => said.actor === actor });
    const ms = performance.now() - began;
    console.info(`${kind} ${actor} of the ${of}: restarted after ${ms.toFixed(0)} ms`);
    expect(ms).toBeLessThan(WITHIN_MS[kind]);
  });
  await Promise.all(restarts);
  const [from, { have = 0 } = {}] = [asker.heard.all.length, asker.status().downloads[0]];
  const again = asker.heard.until('download-progress', {
    from,
    withinMs,
    where: (said) => said.have > have || said.have === said.chunks,
  });
  const restartedAt = performance.now();
  await Promise.race([again, download]);
  console.info(`chunks again after ${(performance.now() - restartedAt).toFixed(0)} ms`);
  const done = await download;
  expect(await sha256(done.path)).toBe(print);
  if (transport === 'udp') expect(done.sources).toMatchObject([{ transport }]);
  await asker.close();
}

describe('in the middle of a download', () => {
  it.each(ONE_EACH)('a killed %s of the %s is replaced, and the file arrives', (...place) =>
    drill('kill', [place]),
  );

  it.each(PAIRS)('a hanging %j and %j are found and replaced, and the file arrives', (...pair) =>
    drill('hang', pair),
  );
});

describe('in the middle of a download from two', () => {
  it('a killed request takes with it all on its thread, each is replaced, and the file arrives', async () => {
    const home = network.home('another owner');
    await copyFile(film, join(home.share, FILM));
    const another = await network.start(home);
    const asker = await network.start(network.home('asker of two'), { drills: true });
    await seen(asker, FILM, 2);
    const download = asker.download(FILM);
    await asker.heard.until('download-progress', {
      where: ({ have, sources }) => sources === 2 && have > 20,
    });
    const from = asker.heard.all.length;
    asker.drill('kill', 'request');
    const together = Math.ceil(2 / REQUEST_THREADS);
    const ofRequest = () =>
      asker.heard.all
        .slice(from)
        .filter((said) => said.type === 'actor-restarted' && said.actor === 'request').length;
    await vi.waitFor(() => expect(ofRequest()).toBeGreaterThanOrEqual(together), {
      timeout: WITHIN_MS.kill,
    });
    const done = await download;
    expect(await sha256(done.path)).toBe(print);
    expect(done.sources).toHaveLength(2);
    await asker.close();
    await another.close();
  });
});

describe('in the middle of a download over UDP', () => {
  it.each<Place>([
    ['transfer-server', 'owner'],
    ['request', 'asker'],
  ])('a killed %s of the %s is replaced and missed at once, and the file arrives', (...place) =>
    drill('kill', [place], 'udp', SILENCE_MS),
  );

  // It says nothing more itself: its next life disowns the connections of the one before.
  it('a hanging transfer-server is found, replaced and missed at once, and the file arrives', () =>
    drill('hang', [['transfer-server', 'owner']], 'udp', SILENCE_MS));
});
