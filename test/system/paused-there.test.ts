/** What a sender sees of a send that its receiver pauses, by whole peers. */
import { closeSync, ftruncateSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import type { SettingsInput } from '#config/load.js';
import { MiB } from '#src/domain/limits.js';
import type { TransferRow } from '#src/peer.js';
import { createNetwork, knows, type Network, type TestPeer } from '#test/support/network.js';

// Peers end and start, on a machine that others use too.
vi.setConfig({ testTimeout: 90_000 });

const FILM_BYTES = 64 * MiB;

/** So slow that it is under way for as long as a test takes to look. */
const SLOW = 4 * MiB;

const SETTINGS: SettingsInput = { inbox: { accept: 'all' } };

/** Some of it is there, and not all. */
async function underWay(): Promise<[Network, TestPeer, TestPeer]> {
  const network = await createNetwork(2, undefined, { settings: SETTINGS });
  const [anna, ben] = network.peers as [TestPeer, TestPeer];
  await Promise.all([knows(anna, [ben]), knows(ben, [anna])]);
  const path = join(network.folder, 'film');
  const handle = openSync(path, 'w');
  ftruncateSync(handle, FILM_BYTES);
  closeSync(handle);
  anna.limit('upload', SLOW);
  await anna.send(path, { to: ben.name });
  await anna.heard.until('transfer', { where: ({ bytes }) => bytes > 0 });
  return [network, anna, ben];
}

const only = async (peer: TestPeer): Promise<TransferRow | undefined> =>
  (await peer.transfers())[0];

const pausedBy = (peer: TestPeer) => ({
  state: 'waiting',
  bytesPerSecond: 0,
  why: { code: 'paused', message: `paused by ${peer.name} (${peer.peerId.slice(0, 8)})` },
});

describe('a send that its receiver pauses', () => {
  it('waits at its sender, who reads by whom, and as much of it as is there, until that one goes on', async () => {
    const [, anna, ben] = await underWay();
    expect(await ben.pause('film')).toMatchObject([{ state: 'paused' }]);
    const told = await anna.heard.until('send-paused');
    expect(told).toMatchObject({ offered: 'film', peerId: ben.peerId, isPaused: true });
    await anna.heard.until('transfer', { where: ({ why }) => why?.code === 'paused' });
    expect(await only(anna)).toMatchObject(pausedBy(ben));
    // What was on its way is counted at both ends.
    await vi.waitFor(async () => expect((await only(anna))?.bytes).toBe((await only(ben))?.bytes), {
      timeout: 20_000,
    });
    expect((await only(anna))?.bytes).toBeLessThan(FILM_BYTES);
    anna.limit('upload', null);
    await ben.resume('film');
    await anna.heard.until('send-paused', { where: ({ isPaused }) => !isPaused });
    await anna.heard.until('send-received', { withinMs: 60_000 });
    expect((await only(anna))?.why).toBeUndefined();
    expect(anna.heard.of('offer-answered')).toHaveLength(1);
  });

  it('is said to be paused after a restart of either side too, once the two are linked', async () => {
    const [network, anna, ben] = await underWay();
    await ben.pause({ all: true });
    await anna.heard.until('send-paused');
    await anna.close();
    const anna2 = await network.start(anna.home, SETTINGS);
    const said = () =>
      vi.waitFor(async () => expect(await only(anna2)).toMatchObject(pausedBy(ben)), {
        timeout: 20_000,
      });
    await said();
    await ben.close();
    await vi.waitFor(
      async () =>
        expect(await only(anna2)).toMatchObject({ state: 'waiting', why: { code: 'away' } }),
      { timeout: 20_000 },
    );
    const ben2 = await network.start(ben.home, SETTINGS);
    await said();
    expect(anna2.heard.of('send-paused')).toEqual([]);
    await ben2.resume('film');
    await anna2.heard.until('send-paused', { where: ({ isPaused }) => !isPaused });
    await anna2.heard.until('send-received', { withinMs: 60_000 });
  });
});
