/**
 * Listens on a port, for TCP, for datagrams or for both, and turns every connection that proves itself into a session,
 * within the bounds of admission.
 */
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import type { Duplex } from 'node:stream';
import { Observable } from 'rxjs';
import type { Transport } from '#src/domain/download/transport-choice.js';
import { type ErrorRecord, P2pError, toRecord } from '#src/domain/errors.js';
import { hostPortText } from '#src/domain/host-port.js';
import type { PeerId } from '#src/domain/ids.js';
import { Admission, type Guest, type House } from '#src/domain/peers/admission.js';
import type { Place } from '#src/domain/peers/self.js';
import { listenForDatagrams, type ServerOptions } from '#src/io/datagram/datagram-server.js';
import type { Role } from '#src/wire/hello.js';
import { serverChannel } from './channel.js';
import { notAllowed } from './free-ports.js';
import { connectionsWithin, handleLimit } from './handle-limit.js';
import { acceptSession, type Session, type SessionOptions } from './session.js';

export type Heard =
  | { readonly type: 'listening'; readonly port: number }
  | { readonly type: 'session'; readonly session: Session; readonly line: Line }
  /** Somebody did not get in. */
  | { readonly type: 'turned-away'; readonly error: ErrorRecord };

export type ListenOptions = Omit<SessionOptions, 'self'> & {
  readonly roles: readonly Role[];
  readonly refuses: (peer: PeerId) => boolean;
  /** A peer's unless told. */
  readonly house?: House;
  /** TCP alone unless told. */
  readonly transports?: readonly Transport[];
  /** Of streams over datagrams. */
  readonly datagrams?: Pick<ServerOptions, 'window' | 'lossShare' | 'strays'>;
};

/** A TCP socket, or a stream over datagrams. */
export type Line = Duplex & { readonly remoteAddress?: string | undefined };

type Caller = Guest & { readonly line: Line };

/**
 * Emits `listening` once the port is bound, then sessions. Unsubscribing closes the port and every connection.
 * Errors with `port-busy` or `address-unavailable`.
 */
export function listenForSessions(place: Place, options: ListenOptions): Observable<Heard> {
  return new Observable((subscriber) => {
    const admission = admissionTo(options.house);
    const lines = new Set<Line>();
    const turnAway = (error: unknown) =>
      subscriber.next({ type: 'turned-away', error: toRecord(error) });
    const arrive = (line: Line) => {
      const caller = { address: line.remoteAddress ?? '', line };
      const { isTaken, instead } = admission.arrive(caller, performance.now());
      instead?.line.destroy();
      if (!isTaken) {
        line.destroy();
        return;
      }
      lines.add(line);
      line.once('close', () => {
        lines.delete(line);
        admission.leave(caller);
      });
      admit(caller, admission, place, options).then(
        (session) => subscriber.next({ type: 'session', session, line }),
        turnAway,
      );
    };
    const doors = openDoors(place, options, arrive, turnAway);
    doors.then(
      ({ port }) => subscriber.next({ type: 'listening', port }),
      (error: NodeJS.ErrnoException) => subscriber.error(bindError(error, place)),
    );
    return () => {
      for (const line of lines) line.destroy();
      void doors.then(
        (open) => open.close(),
        // It has been told.
        () => undefined,
      );
    };
  });
}

function admissionTo(house: House | undefined): Admission<Caller> {
  return house === undefined
    ? new Admission<Caller>(connectionsWithin(handleLimit()))
    : new Admission<Caller>(house.connections, house);
}

type Doors = { readonly port: number; close(): void };

/** Binds the ports of all transports, of one number, or none. @throws the system's error */
async function openDoors(
  { host, port, credentials }: Place,
  { transports = ['tcp'], datagrams: own }: ListenOptions,
  arrive: (line: Line) => void,
  turnAway: (error: unknown) => void,
): Promise<Doors> {
  const server = transports.includes('tcp') ? createServer({ noDelay: true }, arrive) : undefined;
  server?.listen({ host, port });
  if (server !== undefined) await once(server, 'listening');
  const number = server === undefined ? port : portOf(server);
  // Later errors are those of single accepts (EMFILE): the next one may succeed.
  server?.on('error', turnAway);
  if (!transports.includes('udp')) return { port: number, close: () => server?.close() };
  try {
    const secret = credentials.keyPem;
    const onStream = arrive;
    const datagrams = await listenForDatagrams({ ...own, host, port: number, secret, onStream });
    const close = () => {
      server?.close();
      datagrams.close();
    };
    return { port: datagrams.port, close };
  } catch (error) {
    server?.close();
    throw error;
  }
}

async function admit(
  caller: Caller,
  admission: Admission<Caller>,
  place: Place,
  options: ListenOptions,
): Promise<Session> {
  const channel = await serverChannel(caller.line, place.credentials);
  return acceptSession(channel, { ...options, self: place.self }, ({ role }) => {
    if (options.refuses(channel.peerId)) throw new P2pError('refused', 'a blocked peer');
    if (channel.peerId === place.self.peerId) throw new P2pError('refused', 'this is ourselves');
    if (!options.roles.includes(role)) throw new P2pError('protocol', `no ${role} on this port`);
    if (caller.line.destroyed) throw new P2pError('closed', 'it left before it was let in');
    if (!admission.prove(caller, `${channel.peerId} ${role}`))
      throw new P2pError('limit', 'too many connections');
  });
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

function bindError(cause: NodeJS.ErrnoException, { host, port }: Place): P2pError {
  const [code, message] = bindTrouble(cause, host, port);
  return new P2pError(code, message, { cause });
}

function bindTrouble(
  error: NodeJS.ErrnoException,
  host: string,
  port: number,
): ['port-busy' | 'address-unavailable', string] {
  switch (error.code) {
    case 'EADDRINUSE':
      return ['port-busy', `port ${port}${error.syscall === 'bind' ? ' (UDP)' : ''} is in use`];
    case 'EACCES':
      return ['port-busy', notAllowed(port)];
    case 'EADDRNOTAVAIL':
      return ['address-unavailable', `cannot listen on ${host}: it is no address of this machine`];
    default: {
      const where = hostPortText({ host, port });
      return ['address-unavailable', `cannot listen on ${where}: ${error.message}`];
    }
  }
}
