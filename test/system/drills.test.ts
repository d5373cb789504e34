import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { MiB } from '#src/domain/limits.js';
import { sha256, writeRandom } from '#test/support/big-file.js';
import { createNetwork, type Network, seen, type TestPeer } from '#test/support/network.js';

// Hundreds of megabytes: seconds on an idle machine, a minute on one that is busy.
vi.setConfig({ testTimeout: 90_000, hookTimeout: 60_000 });

/** A hang lasts for seconds: time enough for the whole of a long film to arrive meanwhile. */
const FILMS = {
  kill: { name: 'short film', bytes: 64 * MiB },
  hang: { name: 'film', bytes: 200 * MiB },
};

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

/** Promised are 1 s and 5 s; threads of other tests want the same two processors. */
const WITHIN_MS = { kill: 3000, hang: 8000 };

let network: Network;
let owner: TestPeer;
const prints = { kill: '', hang: '' };
let askers = 0;

beforeAll(async () => {
  network = await createNetwork(0, afterAll, {
    settings: { drills: true, distribution: { intervalMs: 500 }, store: { quotaBytes: 0 } },
  });
  const home = network.home('owner');
  for (const kind of ['kill', 'hang'] as const) {
    const { name, bytes } = FILMS[kind];
    prints[kind] = await sha256(writeRandom(join(home.share, name), bytes));
  }
  owner = await network.start(home);
});

/** Breaks actors once a part of a download is there, and sees both them and the file whole again. */
async function drill(kind: 'kill' | 'hang', places: readonly Place[]): Promise<void> {
  askers += 1;
  const asker = await network.start(network.home(`asker ${askers}`));
  const { name } = FILMS[kind];
  await seen(asker, name);
  const download = asker.download(name);
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
  expect(await sha256((await download).path)).toBe(prints[kind]);
  await asker.close();
}

describe('in the middle of a download', () => {
  it.each(ONE_EACH)('a killed %s of the %s is replaced, and the file arrives', (actor, of) =>
    drill('kill', [[actor, of]]),
  );

  it.each(PAIRS)('a hanging %j and %j are found and replaced, and the file arrives', (one, other) =>
    drill('hang', [one, other]),
  );
});
