import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { MiB } from '#src/domain/limits.js';
import { sha256, writeRandom } from '#test/support/big-file.js';
import { createNetwork, knows, type Network, seen } from '#test/support/network.js';
import { afterAllTests } from '#test/support/teardown.js';

/** Held by the first three: enough chunks that nobody can bring all of them before the others have begun. */
const FILM = 'the film.mkv';
const FILM_BYTES = 48 * MiB;

/** Said is one second on an idle machine; one that is ten times slower, or that busy, gets ten. */
const FOUND_WITHIN_MS = 10_000;

let network: Network;
let foundMs: number;

const teardown = afterAllTests();

beforeAll(async () => {
  let film = '';
  network = await createNetwork(4, teardown, {
    prepare(home, index) {
      writeFileSync(join(home.share, `notes of ${index}.txt`), `these are ${index}`);
      if (index === 0) film = writeRandom(join(home.share, FILM), FILM_BYTES);
    },
  });
  const ready = performance.now();
  await Promise.all(
    network.peers.map((peer) =>
      knows(
        peer,
        network.peers.filter((other) => other !== peer),
      ),
    ),
  );
  foundMs = performance.now() - ready;
  expect(film).not.toBe('');
});

describe('four peers that were told nothing of each other', () => {
  it('find each other within moments of being ready', () => {
    console.info(`four peers knew each other after ${foundMs.toFixed(0)} ms`);
    expect(foundMs).toBeLessThan(FOUND_WITHIN_MS);
    for (const peer of network.peers) {
      expect(peer.peers().filter(({ state }) => state === 'up')).toHaveLength(3);
      expect(peer.status().peers).toBe(3);
    }
  });

  it('list their own shares first, with a path, and those of the others with their sources', async () => {
    const [first, second] = network.peers;
    if (first === undefined || second === undefined) throw new Error('no peers');
    await seen(second, FILM);
    await seen(second, 'notes of 3.txt');
    const rows = await second.list('notes');
    expect(rows.map(({ name }) => name).toSorted()).toEqual(
      [0, 1, 2, 3].map((index) => `notes of ${index}.txt`),
    );
    expect(rows[0]).toMatchObject({
      name: 'notes of 1.txt',
      bytes: 11,
      chunks: 1,
      have: 1,
      sources: 0,
      path: join(second.home.share, 'notes of 1.txt'),
    });
    for (const row of rows.slice(1)) expect(row).toMatchObject({ have: 0, path: null, sources: 1 });
    const film = (await second.list(FILM)).at(0);
    expect(film).toMatchObject({ bytes: FILM_BYTES, chunks: 192, have: 0, sources: 1 });
  });

  it('fetch a file that three of them hold from all three, and get the same bytes', async () => {
    const [owner, second, third, last] = network.peers;
    if (!owner || !second || !third || !last) throw new Error('no peers');
    await Promise.all([seen(second, FILM), seen(third, FILM)]);
    await Promise.all([second.download(FILM), third.download(FILM)]);
    expect((await seen(last, FILM, 3)).sources).toBe(3);
    // Its threads for three sources have started by then: one that starts late finds nothing left.
    await Promise.all([0, 1, 2].map((index) => last.download(`notes of ${index}.txt`)));
    const done = await last.download(FILM);
    expect(done.sources.map(({ peerId }) => peerId).toSorted()).toEqual(
      [owner.peerId, second.peerId, third.peerId].toSorted(),
    );
    expect(done.sources.reduce((sum, { chunks }) => sum + chunks, 0)).toBe(192);
    expect(await sha256(done.path)).toBe(await sha256(join(owner.home.share, FILM)));
    expect(done.path).toBe(join(last.home.downloads, FILM));
  });
});
