/** A tracker while it lives, as the terminal sees it: an identity of its own, and no peer around it. */
import { type Observable, Subject } from 'rxjs';
import { P2pError } from '#src/domain/errors.js';
import { LAST_PORT } from '#src/domain/host-port.js';
import type { PeerId } from '#src/domain/ids.js';
import type { Self } from '#src/domain/peers/self.js';
import { PORTS_PER_PEER, portsFrom } from '#src/domain/ports.js';
import { trackerText } from '#src/domain/tracker/tracker-address.js';
import type { Member } from '#src/domain/tracker/tracker-message.js';
import { scanInterfaces } from '#src/io/discovery/interfaces.js';
import { newInstance, openIdentity } from '#src/io/disk/identity.js';
import { defaultToolFolder, thisMachine } from '#src/io/disk/platform-folders.js';
import { handleLimit } from '#src/io/net/handle-limit.js';
import { TrackerServer } from '#src/io/tracker/tracker-server.js';
import type { MemberNews } from '#src/io/tracker/tracker-visit.js';

/** Below the port of announcements, above every peer's default; registered to nobody. */
const TRACKER_PORT = 27_440;

/** What a process has open beside connections, some times over. */
const RESERVED_HANDLES = 64;

const EVERYWHERE: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

export type TrackerStart = {
  readonly host: string;
  /** 27440 unless told. */
  readonly port: number | null;
  /** Where the identity lies; null for the platform's place, one for each port. */
  readonly data: string | null;
  readonly flag: string | null;
  readonly heartbeatMs: number;
};

export type TrackerStatus = {
  readonly peerId: PeerId;
  readonly uptimeMs: number;
  /** How many peers are registered. */
  readonly members: number;
  /** How many can be. */
  readonly room: number;
};

export type Tracker = {
  readonly peerId: PeerId;
  readonly host: string;
  readonly port: number;
  /** What peers are to be given: ID@HOST:PORT, with an address of this machine. */
  readonly address: string;
  readonly events: Observable<MemberNews>;
  status(): TrackerStatus;
  members(): readonly Member[];
  /** Says goodbye to everybody. Resolves once that has left. */
  close(): Promise<void>;
};

/** Resolves once it listens. @throws P2pError `port-busy`, `address-unavailable`, `damaged`, `limit`, `folder-unavailable` */
export async function startTracker(start: TrackerStart): Promise<Tracker> {
  const { host, flag, heartbeatMs } = start;
  const port = start.port ?? TRACKER_PORT;
  const data = start.data ?? defaultToolFolder(thisMachine(), process.env, `tracker-${port}`);
  const { peerId, credentials } = await identityIn(data);
  const self = selfAt(port, peerId);
  const options = { flag: flag ?? '', heartbeatMs, connections: connections() };
  const server = new TrackerServer({ host, port, self, credentials }, options);
  const startedAt = performance.now();
  return new Promise((resolve, reject) => {
    const events = new Subject<MemberNews>();
    const serving = server.news().subscribe({
      next: (news) => {
        if (news.type !== 'listening') return events.next(news);
        const address = trackerText(peerId, { host: shownHost(host), port });
        resolve({
          peerId,
          host,
          port,
          address,
          events,
          status: () => ({
            peerId,
            uptimeMs: Math.round(performance.now() - startedAt),
            members: server.size,
            room: server.room,
          }),
          members: () => server.members,
          async close() {
            await server.leave();
            serving.unsubscribe();
            events.complete();
          },
        });
      },
      error: reject,
    });
  });
}

/** It has no ports of a peer; those it names are never dialled. */
function selfAt(port: number, peerId: PeerId): Self {
  const ports = portsFrom(Math.min(port, LAST_PORT - PORTS_PER_PEER));
  return { peerId, name: '', ports, instance: newInstance() };
}

async function identityIn(data: string): ReturnType<typeof openIdentity> {
  try {
    return await openIdentity(data);
  } catch (cause) {
    if (cause instanceof P2pError) throw cause;
    const why = (cause as Error).message;
    throw new P2pError('folder-unavailable', `--data: ${data} cannot be used: ${why}`, { cause });
  }
}

/** @throws P2pError `limit` */
function connections(): number {
  const handles = handleLimit();
  if (handles > RESERVED_HANDLES) return handles - RESERVED_HANDLES;
  throw new P2pError(
    'limit',
    `this process may have ${handles} files and sockets open, and a tracker needs more than ${RESERVED_HANDLES}: raise the limit (\`ulimit -n\`)`,
  );
}

/** Where others find this machine, as far as it knows itself. */
function shownHost(host: string): string {
  if (!EVERYWHERE.has(host)) return host;
  return scanInterfaces('0.0.0.0')[0]?.address ?? '127.0.0.1';
}
