/**
 * The one socket that hears: it shares its port with every other peer of this machine (`reuseAddr`: each of
 * them gets every broadcast and multicast) and is a member of the group on every interface.
 */
import { createSocket, type Socket } from 'node:dgram';
import { toRecord } from '#src/domain/errors.js';
import { closeAtExit } from '#src/io/net/thread-sockets.js';
import { DISCOVERY_GROUP } from './announcing-socket.js';
import type { Interface } from './interfaces.js';

export type HearingSocket = {
  /** Joins the group wherever that is possible by now. */
  join(interfaces: readonly Interface[]): void;
  close(): void;
};

export type Ears = {
  listening(port: number): void;
  heard(bytes: Uint8Array, source: string): void;
  /** The socket is closed, or never was open. */
  failed(error: Error): void;
};

export function openHearingSocket(port: number, ears: Ears): HearingSocket {
  const socket = createSocket({ type: 'udp4', reuseAddr: true });
  closeAtExit(socket);
  let state: 'opening' | 'open' | 'closed' = 'opening';
  const close = () => {
    if (state !== 'closed') socket.close();
    state = 'closed';
  };
  socket.on('message', (bytes, from) => ears.heard(bytes, from.address));
  socket.on('error', (error) => {
    close();
    ears.failed(error);
  });
  // The wildcard: a socket bound to an interface's address hears neither broadcast nor multicast. What comes from
  // outside the network that `host` restricts a peer to is dropped by its source (`accepts`), before it is parsed.
  socket.bind({ port, address: '0.0.0.0' }, () => {
    state = 'open';
    ears.listening(socket.address().port);
  });
  return {
    join: (interfaces) => {
      if (state === 'open') for (const iface of interfaces) join(socket, iface);
    },
    close,
  };
}

/**
 * Joined anew every time: an interface that went away and came back between two looks has forgotten us. An
 * expected failure needs no report: the interface is going, or broadcast serves it as well.
 */
function join(socket: Socket, iface: Interface): void {
  try {
    socket.addMembership(DISCOVERY_GROUP, iface.address);
  } catch (error) {
    if (!EXPECTED.has(toRecord(error).code)) throw error;
  }
}

/** A member already; interface gone, without multicast or route; too many memberships; not allowed. */
const EXPECTED = new Set([
  'EADDRINUSE',
  'EADDRNOTAVAIL',
  'ENODEV',
  'ENXIO',
  'EINVAL',
  'ENOBUFS',
  'ENOMEM',
  'ENOPROTOOPT',
  'EOPNOTSUPP',
  'ENETUNREACH',
  'ENETDOWN',
  'EPERM',
  'EACCES',
]);
