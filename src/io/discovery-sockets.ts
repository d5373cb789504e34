/**
 * All sockets of discovery: one that hears, shared with every other peer of this machine, and one for each
 * interface that announces. Networks come and go: nothing here fails for good; `use` is called every few
 * seconds with the interfaces of the moment and mends what can be mended.
 */
import { createSocket, type Socket } from 'node:dgram';
import { type Observable, Subject } from 'rxjs';
import { type ErrorRecord, toRecord } from '#src/domain/errors.js';
import {
  type AnnouncingSocket,
  DISCOVERY_GROUP,
  openAnnouncingSocket,
} from './announcing-socket.js';
import type { Interface } from './interfaces.js';

export type SocketEvent =
  | { readonly type: 'listening'; readonly port: number }
  /** The shared port cannot be had; tried again at every `use`. */
  | { readonly type: 'unbound'; readonly error: ErrorRecord }
  | { readonly type: 'datagram'; readonly bytes: Uint8Array; readonly source: string };

/** Where an announcement went out and where not. `failures` counts since the sockets were opened. */
export type Reach = {
  readonly reached: readonly string[];
  readonly failed: readonly { readonly address: string; readonly code: string }[];
  readonly failures: number;
};

export type DiscoverySockets = {
  readonly events: Observable<SocketEvent>;
  /** @returns true if the set of interfaces has changed. */
  use(interfaces: readonly Interface[]): boolean;
  /** @param packetFor the datagram for the interface of this index, each its own. Never rejects. */
  announce(packetFor: (index: number) => Uint8Array): Promise<Reach>;
  close(): void;
};

/** @param port the shared port; 0 for any free one (then `listening` says which). */
export function openDiscoverySockets(port: number): DiscoverySockets {
  const events = new Subject<SocketEvent>();
  const speakers = new Map<string, AnnouncingSocket>();
  let listener: Socket | undefined;
  let target = port;
  let failures = 0;
  let used: string | undefined;

  const hear = (interfaces: readonly Interface[]) => {
    if (listener !== undefined) return joinAll(listener, interfaces);
    const socket = createSocket({ type: 'udp4', reuseAddr: true });
    listener = socket;
    socket.on('message', (bytes, from) =>
      events.next({ type: 'datagram', bytes, source: from.address }),
    );
    socket.on('error', (error) => {
      if (listener === socket) listener = undefined;
      socket.close();
      events.next({ type: 'unbound', error: toRecord(error) });
    });
    // The wildcard: a socket bound to an interface's address hears neither broadcast nor multicast.
    socket.bind({ port: target }, () => {
      target = socket.address().port;
      joinAll(socket, interfaces);
      events.next({ type: 'listening', port: target });
    });
    return undefined;
  };

  return {
    events: events.asObservable(),
    use(interfaces) {
      replaceSpeakers(speakers, interfaces);
      hear(interfaces);
      const before = used;
      used = JSON.stringify(interfaces);
      return used !== before;
    },
    async announce(packetFor) {
      const results = await Promise.all(
        [...speakers.values()].map(async (speaker, index) => ({
          address: speaker.address,
          code: await speaker.send(packetFor(index), target),
        })),
      );
      const failed = results.flatMap(({ address, code }) =>
        code === undefined ? [] : [{ address, code }],
      );
      failures += failed.length;
      const reached = results.filter((r) => r.code === undefined).map((r) => r.address);
      return { reached, failed, failures };
    },
    close() {
      for (const speaker of speakers.values()) speaker.close();
      speakers.clear();
      listener?.close();
      listener = undefined;
      events.complete();
    },
  };
}

function replaceSpeakers(speakers: Map<string, AnnouncingSocket>, wanted: readonly Interface[]) {
  for (const [key, speaker] of speakers) {
    if (!speaker.failed() && wanted.some((iface) => keyOf(iface) === key)) continue;
    speaker.close();
    speakers.delete(key);
  }
  for (const iface of wanted)
    if (!speakers.has(keyOf(iface))) speakers.set(keyOf(iface), openAnnouncingSocket(iface));
}

function keyOf(iface: Interface): string {
  return `${iface.address}/${iface.netmask}`;
}

/**
 * Joined anew every time: an interface that went away and came back between two looks has forgotten us. A
 * failure needs no report: we are a member already, or the interface is going and broadcast serves as well.
 */
function joinAll(socket: Socket, interfaces: readonly Interface[]): void {
  for (const iface of interfaces) {
    try {
      socket.addMembership(DISCOVERY_GROUP, iface.address);
    } catch (error) {
      if (!TOLERATED.has(toRecord(error).code)) throw error;
    }
  }
}

/** Already a member; interface gone, without multicast, or still without route; too many memberships. */
const TOLERATED = new Set([
  'EADDRINUSE',
  'EADDRNOTAVAIL',
  'ENODEV',
  'ENXIO',
  'EINVAL',
  'ENOBUFS',
  'ENOPROTOOPT',
  'ENETUNREACH',
  'ENETDOWN',
  'EPERM',
  'EACCES',
  'EBADF',
  'ERR_SOCKET_DGRAM_NOT_RUNNING',
]);
