/** Keeps this peer registered with one tracker: carries out what `domain/tracker/tracker-client.ts` decides. */
import { Observable, type Subscriber } from 'rxjs';
import { type ErrorRecord, P2pError, toRecord } from '#src/domain/errors.js';
import { hostPortText } from '#src/domain/host-port.js';
import type { PeerId } from '#src/domain/ids.js';
import type { Self } from '#src/domain/peers/self.js';
import { type TrackerAddress, trackerText } from '#src/domain/tracker/tracker-address.js';
import {
  newTracker,
  stepTracker,
  type TrackerEffect,
  type TrackerEvent,
  type TrackerState,
} from '#src/domain/tracker/tracker-client.js';
import type { Member, NetworkTag, TrackerMessage } from '#src/domain/tracker/tracker-message.js';
import {
  newStanding,
  standingAfter,
  type TrackerStanding,
} from '#src/domain/tracker/tracker-standing.js';
import { unreachable } from '#src/domain/unreachable.js';
import type { Session } from '#src/io/net/session.js';
import { openTrackerLine, type TrackerLineOptions, turnedDown } from './tracker-line.js';

export type TrackerClientOptions = Omit<TrackerLineOptions, 'pingMs' | 'deadAfterMs'> & {
  readonly self: Self;
  readonly flag: string;
  readonly network: NetworkTag;
  readonly heartbeatMs: number;
};

export type TrackerHeard =
  /** Where others may be: no more than hints. */
  | { readonly type: 'members-heard'; readonly members: readonly Member[] }
  /** Somebody was there for the first time, and is expected there from now on. `address`: HOST:PORT. */
  | { readonly type: 'tracker-met'; readonly address: string; readonly peerId: PeerId }
  /** How this peer stands with a tracker: at the start, and whenever it may have changed. */
  | ({ readonly type: 'tracker-standing' } & TrackerStanding)
  /** What the user should know of. */
  | { readonly type: 'trouble'; readonly error: ErrorRecord };

const BEATS_MISSED = 3;

/** A goodbye leaves in a round trip, or is not read at all. */
const GOODBYE_MS = 1000;

export class TrackerClient {
  readonly #tracker: TrackerAddress;
  readonly #options: TrackerClientOptions;
  #state: TrackerState = newTracker(performance.now());
  #standing: TrackerStanding;
  readonly #members = new Set<PeerId>();
  #known: PeerId | undefined;
  #session: Session | undefined;
  #timer: NodeJS.Timeout | undefined;
  #hearer: Subscriber<TrackerHeard> | undefined;
  #isOver = false;

  constructor(tracker: TrackerAddress, options: TrackerClientOptions) {
    this.#tracker = tracker;
    this.#options = options;
    this.#standing = newStanding(hostPortText(tracker));
    this.#known = options.known;
  }

