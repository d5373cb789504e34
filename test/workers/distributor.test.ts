import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { KiB, MiB } from '#src/domain/limits.js';
import { noise } from '#test/support/contents.js';
import {
  furnish,
  type Giving,
  type Keeping,
  startDistributor,
  startReceiver,
} from '#test/support/spreading.js';

const CHUNK = 256 * KiB;

function introduce(giver: Giving, receiver: Keeping): void {
  const { port, identity } = receiver;
  giver.actor.send({ type: 'peer-up', peerId: identity.peerId, host: '127.0.0.1', port });
}

async function hold(giver: Giving, name: string, chunks: number, seed = 1) {
  const { manifest, source } = await furnish(giver.folder, { '': noise(chunks * CHUNK, seed) });
  giver.actor.send({ type: 'hold', id: manifest.id, name, source });
  return manifest;
}

/** The first round after something was given that leaves nothing to do. */
function spread({ actor }: Giving) {
  const wasGiven = () => actor.heard.some((said) => said.type === 'round-done' && said.sent > 0);
  return actor.until((said) => said.type === 'round-done' && said.belowTarget === 0 && wasGiven());
}

function keptBy({ actor }: Keeping): number {
  return actor.heard.filter((said) => said.type === 'chunk-kept').length;
}

describe('the distributor', () => {
  it('gives every chunk to two others, the manifest first, and then rests', async () => {
    const giver = await startDistributor();
    const receivers = await Promise.all([startReceiver(), startReceiver()]);
    const manifest = await hold(giver, 'song.flac', 5);
    for (const receiver of receivers) introduce(giver, receiver);
    const done = await giver.actor.until(
      (said) =>
        said.type === 'round-done' &&
        said.sent === 0 &&
        said.belowTarget === 0 &&
        keptBy(receivers[1]) > 0,
    );
    expect(done).toEqual({ type: 'round-done', sent: 0, bytes: 0, belowTarget: 0 });
    for (const receiver of receivers) {
      expect(keptBy(receiver)).toBe(5);
      const first = receiver.actor.heard.find((said) => said.type === 'content-kept');
      expect(first).toMatchObject({ id: manifest.id, name: 'song.flac', chunks: 5 });
      expect(await readdir(receiver.init.manifests)).toEqual([manifest.id]);
    }
    const sent = giver.actor.heard.reduce(
      (sum, said) => sum + (said.type === 'round-done' ? said.sent : 0),
      0,
    );
    expect(sent).toBe(10);
  });

  it('spreads to random ones of many, each chunk twice and never twice to the same', async () => {
    const giver = await startDistributor({ copies: 2 });
    const receivers = await Promise.all(Array.from({ length: 5 }, () => startReceiver()));
    await hold(giver, 'film.mkv', 12);
    for (const receiver of receivers) introduce(giver, receiver);
    await spread(giver);
    const counts = receivers.map(keptBy);
    expect(counts.reduce((a, b) => a + b, 0)).toBe(24);
    expect(counts.filter((count) => count > 0).length).toBeGreaterThan(2);
  });

  it('keeps to the bytes of a round', async () => {
    const giver = await startDistributor({ roundBytes: 2 * CHUNK });
    introduce(giver, await startReceiver());
    await hold(giver, 'a', 6);
    await giver.actor.until((said) => said.type === 'round-done' && said.sent > 0);
    for (const said of giver.actor.heard) {
      if (said.type === 'round-done') expect(said.bytes).toBeLessThanOrEqual(2 * CHUNK);
    }
  });

  it('counts as below target what too few peers can hold, and dials nobody when nobody is up', async () => {
    const giver = await startDistributor();
    await hold(giver, 'a', 3);
    const lonely = await giver.actor.until(
      (said) => said.type === 'round-done' && said.belowTarget > 0,
    );
    expect(lonely).toMatchObject({ sent: 0, belowTarget: 3 });
    const receiver = await startReceiver();
    introduce(giver, receiver);
    const given = await giver.actor.until((said) => said.type === 'round-done' && said.sent > 0);
    expect(given).toMatchObject({ sent: 3, bytes: 3 * CHUNK, belowTarget: 3 });
  });

  it('gives nothing to a peer that holds the content whole by its own account', async () => {
    const giver = await startDistributor({ copies: 1 });
    const receiver = await startReceiver();
    const manifest = await hold(giver, 'a', 3);
    receiver.actor.send({ type: 'owned', id: manifest.id, owned: true });
    introduce(giver, receiver);
    const done = await giver.actor.until((s) => s.type === 'round-done' && s.belowTarget === 0);
    expect(done).toMatchObject({ sent: 0 });
    expect(keptBy(receiver)).toBe(0);
  });

  it('says that a content is stale when its bytes are not what was hashed', async () => {
    const giver = await startDistributor();
    introduce(giver, await startReceiver());
    const { manifest } = await furnish(giver.folder, { '': noise(CHUNK) });
    const source = {
      kind: 'share',
      path: join(giver.folder, 'gone'),
      fingerprints: join(giver.folder, 'none'),
    } as const;
    giver.actor.send({ type: 'hold', id: manifest.id, name: 'a', source });
    const said = await giver.actor.until((said) => said.type === 'content-stale');
    expect(said).toEqual({ type: 'content-stale', id: manifest.id });
  });

  it('outlives a peer that cannot be reached, and gives to the others', async () => {
    const giver = await startDistributor({ copies: 1 });
    const receiver = await startReceiver();
    const gone = await startReceiver();
    gone.actor.kill();
    introduce(giver, gone);
    introduce(giver, receiver);
    await hold(giver, 'a', 4);
    await spread(giver);
    expect(keptBy(receiver)).toBe(4);
  });

  it('stops counting the copies of a peer that went down', async () => {
    const giver = await startDistributor({ copies: 1 });
    const receiver = await startReceiver();
    introduce(giver, receiver);
    await hold(giver, 'a', 2);
    await giver.actor.until((said) => said.type === 'round-done' && said.sent === 2);
    giver.actor.send({ type: 'peer-down', peerId: receiver.identity.peerId });
    const before = giver.actor.heard.length;
    await giver.actor.until(
      (said) =>
        giver.actor.heard.length > before && said.type === 'round-done' && said.belowTarget === 2,
    );
  });

  it('completes when asked to stop, in the middle of a round too', async () => {
    const giver = await startDistributor();
    const receiver = await startReceiver();
    introduce(giver, receiver);
    await hold(giver, 'a', 40);
    await receiver.actor.until((said) => said.type === 'chunk-kept');
    await giver.actor.stop();
    await receiver.actor.stop();
  });

  it('fails when its port is taken', async () => {
    const first = await startReceiver();
    await expect(startDistributor({ port: first.port })).rejects.toMatchObject({
      code: 'port-busy',
    });
  });

  it('gives a folder of many small files', async () => {
    const giver = await startDistributor({ copies: 1 });
    const receiver = await startReceiver();
    const tree = Object.fromEntries(
      Array.from({ length: 60 }, (_, at) => [`d/${at}`, noise(20_000, at + 1)]),
    );
    const { manifest, source } = await furnish(giver.folder, tree);
    giver.actor.send({ type: 'hold', id: manifest.id, name: 'folder', source });
    introduce(giver, receiver);
    await spread(giver);
    expect(keptBy(receiver)).toBe(manifest.layout.chunks);
    expect(manifest.bytes).toBeGreaterThan(1 * MiB);
  });
});
