/**
 * All sockets of discovery: one that hears, shared with every other peer of this machine, and one for each
 * interface that announces. Networks come and go: nothing here fails for good; `use` is called every few
 * seconds with the interfaces of the moment and mends what can be mended.
 */
import { type Observable, Subject } from 'rxjs';
import { type ErrorRecord, toRecord } from '#src/domain/errors.js';
import { type AnnouncingSocket, openAnnouncingSocket } from './announcing-socket.js';
import { type HearingSocket, openHearingSocket } from './hearing-socket.js';
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

/** All that is open. `target` is the port that announcements go to: the shared one, once it is known. */
type Opened = {
  readonly events: Subject<SocketEvent>;
  readonly speakers: Map<string, AnnouncingSocket>;
  hearing: HearingSocket | undefined;
  target: number;
  interfaces: readonly Interface[];
  failures: number;
};

/** @param port the shared port; 0 for any free one (then `listening` says which). */
export function openDiscoverySockets(port: number): DiscoverySockets {
  const opened: Opened = {
    events: new Subject(),
    speakers: new Map(),
    hearing: undefined,
    target: port,
    interfaces: [],
    failures: 0,
  };
  return {
    events: opened.events.asObservable(),
    use: (interfaces) => use(opened, interfaces),
    announce: (packetFor) => announce(opened, packetFor),
    close: () => close(opened),
  };
}

function use(opened: Opened, interfaces: readonly Interface[]): boolean {
  const changed = JSON.stringify(interfaces) !== JSON.stringify(opened.interfaces);
  opened.interfaces = interfaces;
  replaceSpeakers(opened.speakers, interfaces);
  if (opened.hearing === undefined) opened.hearing = hear(opened);
  else opened.hearing.join(interfaces);
  return changed;
}

function hear(opened: Opened): HearingSocket {
  const { events } = opened;
  const socket = openHearingSocket(opened.target, {
    listening(port) {
      opened.target = port;
      socket.join(opened.interfaces);
      events.next({ type: 'listening', port });
    },
    heard: (bytes, source) => events.next({ type: 'datagram', bytes, source }),
    failed(error) {
      opened.hearing = undefined;
      events.next({ type: 'unbound', error: toRecord(error) });
    },
  });
  return socket;
}

async function announce(opened: Opened, packetFor: (index: number) => Uint8Array): Promise<Reach> {
  const results = await Promise.all(
    [...opened.speakers.values()].map(async (speaker, index) => ({
      address: speaker.address,
      code: await speaker.send(packetFor(index), opened.target),
    })),
  );
  const failed = results.flatMap(({ address, code }) =>
    code === undefined ? [] : [{ address, code }],
  );
  opened.failures += failed.length;
  const reached = results.filter((one) => one.code === undefined).map((one) => one.address);
  return { reached, failed, failures: opened.failures };
}

function close(opened: Opened): void {
  for (const speaker of opened.speakers.values()) speaker.close();
  opened.speakers.clear();
  opened.hearing?.close();
  opened.events.complete();
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
