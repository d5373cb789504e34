import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { copyFileSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { MiB } from '#src/domain/limits.js';
import { sha256, writeRandom } from '#test/support/big-file.js';
import { noise } from '#test/support/contents.js';
import { newFolder } from '#test/support/folders.js';
import { contentOf, makeSource } from '#test/support/made-source.js';
import { createNetwork, knows, seen, type TestPeer } from '#test/support/network.js';
import { HOST } from '#test/support/places.js';

vi.setConfig({ testTimeout: 60_000 });

const FILM = 'film';

/** A peer alone, for sources that are made up; nobody is heard on its network. */
async function asker(transport: 'tcp' | 'udp' | 'auto', timeoutMs = 60_000): Promise<TestPeer> {
  const network = await createNetwork(0);
  return network.start(network.home('asker'), { transfer: { transport, timeoutMs } });
}

/** A made-up film of a few chunks. */
function film(seed: number, bytes = 3 * MiB) {
  return contentOf(`film ${seed}`, { '': noise(bytes, seed) });
}

/** Connections over TCP to a port of this machine that stand, as the system counts them. */
function connectionsTo(port: number): number {
  const hex = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const rows = readFileSync('/proc/self/net/tcp', 'utf8').split('\n').slice(1);
  return rows.filter((row) => {
    const [, , remote = '', state] = row.trim().split(/\s+/);
    return remote.endsWith(hex) && state === '01';
  }).length;
}

describe('a download over UDP alone', () => {
  it('brings a file from three sources, none of which is connected to over TCP', async () => {
    const made = writeRandom(join(newFolder(), FILM), 48 * MiB);
    const print = await sha256(made);
    const network = await createNetwork(3, undefined, {
      prepare: ({ share }) => copyFileSync(made, join(share, FILM)),
    });
    const one = await network.start(network.home('asker'), { transfer: { transport: 'udp' } });
    await knows(one, network.peers);
    await seen(one, FILM, 3);
    const download = one.download(FILM);
    await one.heard.until('download-progress', { where: ({ sources }) => sources === 3 });
    const row = one.status().downloads[0];
    expect(row?.sources.map(({ transport }) => transport)).toEqual(['udp', 'udp', 'udp']);
    for (const { ports } of network.peers) expect(connectionsTo(ports.transfer)).toBe(0);
    // Links are connections over TCP: the count would show others.
    const links = [one, ...network.peers].map(({ ports }) => connectionsTo(ports.mesh));
    expect(Math.max(...links)).toBeGreaterThan(0);
    const done = await download;
    expect(await sha256(done.path)).toBe(print);
    expect(done.sources.map(({ transport }) => transport)).toEqual(['udp', 'udp', 'udp']);
    expect(one.heard.of('source-moved')).toEqual([]);
  });

  it('says clearly of a source that speaks TCP alone that it gives nothing', async () => {
    const one = await asker('udp', 2000);
    const content = film(1);
    await makeSource('older', [content], [one]);
    await expect(one.download(content.name)).rejects.toThrow(
      /older: it gives nothing over UDP.+: set transfer\.transport to auto here, or to udp or auto there/,
    );
    const notices = one.heard.of('notice').filter(({ code }) => code === 'transport');
    expect(notices.map(({ message }) => message)).toEqual([expect.stringContaining('older: ')]);
  });
});

describe('a download whose transport is free', () => {
  it('stays with TCP where that works, and where the source speaks nothing else', async () => {
    const one = await asker('auto');
    const [both, older] = [film(2), film(3)];
    await makeSource('both', [both], [one], {}, ['tcp', 'udp']);
    await makeSource('older', [older], [one]);
    for (const { name } of [both, older]) {
      const done = await one.download(name);
      expect(done.sources.map(({ transport }) => transport)).toEqual(['tcp']);
    }
    expect(one.heard.of('source-moved')).toEqual([]);
    expect(one.heard.of('notice').filter(({ code }) => code === 'transport')).toEqual([]);
  });

  it('moves to UDP where TCP does not get through, tells it once, and begins so the next time', async () => {
    const one = await asker('auto');
    const [first, second] = [film(4), film(5)];
    const source = await makeSource('closed', [first, second], [one], {}, ['udp']);
    const done = await one.download(first.name);
    expect(done.sources).toEqual([
      { peerId: source.peerId, chunks: first.manifest.layout.chunks, transport: 'udp' },
    ]);
    const moved = { type: 'source-moved', transport: 'udp', why: 'unreachable' };
    expect(one.heard.of('source-moved')).toEqual([
      { ...moved, id: first.manifest.id, name: first.name, peerId: source.peerId },
    ]);
    const knocks = await knocksAt(source.base + 1);
    const again = await one.download(second.name);
    expect(again.sources.map(({ transport }) => transport)).toEqual(['udp']);
    expect(knocks()).toBe(0);
    expect(one.heard.of('source-moved')).toHaveLength(1);
  });

  it('stays with TCP where it is a limit of the source that lets little through', async () => {
    const network = await createNetwork(0);
    const home = network.home('held back');
    const print = await sha256(writeRandom(join(home.share, FILM), 2 * MiB));
    await network.start(home, { limits: { uploadBytesPerSecond: MiB / 4 } });
    const one = await network.start(network.home('asker'));
    await seen(one, FILM);
    const done = await one.download(FILM);
    expect(await sha256(done.path)).toBe(print);
    expect(done.ms).toBeGreaterThan(7000);
    expect(done.sources).toMatchObject([{ transport: 'tcp' }]);
    expect(one.heard.of('source-moved')).toEqual([]);
  });

  it('moves to UDP where TCP crawls, goes on with what is missing, and counts what came by each', async () => {
    const one = await asker('auto');
    const content = film(6);
    const source = await makeSource(
      'slow',
      [content],
      [one],
      {
        chunk: ({ transport, nth, send, bytes }) => (transport === 'udp' || nth < 2) && send(bytes),
      },
      ['tcp', 'udp'],
    );
    const done = await one.download(content.name);
    expect(one.heard.of('source-moved')).toMatchObject([
      { transport: 'udp', why: 'crawling', peerId: source.peerId },
    ]);
    const { chunks } = content.manifest.layout;
    const { peerId } = source;
    expect(done.sources).toEqual([
      { peerId, chunks: 2, transport: 'tcp' },
      { peerId, chunks: chunks - 2, transport: 'udp' },
    ]);
  });
});

/** Listens there for TCP. @returns how many came. */
async function knocksAt(port: number): Promise<() => number> {
  let count = 0;
  const server = createServer((socket) => {
    count += 1;
    socket.destroy();
  });
  server.listen(port, HOST);
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return () => count;
}

describe('a peer whose UDP port is taken', () => {
  it('says which it is, unless it is set to TCP alone', async () => {
    const network = await createNetwork(0);
    const home = network.home('late');
    const { port = null } = await network.settings(home);
    if (typeof port !== 'number') throw new Error('no port');
    const socket = createSocket('udp4');
    onTestFinished(() => void socket.close());
    socket.bind({ address: HOST, port: port + 1, exclusive: true });
    await once(socket, 'listening');
    await expect(network.start(home, { port })).rejects.toMatchObject({
      code: 'port-busy',
      message: expect.stringContaining(`port ${port + 1} (UDP) is in use`),
    });
    const late = await network.start(home, { port, transfer: { transport: 'tcp' } });
    expect(late.ports.transfer).toBe(port + 1);
  });
});

describe('a peer that is set to TCP alone', () => {
  it('leaves its UDP port to others, and is not dialled by it', async () => {
    const network = await createNetwork(0);
    const home = network.home('owner');
    writeRandom(join(home.share, FILM), MiB);
    const owner = await network.start(home, { transfer: { transport: 'tcp' } });
    const socket = createSocket('udp4');
    onTestFinished(() => void socket.close());
    socket.bind({ address: HOST, port: owner.ports.transfer, exclusive: true });
    await once(socket, 'listening');
    const heard = vi.fn();
    socket.on('message', heard);
    const one = await network.start(network.home('asker'));
    await seen(one, FILM);
    expect((await one.download(FILM)).sources).toMatchObject([{ transport: 'tcp' }]);
    expect(heard).not.toHaveBeenCalled();
  });
});
