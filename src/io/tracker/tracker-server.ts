/**
 * A tracker: lets peers register, and tells each of some others. Who is told of whom is the table's business, what is said
 * on a connection is in `tracker-visit.ts`. It dials nobody, and keeps nothing that outlives it.
 */
import { EMPTY, mergeMap, Observable, of } from 'rxjs';
import { P2pError } from '#src/domain/errors.js';
import type { Place } from '#src/domain/peers/self.js';
import type { Member } from '#src/domain/tracker/tracker-message.js';
import { TRACKER_TABLE, TrackerTable } from '#src/domain/tracker/tracker-table.js';
import { unreachable } from '#src/domain/unreachable.js';
import { type Heard, listenForSessions } from '#src/io/net/listener.js';
import type { Session } from '#src/io/net/session.js';
import { type Guest, type MemberDown, type MemberNews, Visit } from './tracker-visit.js';

export type TrackerOptions = {
  /** What peers have to know; empty for everybody. */
  readonly flag: string;
  /** A peer that is silent for as long is asked for a sign of life, and forgotten after three times that. */
  readonly heartbeatMs: number;
  /** How many connections there are handles for. */
  readonly connections: number;
};

export type TrackerNews = { readonly type: 'listening'; readonly port: number } | MemberNews;

const BEATS_MISSED = 3;

/** So many handshakes at once are done in half a second, and cost some 10 MiB. */
const UNPROVEN = 256;

/** A goodbye leaves in a round trip, or is not read at all. */
const GOODBYE_MS = 1000;

/** Whoever has said hello knows what he wants. */
const REGISTERED_WITHIN_MS = 10_000;

export class TrackerServer {
  readonly #place: Place;
  readonly #options: TrackerOptions;
  readonly #table = new TrackerTable<Guest>();
  readonly #sessions = new Set<Session>();

  constructor(place: Place, options: TrackerOptions) {
    this.#place = place;
    this.#options = options;
  }

  /** How many it has room for. */
  get room(): number {
    return Math.min(this.#options.connections, TRACKER_TABLE.members);
  }

  get size(): number {
    return this.#table.size;
  }

  get members(): readonly Member[] {
    return this.#table.all.map(({ peerId, host, port }) => ({ peerId, host, port }));
  }

  /** Listens for as long as it is subscribed to. Errors with `port-busy` or `address-unavailable`. */
  news(): Observable<TrackerNews> {
    const { heartbeatMs } = this.#options;
    return listenForSessions(this.#place, {
      pingMs: heartbeatMs,
      deadAfterMs: BEATS_MISSED * heartbeatMs,
      roles: ['tracker'],
      refuses: () => false,
      house: { connections: this.room, unproven: UNPROVEN },
    }).pipe(mergeMap((heard) => this.#greet(heard)));
  }

  /** Says goodbye to everybody. Resolves once that has left, or has had its time. */
  async leave(): Promise<void> {
    const closed = [...this.#sessions].map((session) => {
      session.close();
      return session.closed;
    });
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, GOODBYE_MS);
    });
    await Promise.race([Promise.all(closed), late]);
    clearTimeout(timer);
  }

  #greet(heard: Heard): Observable<TrackerNews> {
    switch (heard.type) {
      case 'listening':
        return of(heard);
      case 'session':
        return this.#host(heard.session);
      case 'turned-away':
        // Anybody can knock: a line for each would be his to write.
        return EMPTY;
      default:
        return unreachable(heard);
    }
  }

  #host(session: Session): Observable<MemberNews> {
    return new Observable((subscriber) => {
      const { flag } = this.#options;
      this.#sessions.add(session);
      const tell = (news: MemberNews) => subscriber.next(news);
      const visit = new Visit(session, { table: this.#table, flag, tell });
      const late = setTimeout(() => visit.expire(), REGISTERED_WITHIN_MS);
      const end = (reason: MemberDown) => {
        visit.end(reason);
        subscriber.complete();
      };
      const reading = session.received.subscribe({
        next: ({ message }) => {
          if (message.type === 'tracker') visit.hear(message.message);
          else session.destroy(new P2pError('protocol', `${message.type} to a tracker`));
        },
        complete: () => end('stopped'),
        error: () => end('lost'),
      });
      return () => {
        clearTimeout(late);
        this.#sessions.delete(session);
        reading.unsubscribe();
      };
    });
  }
}
