/** What one peer sends to another, or to all, by whole peers. */
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import type { SettingsInput } from '#config/load.js';
import { GiB } from '#src/domain/limits.js';
import { createNetwork, knows, type Network, type TestPeer } from '#test/support/network.js';

// A gigabyte is hashed, on a machine that others use too.
vi.setConfig({ testTimeout: 90_000 });

/** Sparse: it takes some tenths of a second to hash, and no disk. */
const BIG_BYTES = GiB;

const TEXT = 'all of it\n'.repeat(100_000);

async function linked(n: number, settings: SettingsInput = {}): Promise<[Network, ...TestPeer[]]> {
  const network = await createNetwork(n, undefined, { settings });
  for (const peer of network.peers) {
    await knows(
      peer,
      network.peers.filter((other) => other !== peer),
    );
  }
  return [network, ...network.peers];
}

/** A file that nobody shares. */
function made(network: Network, name: string, text = TEXT): string {
  const path = join(network.folder, name);
  writeFileSync(path, text);
  return path;
}

const inbox = (peer: TestPeer) => join(peer.home.downloads, 'inbox');

const received = (peer: TestPeer) => peer.heard.until('offer-completed');

describe('a file that is sent to one peer', () => {
  it('waits for his word, arrives in his inbox, and is receipted', async () => {
    const [network, anna, ben, carl] = (await linked(3)) as [Network, TestPeer, TestPeer, TestPeer];
    const row = await anna.send(made(network, 'report.txt'), { to: ben.name });
    expect(anna.heard.of('send-offered')[0]).not.toHaveProperty('isAway');
    const offer = await ben.heard.until('offer-received');
    expect(offer).toMatchObject({ from: anna.peerId, name: 'report.txt', private: true, files: 1 });
    expect(readdirSync(ben.home.downloads)).not.toContain('inbox');
    await ben.accept(String(offer.number));
    const { path } = await received(ben);
    expect(path).toBe(join(inbox(ben), 'report.txt'));
    expect(readFileSync(path, 'utf8')).toBe(TEXT);
    const done = await anna.heard.until('send-received');
    expect(done).toMatchObject({ offerId: row.offerId, peerId: ben.peerId, isOpen: false });
    expect(anna.sends()).toMatchObject([
      { recipients: [{ peerId: ben.peerId, state: 'received' }] },
    ]);
    expect(await carl.list()).toEqual([]);
    expect(carl.offers()).toEqual([]);
    expect(ben.offers()).toEqual([]);
  });

  it('is given to nobody else, who knows its id and asks for it', async () => {
    const [network, anna, ben, carl] = (await linked(3)) as [Network, TestPeer, TestPeer, TestPeer];
    await anna.send(made(network, 'secret.txt'), { to: ben.name });
    await ben.accept(String((await ben.heard.until('offer-received')).number));
    const { id } = await received(ben);
    await expect(carl.download(String(id))).rejects.toMatchObject({ code: 'not-found' });
  });

  it('that is turned down is not written, and its sender is told', async () => {
    const [network, anna, ben] = (await linked(2)) as [Network, TestPeer, TestPeer];
    await anna.send(made(network, 'unwanted.txt'), { to: ben.name });
    const { number } = await ben.heard.until('offer-received');
    await ben.reject(String(number));
    expect(await anna.heard.until('offer-answered')).toMatchObject({ answer: 'rejected' });
    expect(anna.sends()).toMatchObject([{ isOpen: false }]);
    expect(readdirSync(ben.home.downloads)).toEqual([]);
    await expect(ben.accept(String(number))).rejects.toMatchObject({ code: 'not-found' });
  });

  it('is a transfer on both sides, and is taken back by its name', async () => {
    const [network, anna, ben] = (await linked(2)) as [Network, TestPeer, TestPeer];
    await anna.send(made(network, 'taken.txt'), { to: ben.name });
    const { number } = await ben.heard.until('offer-received');
    await ben.accept(String(number));
    const { id, path } = await received(ben);
    const completed = await anna.heard.until('transfer-completed');
    expect(completed).toMatchObject({ root: id, bytes: TEXT.length, files: 1 });
    expect(await ben.heard.until('transfer-completed')).toMatchObject({ root: id, path });
    const [row] = await anna.transfers();
    expect(row).toMatchObject({ direction: 'up', state: 'completed', peerId: ben.peerId, id });
    expect(row?.transferId).toBe(completed.transferId);
    await anna.send(made(network, 'mistaken.txt', 'no'), { to: ben.name });
    await ben.heard.until('offer-received', { where: ({ name }) => name === 'mistaken.txt' });
    expect(await anna.cancel('mistaken.txt')).toMatchObject({ state: 'cancelled' });
    expect(await ben.heard.until('offer-withdrawn')).toMatchObject({ why: 'cancelled' });
    expect(ben.offers()).toEqual([]);
  });

  it('goes on after either side was closed and started anew', async () => {
    const [network, anna, ben] = (await linked(2)) as [Network, TestPeer, TestPeer];
    await ben.close();
    await anna.heard.until('peer-down');
    const path = made(network, 'later.txt');
    await expect(anna.send(path, { to: ben.peerId })).rejects.toMatchObject({ code: 'offline' });
    const row = await anna.send(path, { to: ben.peerId, whenBack: true });
    expect(row.toName).toBe(ben.name);
    expect(anna.heard.of('send-offered')).toMatchObject([{ toName: ben.name, isAway: true }]);
    await anna.close();
    const again = await network.start(anna.home);
    expect(await again.transfers()).toMatchObject([{ peerId: ben.peerId, peerName: ben.name }]);
    const back = await network.start(ben.home);
    const { number } = await back.heard.until('offer-received');
    await back.accept(String(number));
    expect(readFileSync((await received(back)).path, 'utf8')).toBe(TEXT);
    expect(await back.transfers()).toMatchObject([{ peerId: anna.peerId, peerName: anna.name }]);
    await again.heard.until('send-received');
  });
});

