/** What either side does with a send that is under way, by whole peers. */
import { closeSync, ftruncateSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import type { SettingsInput } from '#config/load.js';
import { MiB } from '#src/domain/limits.js';
import type { TransferRow } from '#src/peer.js';
import { sha256 } from '#test/support/big-file.js';
import { createNetwork, knows, type Network, type TestPeer } from '#test/support/network.js';
import { startRelay } from '#test/support/relay.js';

// Peers end and start, on a machine that others use too.
vi.setConfig({ testTimeout: 90_000 });

const FILM_BYTES = 64 * MiB;

/** So slow that it is under way for as long as a test takes to look, and not so slow that a chunk takes seconds. */
const SLOW = 4 * MiB;

/** A download that gets nothing fails after that; a source that had nothing for it is asked again after a second. */
const TIMEOUT_MS = 4000;

const SETTINGS: SettingsInput = {
  inbox: { accept: 'all' },
  transfer: { timeoutMs: TIMEOUT_MS },
};

async function linked(n = 2): Promise<[Network, TestPeer, TestPeer, ...TestPeer[]]> {
  const network = await createNetwork(n, undefined, { settings: SETTINGS });
  const { peers } = network;
  const others = (peer: TestPeer) => peers.filter((other) => other !== peer);
  await Promise.all(peers.map((peer) => knows(peer, others(peer))));
  return [network, ...(peers as [TestPeer, TestPeer, ...TestPeer[]])];
}

/** Its last byte is one, and all others none: it takes no disk here. */
function film(network: Network): string {
  const path = join(network.folder, 'film');
  const handle = openSync(path, 'w');
  ftruncateSync(handle, FILM_BYTES);
  closeSync(handle);
  return path;
}

/** Some of it is there, and not all. */
async function underWay(network: Network, anna: TestPeer, ben: TestPeer): Promise<string> {
  const path = film(network);
  anna.limit('upload', SLOW);
  await anna.send(path, { to: ben.name });
  // All of it is hashed: what has arrived by the draft is counted anew once the content's own list is there.
  const id = await vi.waitFor(
    () => {
      const [send] = anna.sends();
      if (send === undefined || send.id === null) throw new Error('it is being hashed');
      return send.id;
    },
    { timeout: 20_000 },
  );
  const where = (told: { readonly id: string; readonly have: number }) =>
    told.id === id && told.have > 0;
  await ben.heard.until('download-progress', { where });
  return path;
}

const received = (peer: TestPeer) => peer.heard.until('offer-completed', { withinMs: 60_000 });

const only = async (peer: TestPeer): Promise<TransferRow | undefined> =>
  (await peer.transfers())[0];

const PAUSED_BY_SENDER = { state: 'waiting', why: { code: 'paused' } };

describe('a send that its sender pauses', () => {
  it('waits at the other side without failing, who is told by whom, and goes on', async () => {
    const [network, anna, ben] = await linked();
    const path = await underWay(network, anna, ben);
    expect(await anna.pause('film')).toMatchObject([{ state: 'paused', peerId: ben.peerId }]);
    const paused = await ben.heard.until('offer-paused');
    expect(paused).toMatchObject({ name: 'film', fromName: anna.name, isPaused: true });
    const row = await only(ben);
    expect(row).toMatchObject({ ...PAUSED_BY_SENDER, peerId: anna.peerId });
    expect(row?.why?.message).toContain(anna.name);
    // Longer than a download waits for sources that say nothing: what passes is the thing here.
    await setTimeout(2 * TIMEOUT_MS);
    expect(await only(ben)).toMatchObject({ ...PAUSED_BY_SENDER, bytesPerSecond: 0 });
    expect(ben.heard.of('download-failed')).toEqual([]);
    expect((await only(ben))?.bytes).toBeLessThan(FILM_BYTES);
    anna.limit('upload', null);
    await anna.resume('film');
    const back = await ben.heard.until('offer-paused', { where: ({ isPaused }) => !isPaused });
    expect(back.name).toBe('film');
    expect(await sha256((await received(ben)).path)).toBe(await sha256(path));
    await anna.heard.until('send-received');
  });

  it('is paused after a restart of either side too, and arrives once he goes on', async () => {
    const [network, anna, ben] = await linked();
    await underWay(network, anna, ben);
    await anna.pause({ all: true });
    await ben.heard.until('offer-paused');
    await ben.close();
    const ben2 = await network.start(ben.home, SETTINGS);
    await ben2.heard.until('offer-paused', { where: ({ isPaused }) => isPaused });
    await anna.close();
    const anna2 = await network.start(anna.home, SETTINGS);
    await anna2.heard.until('peer-up');
    const [there] = await ben2.transfers();
    const shown = await only(anna2);
    expect(shown).toMatchObject({ state: 'paused', direction: 'up' });
    expect(shown?.bytes).toBeGreaterThan(0);
    expect(shown?.bytes).toBeLessThanOrEqual(there?.bytes ?? 0);
    await vi.waitFor(
      async () => {
        const row = await only(ben2);
        expect(row).toMatchObject(PAUSED_BY_SENDER);
        expect(row?.bytes).toBeGreaterThan(0);
      },
      { timeout: 20_000 },
    );
    await anna2.resume('film');
    const { path } = await received(ben2);
    expect(path).toBe(join(ben.home.downloads, 'inbox', 'film'));
  });

  it('goes to nobody where he takes it back instead, and the other is told', async () => {
    const [network, anna, ben] = await linked();
    await underWay(network, anna, ben);
    await anna.pause('film');
    await ben.heard.until('offer-paused');
    // What is there is said as it is paused.
    await vi.waitFor(async () => expect((await only(anna))?.bytes).toBeGreaterThan(0), {
      timeout: 20_000,
    });
    expect(await anna.cancel('film')).toMatchObject({ state: 'cancelled' });
    const { message } = await ben.heard.until('transfer-failed', {
      where: ({ code }) => code === 'withdrawn',
    });
    expect(message).toContain(`${anna.name} (${anna.peerId.slice(0, 8)}) has taken it back`);
    expect(ben.heard.of('download-failed')).toMatchObject([{ code: 'withdrawn' }]);
    expect(await only(ben)).toMatchObject({ state: 'failed', why: { code: 'withdrawn' } });
    expect(anna.sends()).toMatchObject([{ isOpen: false }]);
    expect((await only(anna))?.bytes).toBeGreaterThan(0);
    const [before] = await anna.transfers();
    await anna.close();
    expect(await (await network.start(anna.home, SETTINGS)).transfers()).toMatchObject([
      { state: 'cancelled', bytes: before?.bytes },
    ]);
  });
});

describe('a send that its sender takes back', () => {
  it('is over at the other side, restarts included, and goes on where he sends it again', async () => {
    const [network, anna, ben] = await linked();
    const path = await underWay(network, anna, ben);
    await anna.cancel('film');
    const { have = 0 } = await ben.heard.until('download-failed');
    expect(have).toBeGreaterThan(0);
    await ben.close();
    const ben2 = await network.start(ben.home, SETTINGS);
    await ben2.heard.until('link-up');
    expect(await ben2.transfers()).toMatchObject([{ state: 'failed', why: { code: 'withdrawn' } }]);
    await ben2.resume('film');
    // He asks for it by the word of his user, and is told the same again.
    await ben2.heard.until('transfer-failed', { where: ({ code }) => code === 'withdrawn' });
    anna.limit('upload', null);
    await anna.send(path, { to: ben2.peerId });
    await received(ben2);
    const { fetchedBytes } = await ben2.heard.until('download-completed');
    expect(fetchedBytes).toBeLessThan(FILM_BYTES);
    const rows = await ben2.transfers();
    expect(rows.filter(({ state }) => state === 'completed')).toHaveLength(1);
  });
});

describe('a send to all', () => {
  it('shows its sender how much each has, from whomever he got it', async () => {
    const [network, anna, ben, carl] = (await linked(3)) as [Network, TestPeer, TestPeer, TestPeer];
    await anna.send(film(network), {});
    await Promise.all([received(ben), received(carl)]);
    // A late one, whom two give it who give it slowly, and its sender hardly anything.
    anna.limit('upload', MiB);
    for (const peer of [ben, carl]) peer.limit('upload', SLOW);
    const dora = await network.start(network.home('dora'), SETTINGS);
    const shown = await anna.heard.until('transfer', {
      withinMs: 60_000,
      where: ({ peerId, state, bytes, sentBytes = 0 }) =>
        peerId === dora.peerId && state === 'running' && bytes > sentBytes + 2 * MiB,
    });
    expect(shown.bytes).toBeLessThanOrEqual(FILM_BYTES);
    expect(shown).toMatchObject({ direction: 'up', totalBytes: FILM_BYTES, name: 'film' });
    for (const peer of [anna, ben, carl]) peer.limit('upload', null);
    await received(dora);
    await anna.heard.until('send-received', { where: ({ peerId }) => peerId === dora.peerId });
    const row = (await anna.transfers()).find(({ peerId }) => peerId === dora.peerId);
    expect(row).toMatchObject({ state: 'completed', bytes: FILM_BYTES });
    expect(row?.sentBytes ?? 0).toBeLessThan(FILM_BYTES);
  });
});

describe('an offer to all from beyond the links', () => {
  it('is taken by one who knows nothing of its sender, and its receipt finds the way back', async () => {
    const network = await createNetwork(2, undefined, {
      settings: { ...SETTINGS, discovery: { enabled: false } },
    });
    const [anna, ben] = network.peers as [TestPeer, TestPeer];
    await startRelay([anna, ben]);
    expect(ben.peers().map(({ peerId }) => peerId)).not.toContain(anna.peerId);
    await anna.send(film(network), {});
    expect(await ben.heard.until('offer-received')).toMatchObject({ from: anna.peerId });
    const { path } = await received(ben);
    expect(path).toBe(join(ben.home.downloads, 'inbox', 'film'));
    const done = await anna.heard.until('send-received', { withinMs: 60_000 });
    expect(done.peerId).toBe(ben.peerId);
  });
});

describe('what was accepted and cannot be fetched', () => {
  it('waits for a sender who is away and says so, and arrives when he is back', async () => {
    const [network, anna, ben] = await linked();
    await underWay(network, anna, ben);
    await anna.close();
    const row = { state: 'waiting', name: 'film', peerId: anna.peerId, why: { code: 'away' } };
    const isAway = ({ state, why }: TransferRow) => state === 'waiting' && why?.code === 'away';
    const away = await ben.heard.until('transfer', { where: isAway });
    expect(away.why?.message).toContain(`${anna.name} (${anna.peerId.slice(0, 8)}) is away`);
    expect(await ben.transfers()).toMatchObject([row]);
    await ben.heard.until('download-failed');
    expect(await ben.transfers()).toMatchObject([row]);
    expect(ben.heard.of('transfer-failed')).toEqual([]);
    await network.start(anna.home, SETTINGS);
    await received(ben);
    expect(await ben.transfers()).toMatchObject([{ state: 'completed', peerId: anna.peerId }]);
    expect((await only(ben))?.why).toBeUndefined();
  });
});
