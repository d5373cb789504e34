/** Finds out which of a peer's four ports are free, so that every busy one can be named at once. */
import { createServer } from 'node:net';
import { P2pError } from '#src/domain/errors.js';
import { PORTS_PER_PEER } from '#src/domain/ports.js';

/** Where bases are looked for when the user gave none: `first` and so many more, four apart. */
export type BaseRange = { readonly first: number; readonly tries: number };

/** @returns the first base whose four ports are free. @throws P2pError `port-busy`, `address-unavailable` */
export async function freeBase(host: string, range: BaseRange, after?: number): Promise<number> {
  const last = range.first + (range.tries - 1) * PORTS_PER_PEER;
  for (
    let base = after === undefined ? range.first : after + PORTS_PER_PEER;
    base <= last;
    base += PORTS_PER_PEER
  ) {
    if ((await busyPorts(host, base)).length === 0) return base;
  }
  throw new P2pError(
    'port-busy',
    `no four free ports between ${range.first} and ${last + PORTS_PER_PEER - 1}: choose others with --port`,
  );
}

/** @throws P2pError `port-busy` naming every port of this base that is taken */
export async function requireFree(host: string, base: number): Promise<void> {
  const busy = await busyPorts(host, base);
  if (busy.length === 0) return;
  const which = busy.length === 1 ? `port ${busy[0]} is` : `ports ${busy.join(', ')} are`;
  throw new P2pError(
    'port-busy',
    `${which} in use: a peer needs ${base} to ${base + PORTS_PER_PEER - 1}; choose another base with --port`,
  );
}

async function busyPorts(host: string, base: number): Promise<readonly number[]> {
  const ports = Array.from({ length: PORTS_PER_PEER }, (_, above) => base + above);
  const free = await Promise.all(ports.map((port) => isFree(host, port)));
  return ports.filter((_, at) => !free[at]);
}

function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(false);
      else if (error.code === 'EACCES') {
        reject(
          new P2pError(
            'port-busy',
            `port ${port} may not be used by this user: choose one above 1023`,
            {
              cause: error,
            },
          ),
        );
      } else reject(addressError(host, error));
    });
    server.listen({ host, port }, () => server.close(() => resolve(true)));
  });
}

function addressError(host: string, cause: Error): P2pError {
  return new P2pError(
    'address-unavailable',
    `cannot listen on ${host}, which is no address of this machine: ${cause.message}`,
    { cause },
  );
}
