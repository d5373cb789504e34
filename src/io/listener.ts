/** Listens on a port and turns every connection that proves itself into a session, within the bounds of admission. */
import { createServer, type Server, type Socket } from 'node:net';
import { Observable } from 'rxjs';
import { Admission, type Guest } from '#src/domain/admission.js';
import { type ErrorRecord, P2pError, toRecord } from '#src/domain/errors.js';
import type { PeerId } from '#src/domain/ids.js';
import type { Place } from '#src/domain/self.js';
import type { Role } from '#src/wire/hello.js';
import { serverChannel } from './channel.js';
import { connectionsWithin, handleLimit } from './handle-limit.js';
import { acceptSession, type Session, type SessionOptions } from './session.js';

export type Heard =
  | { readonly type: 'listening'; readonly port: number }
  | { readonly type: 'session'; readonly session: Session }
  /** Somebody did not get in. */
  | { readonly type: 'turned-away'; readonly error: ErrorRecord };

export type ListenOptions = Omit<SessionOptions, 'self'> & {
  readonly roles: readonly Role[];
  readonly refuses: (peer: PeerId) => boolean;
};

type Caller = Guest & { readonly socket: Socket };

/**
 * Emits `listening` once the port is bound, then sessions. Unsubscribing closes the port and every connection.
 * Errors with `port-busy` or `address-unavailable`.
 */
export function listenForSessions(place: Place, options: ListenOptions): Observable<Heard> {
  return new Observable((subscriber) => {
    const admission = new Admission<Caller>(connectionsWithin(handleLimit()));
    const sockets = new Set<Socket>();
    const server = createServer({ noDelay: true }, (socket) => {
      const caller = { address: socket.remoteAddress ?? '', socket };
      const { isTaken, instead } = admission.arrive(caller, performance.now());
      instead?.socket.destroy();
      if (!isTaken) {
        socket.destroy();
        return;
      }
      sockets.add(socket);
      socket.once('close', () => {
        sockets.delete(socket);
        admission.leave(caller);
      });
      admit(caller, admission, place, options).then(
        (session) => subscriber.next({ type: 'session', session }),
        (error: unknown) => subscriber.next({ type: 'turned-away', error: toRecord(error) }),
      );
    });
    server.once('listening', () => {
      // Later errors are those of single accepts (EMFILE): the next one may succeed.
      server.on('error', (error) =>
        subscriber.next({ type: 'turned-away', error: toRecord(error) }),
      );
      subscriber.next({ type: 'listening', port: portOf(server) });
    });
    server.once('error', (error) => {
      if (!server.listening) subscriber.error(bindError(error, place));
    });
    server.listen({ host: place.host, port: place.port });
    return () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    };
  });
}

async function admit(
  caller: Caller,
  admission: Admission<Caller>,
  place: Place,
  options: ListenOptions,
): Promise<Session> {
  const channel = await serverChannel(caller.socket, place.credentials);
  return acceptSession(channel, { ...options, self: place.self }, ({ role }) => {
    if (options.refuses(channel.peerId)) throw new P2pError('refused', 'a blocked peer');
    if (channel.peerId === place.self.peerId) throw new P2pError('refused', 'this is ourselves');
    if (!options.roles.includes(role)) throw new P2pError('protocol', `no ${role} on this port`);
    if (caller.socket.destroyed) throw new P2pError('closed', 'it left before it was let in');
    if (!admission.prove(caller, `${channel.peerId} ${role}`))
      throw new P2pError('limit', 'too many connections');
  });
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

function bindError(error: NodeJS.ErrnoException, place: Place): P2pError {
  if (error.code === 'EADDRINUSE') {
    return new P2pError('port-busy', `port ${place.port} is in use`, { cause: error });
  }
  return new P2pError(
    'address-unavailable',
    `cannot listen on ${place.host}:${place.port}: ${error.message}`,
    { cause: error },
  );
}