  /** Dials and goes on for as long as it is subscribed to, once. Never completes by itself. */
  heard(): Observable<TrackerHeard> {
    return new Observable((subscriber) => {
      this.#hearer = subscriber;
      subscriber.next({ type: 'tracker-standing', ...this.#standing });
      this.#take({ type: 'due' });
      return () => {
        this.#end();
        this.#session?.destroy();
      };
    });
  }

  /** Says goodbye. Resolves once that has left, or has had its time. */
  async leave(): Promise<void> {
    this.#end();
    const session = this.#session;
    if (session === undefined) return;
    session.close();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, GOODBYE_MS);
    });
    await Promise.race([session.closed, late]);
    clearTimeout(timer);
  }

  #end(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
  }

  #take(event: TrackerEvent): void {
    if (this.#isOver) return;
    const { heartbeatMs, self } = this.#options;
    const settings = { self: self.peerId, heartbeatMs };
    const now = performance.now();
    const { state, effects } = stepTracker(this.#state, event, settings, now, Math.random());
    this.#state = state;
    this.#tellStanding(event);
    for (const effect of effects) this.#carryOut(effect);
    clearTimeout(this.#timer);
    const { dueAt } = this.#state;
    if (dueAt === Number.POSITIVE_INFINITY) return;
    this.#timer = setTimeout(() => this.#take({ type: 'due' }), Math.max(1, dueAt - now));
  }

  #carryOut(effect: TrackerEffect): void {
    switch (effect.type) {
      case 'dial':
        this.#dial().catch((error: unknown) =>
          this.#take({ type: 'failed', error: toRecord(error) }),
        );
        return;
      case 'ask':
        return this.#say({ type: 'alive' });
      case 'hint':
        return this.#hearer?.next({ type: 'members-heard', members: effect.members });
      case 'tell-away':
        return this.#trouble(effect.error.code, `${effect.error.message}; it is tried again`);
      case 'tell-back':
        return this.#trouble('tracker-back', `The tracker ${this.#where} is back`);
      case 'hang-up':
        return this.#session?.destroy(new P2pError('protocol', 'a tracker that talks unasked'));
      default:
        return unreachable(effect);
    }
  }

  async #dial(): Promise<void> {
    const { heartbeatMs, flag, network, self } = this.#options;
    const { session, host } = await openTrackerLine(this.#tracker, {
      ...this.#options,
      known: this.#known,
      pingMs: heartbeatMs,
      deadAfterMs: BEATS_MISSED * heartbeatMs,
    });
    if (this.#isOver) return session.destroy();
    this.#session = session;
    this.#meet(session.peerId);
    this.#take({ type: 'registered', host });
    this.#read(session);
    this.#say({ type: 'register', flag, network, port: self.ports.mesh });
  }

  /** Whoever is there when the user has not said who is to be there, is expected from now on. */
  #meet(peerId: PeerId): void {
    if (this.#known === peerId) return;
    this.#known = peerId;
    this.#hearer?.next({ type: 'tracker-met', address: this.#where, peerId });
    if (this.#tracker.peerId !== undefined) return;
    const pinned = trackerText(peerId, this.#tracker);
    this.#trouble(
      'tracker-unpinned',
      `the tracker ${this.#where} is trusted as it was met first, with the id ${peerId}: compare it with what the tracker shows, and give --tracker ${pinned}`,
    );
  }

  #read(session: Session): void {
    let last: P2pError | undefined;
    session.received.subscribe({
      next: ({ message }) => {
        if (message.type !== 'tracker') {
          session.destroy(
            new P2pError('protocol', `the tracker ${this.#where} said ${message.type}`),
          );
        } else if (message.message.type === 'members') {
          this.#take({ type: 'members', members: message.message.members });
        } else if (message.message.type === 'turned-down') {
          last = turnedDown(this.#tracker, message.message.reason);
        } else {
          const { type } = message.message;
          session.destroy(new P2pError('protocol', `the tracker ${this.#where} said ${type}`));
        }
      },
      complete: () => this.#lost(last ?? this.#ended('it stopped')),
      error: (error: Error) => this.#lost(last ?? this.#ended(error.message)),
    });
  }

  #lost(error: P2pError): void {
    this.#session = undefined;
    this.#take({ type: 'failed', error: toRecord(error) });
  }

  #ended(why: string): P2pError {
    return new P2pError('unreachable', `the tracker ${this.#where} is away: ${why}`);
  }

  #say(message: TrackerMessage): void {
    this.#session?.send({ type: 'tracker', message });
  }

  #tellStanding(event: TrackerEvent): void {
    const standing = standingAfter(this.#standing, event, this.#members, this.#options.self.peerId);
    if (standing === this.#standing) return;
    this.#standing = standing;
    this.#hearer?.next({ type: 'tracker-standing', ...standing });
  }

  #trouble(code: string, message: string): void {
    this.#hearer?.next({ type: 'trouble', error: { code, message } });
  }

  get #where(): string {
    return hostPortText(this.#tracker);
  }
}
