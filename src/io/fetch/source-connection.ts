/** The connection to one source of a download: dialled, proven and greeted, with what is fetched over it. */
import { Observable } from 'rxjs';
import type { Transport } from '#src/domain/download/transport-choice.js';
import type { ContentId, PeerId } from '#src/domain/ids.js';
import type { Credentials, Self } from '#src/domain/peers/self.js';
import { Allowance } from '#src/io/net/allowance.js';
import { dialBulkChannel, dialDatagramChannel } from '#src/io/net/channel.js';
import { openSession, type Session } from '#src/io/net/session.js';
import { type Fetched, Fetching } from './fetching.js';

/** Who is asked for which content, and where. */
export type SourcePlace = {
  readonly id: ContentId;
  /** It is a draft, and the source is its sender. */
  readonly isDraft: boolean;
  readonly source: PeerId;
  readonly host: string;
  readonly port: number;
  readonly transport: Transport;
  /** How long it may take to connect, where that is not what it always is. */
  readonly dialMs?: number;
  readonly self: Self;
  readonly credentials: Credentials;
  readonly pingMs: number;
  readonly deadAfterMs: number;
  /** Of the limits that all threads share. */
  readonly rates?: SharedArrayBuffer;
};

export type SourceConnection = {
  readonly session: Session;
  readonly fetching: Fetching;
  readonly rttMs: number;
};

/**
 * Dials once. A connection that nobody waits for any more when it comes about is closed at once: the source counts
 * them. @param say hears what is fetched.
 */
export function connecting(
  place: SourcePlace,
  say: (what: Fetched) => void,
): Observable<SourceConnection> {
  return new Observable((subscriber) => {
    connect(place, say).then(
      (connection) => {
        if (subscriber.closed) connection.session.close();
        subscriber.next(connection);
        subscriber.complete();
      },
      (error: unknown) => subscriber.error(error),
    );
  });
}

async function connect(
  {
    id,
    isDraft,
    source,
    host,
    port,
    transport,
    dialMs,
    self,
    credentials,
    pingMs,
    deadAfterMs,
    rates,
  }: SourcePlace,
  say: (what: Fetched) => void,
): Promise<SourceConnection> {
  const allowance = new Allowance(rates, { direction: 'down' });
  const sender = isDraft ? source : undefined;
  const fetching = new Fetching(id, allowance.drawer(source), say, sender);
  const dial = transport === 'udp' ? dialDatagramChannel : dialBulkChannel;
  const channel = await dial({ host, port, credentials, expect: source, timeoutMs: dialMs });
  const dialledAt = performance.now();
  const session = await openSession(channel, 'transfer', {
    self,
    pingMs,
    deadAfterMs,
    onChunkBytes: (request, bytes) => fetching.takeBytes(request, bytes, performance.now()),
  });
  fetching.attach(session);
  return { session, fetching, rttMs: performance.now() - dialledAt };
}
