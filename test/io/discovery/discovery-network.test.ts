import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { networkInterfaces } from 'node:os';
import {
  filter,
  firstValueFrom,
  type Observable,
  ReplaySubject,
  take,
  timeout,
  toArray,
} from 'rxjs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type NetworkEvent, openDiscoveryNetwork } from '#src/io/discovery/discovery-network.js';
import { inventedAnnouncement } from '#test/support/announcers.js';

const LOOPBACK = '127.0.0.1';
const PATIENCE_MS = 10_000;

/** An address of this machine that is not loopback: to the receiver it is as foreign as a neighbour's. */
const OUTSIDE = Object.values(networkInterfaces())
  .flatMap((all) => all ?? [])
  .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;

function heardBy(host: string): Observable<NetworkEvent> {
  const heard = new ReplaySubject<NetworkEvent>();
  const following = openDiscoveryNetwork(0, host).events.subscribe(heard);
  onTestFinished(() => following.unsubscribe());
  return heard.pipe(timeout(PATIENCE_MS));
}

/** From an address of this machine to the same address of it: nothing leaves it. */
async function announceFrom(address: string, port: number): Promise<void> {
  const socket = createSocket('udp4');
  socket.bind(0, address);
  await once(socket, 'listening');
  await new Promise<void>((resolve, reject) =>
    socket.send(inventedAnnouncement(), port, address, (error) =>
      error === null ? resolve() : reject(error),
    ),
  );
  socket.close();
}

describe('a peer that is kept to this machine', () => {
  it.skipIf(OUTSIDE === undefined).each([
    [LOOPBACK, [LOOPBACK]],
    ['0.0.0.0', [OUTSIDE, LOOPBACK]],
  ])('by the host %s hears announcements from %j alone', async (host, expected) => {
    const heard = heardBy(host);
    const listening = heard.pipe(filter((event) => event.type === 'listening'));
    const { port } = await firstValueFrom(listening);
    // Datagrams to one socket of the same machine arrive in the order they were sent.
    await announceFrom(String(OUTSIDE), port);
    await announceFrom(LOOPBACK, port);
    const received = heard.pipe(
      filter((event) => event.type === 'received'),
      take(expected.length),
      toArray(),
    );
    const sources = (await firstValueFrom(received)).map(({ source }) => source);
    expect(sources).toEqual(expected);
  });
});
