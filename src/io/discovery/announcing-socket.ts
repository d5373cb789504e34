/**
 * One interface's sending side of discovery. Bound to the interface's own address: without a default route
 * the system would find none for a group or 255.255.255.255, and with several it would choose one for us.
 */
import { createSocket, type Socket } from 'node:dgram';
import type { Interface } from './interfaces.js';

/**
 * In 239.255.0.0/16, the local scope of RFC 2365 that no router passes on: announcements are for this
 * network only. The last two bytes are the default port (27450), to collide with nobody.
 */
export const DISCOVERY_GROUP = '239.255.107.58';
/** Routers that ignore scopes heed this. */
const TTL = 1;

export type AnnouncingSocket = {
  readonly address: string;
  /** No longer of use: close it and open another. */
  failed(): boolean;
  /** @returns undefined if at least one datagram left, else why none did. Never rejects. */
  send(packet: Uint8Array, port: number): Promise<string | undefined>;
  close(): void;
};

export function openAnnouncingSocket(iface: Interface): AnnouncingSocket {
  // Addresses are never names here; answering at once keeps every send within one turn of the loop, so
  // that closing a socket cannot leave a send without its answer.
  const socket = createSocket({
    type: 'udp4',
    lookup: (host, _options, done) => done(null, host, 4),
  });
  let failure: string | undefined;
  const opened = new Promise<void>((resolve) => {
    socket.on('error', (error) => {
      failure = codeOf(error);
      resolve();
    });
    socket.once('close', () => {
      failure = CLOSED;
      resolve();
    });
    socket.bind({ address: iface.address, port: 0 }, () => {
      failure = prepare(socket, iface);
      resolve();
    });
  });
  const targets = [DISCOVERY_GROUP, ...(iface.broadcast === undefined ? [] : [iface.broadcast])];

  return {
    address: iface.address,
    failed: () => failure !== undefined,
    async send(packet, port) {
      await opened;
      if (failure !== undefined) return failure;
      const codes = await Promise.all(targets.map((to) => sendTo(socket, packet, port, to)));
      return codes.includes(undefined) ? undefined : codes[0];
    },
    close: () => {
      if (failure !== CLOSED) socket.close();
    },
  };
}

const CLOSED = 'ERR_SOCKET_CLOSED';

function sendTo(
  socket: Socket,
  packet: Uint8Array,
  port: number,
  to: string,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    socket.send(packet, port, to, (error) => resolve(error ? codeOf(error) : undefined));
  });
}

function prepare(socket: Socket, iface: Interface): string | undefined {
  try {
    socket.setBroadcast(true);
    socket.setMulticastInterface(iface.address);
    socket.setMulticastTTL(TTL);
    socket.setMulticastLoopback(true);
    return undefined;
  } catch (error) {
    return codeOf(error);
  }
}

function codeOf(error: unknown): string {
  const code = (error as { code?: unknown }).code;
  return typeof code === 'string' ? code : String(error);
}
