/** Finds out which of a peer's ports are free, so that every busy one can be named at once. */
import { createSocket } from 'node:dgram';
import { createServer, isIPv6 } from 'node:net';
import type { Transport } from '#src/domain/download/transport-choice.js';
import { P2pError } from '#src/domain/errors.js';
import { PORTS_PER_PEER, portsFrom } from '#src/domain/ports.js';

/** Where bases are looked for when the user gave none: `first` and so many more, four apart. */
export type BaseRange = { readonly first: number; readonly tries: number };

/** Where a peer listens: on four ports for TCP, on the one for transfers for UDP too, unless it is not to. */
export type Listening = { readonly host: string; readonly withUdp: boolean };

type Port = { readonly port: number; readonly transport: Transport };

/** @returns the first base whose ports are free. @throws P2pError `port-busy`, `address-unavailable` */
export async function freeBase(at: Listening, range: BaseRange, after?: number): Promise<number> {
  const last = range.first + (range.tries - 1) * PORTS_PER_PEER;
  for (
    let base = after === undefined ? range.first : after + PORTS_PER_PEER;
    base <= last;
    base += PORTS_PER_PEER
  ) {
    if ((await busyPorts(at, base)).length === 0) return base;
  }
  throw new P2pError(
    'port-busy',
    `no four free ports between ${range.first} and ${last + PORTS_PER_PEER - 1}: choose others with --port`,
  );
}

/** @throws P2pError `port-busy` naming every port of this base that is taken */
export async function requireFree(at: Listening, base: number): Promise<void> {
  const busy = await busyPorts(at, base);
  if (busy.length === 0) return;
  const names = busy.map(({ port, transport }) => (transport === 'udp' ? `${port} (UDP)` : port));
  const which = busy.length === 1 ? `port ${names[0]} is` : `ports ${names.join(', ')} are`;
  throw new P2pError(
    'port-busy',
    `${which} in use: a peer needs ${base} to ${base + PORTS_PER_PEER - 1}; choose another base with --port`,
  );
}

async function busyPorts({ host, withUdp }: Listening, base: number): Promise<readonly Port[]> {
  const { mesh, transfer, distributor, receiver } = portsFrom(base);
  const ports: readonly Port[] = [
    { port: mesh, transport: 'tcp' },
    { port: transfer, transport: 'tcp' },
    ...(withUdp ? [{ port: transfer, transport: 'udp' } as const] : []),
    { port: distributor, transport: 'tcp' },
    { port: receiver, transport: 'tcp' },
  ];
  const free = await Promise.all(ports.map((port) => isFree(host, port)));
  return ports.filter((_, at) => !free[at]);
}

async function isFree(host: string, { port, transport }: Port): Promise<boolean> {
  try {
    await (transport === 'tcp' ? listen(host, port) : bind(host, port));
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE') return false;
    if (code !== 'EACCES') throw addressError(host, error as Error);
    throw new P2pError('port-busy', notAllowed(port), { cause: error });
  }
}

/** @returns what the user is told of a port that the system does not give him. */
export function notAllowed(port: number): string {
  return `port ${port} may not be used by this user: choose one above 1023`;
}

function listen(host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ host, port }, () => server.close(() => resolve()));
  });
}

function bind(host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
    socket.once('error', (error) => {
      socket.close();
      reject(error);
    });
    socket.bind({ address: host, port, exclusive: true }, () => socket.close(() => resolve()));
  });
}

function addressError(host: string, cause: Error): P2pError {
  return new P2pError(
    'address-unavailable',
    `cannot listen on ${host}, which is no address of this machine: ${cause.message}`,
    { cause },
  );
}