describe('what takes long to hash', () => {
  it('arrives while it is hashed, and is what it was: names, times and the right to be run', async () => {
    const settings: SettingsInput = { inbox: { accept: 'all' } };
    const [network, anna, ben] = (await linked(2, settings)) as [Network, TestPeer, TestPeer];
    const folder = join(network.folder, 'big');
    mkdirSync(join(folder, 'sub'), { recursive: true });
    const big = join(folder, 'image.iso');
    writeFileSync(big, '');
    truncateSync(big, BIG_BYTES);
    writeFileSync(join(folder, 'sub', 'run.sh'), '#!/bin/sh\n', { mode: 0o755 });
    writeFileSync(join(folder, 'sub', 'empty'), '');
    utimesSync(join(folder, 'sub', 'empty'), 1_000_000_000, 1_000_000_000);
    utimesSync(big, 1_234_567_890, 1_234_567_890);
    const row = await anna.send(folder, { to: ben.name });
    expect(row.id).toBeNull();
    const started = await ben.heard.until('download-started');
    const { path, id } = await ben.heard.until('offer-completed', { withinMs: 60_000 });
    expect(started.id).not.toBe(id);
    expect(statSync(join(path, 'image.iso')).size).toBe(BIG_BYTES);
    expect(statSync(join(path, 'image.iso')).mtimeMs).toBe(1_234_567_890_000);
    expect(statSync(join(path, 'sub', 'empty')).mtimeMs).toBe(1_000_000_000_000);
    expect(statSync(join(path, 'sub', 'run.sh')).mode & 0o111).toBe(0o111);
    const done = await anna.heard.until('send-received');
    expect(done.id).toBe(id);
    expect(await anna.share(folder)).toMatchObject({ id });
    const all = ben.heard.all;
    const first = (type: 'transfer' | 'download-progress') =>
      all.findIndex((event) => event.type === type && event.id === id);
    // Whoever shows bars knows by then that it is the same transfer.
    expect(first('transfer')).toBeLessThan(first('download-progress'));
  });

  it('is one completed transfer where all of it turns out to be here already', async () => {
    const settings: SettingsInput = { inbox: { accept: 'all' } };
    const [network, anna, ben] = (await linked(2, settings)) as [Network, TestPeer, TestPeer];
    const path = join(network.folder, 'image.iso');
    writeFileSync(path, '');
    truncateSync(path, BIG_BYTES);
    for (let sent = 1; sent <= 2; sent += 1) {
      const from = ben.heard.all.length;
      await anna.send(path, { to: ben.name });
      await ben.heard.until('offer-completed', { withinMs: 60_000, from });
    }
    const ended = ben.heard.of('transfer').filter(({ state }) => state === 'completed');
    expect(ended).toMatchObject([{ bytes: BIG_BYTES }, { bytes: BIG_BYTES }]);
    expect((await ben.transfers()).map(({ state }) => state)).toEqual(['completed', 'completed']);
  });
});

describe('a folder that is sent to all', () => {
  it('is taken by whoever takes all, with everything in it, and each signs a receipt', async () => {
    const settings: SettingsInput = { inbox: { accept: 'all' } };
    const [network, anna, ...others] = (await linked(3, settings)) as [
      Network,
      TestPeer,
      ...TestPeer[],
    ];
    const folder = join(network.folder, 'trip');
    mkdirSync(join(folder, 'day 1', 'empty'), { recursive: true });
    for (let at = 0; at < 20; at += 1) writeFileSync(join(folder, 'day 1', `${at}.txt`), `${at}`);
    const { offerId } = await anna.send(folder, {});
    for (const other of others) {
      const { path } = await received(other);
      expect(readdirSync(join(path, 'day 1')).length).toBe(21);
      await anna.heard.until('send-received', { where: ({ peerId }) => peerId === other.peerId });
    }
    expect(anna.sends()).toMatchObject([{ offerId, to: null, isOpen: true }]);
  });
});
