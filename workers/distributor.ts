/**
 * Distributor: gives the chunks held here to random other peers, round by round, until each chunk has enough
 * copies elsewhere. It does not decide what is held or who is up, and never fetches.
 * It may block on nothing but the disk and other peers' answers, each with a deadline.
 * When it restarts, the chunk in flight is lost and given again; what others hold is learned anew.
 */
import {
  catchError,
  concatMap,
  defer,
  delay,
  EMPTY,
  endWith,
  exhaustMap,
  finalize,
  from,
  ignoreElements,
  interval,
  merge,
  mergeMap,
  type Observable,
  of,
  Subject,
  take,
  takeUntil,
  tap,
  timer,
} from 'rxjs';
import type { Actor } from '#src/actor/actor.js';
import { inThread } from '#src/actor/in-thread.js';
import type { Ranges } from '#src/domain/chunk-set.js';
import type { ContentSource } from '#src/domain/content-source.js';
import { Distribution, type Gift } from '#src/domain/distribution.js';
import { type ErrorRecord, P2pError, toRecord } from '#src/domain/errors.js';
import type { ContentId, PeerId } from '#src/domain/ids.js';
import type { Place } from '#src/domain/self.js';
import { unreachable } from '#src/domain/unreachable.js';
import { type Address, giveTo } from '#src/io/giver.js';
import { HeldContents } from '#src/io/held-contents.js';
import { listenForSessions } from '#src/io/listener.js';
import type { Session } from '#src/io/session.js';

export type Init = Place & {
  readonly manifests: string;
  readonly intervalMs: number;
  /** How many peers besides one holder are to hold each chunk. */
  readonly copies: number;
  /** Bytes given in one round at most. */
  readonly roundBytes: number;
  readonly refused: readonly PeerId[];
  readonly pingMs: number;
  readonly deadAfterMs: number;
};

export type In =
  | {
      readonly type: 'hold';
      readonly id: ContentId;
      readonly name: string;
      readonly source: ContentSource;
    }
  | { readonly type: 'let-go'; readonly id: ContentId }
  | { readonly type: 'chunks-added'; readonly id: ContentId; readonly ranges: Ranges }
  /** A peer that can be given chunks; `port` is its receiver's (N+3). */
  | {
      readonly type: 'peer-up';
      readonly peerId: PeerId;
      readonly host: string;
      readonly port: number;
    }
  | { readonly type: 'peer-down'; readonly peerId: PeerId }
  /** What a peer's catalogue says it holds of a content: `have` of all its chunks, 0 when it let go. */
  | {
      readonly type: 'peer-holds';
      readonly peerId: PeerId;
      readonly id: ContentId;
      readonly have: number;
    }
  | { readonly type: 'refuse'; readonly peers: readonly PeerId[] };

export type Out =
  | { readonly type: 'listening'; readonly port: number }
  | {
      readonly type: 'round-done';
      /** Chunks and bytes given in this round; chunks held here that still have too few copies. */
      readonly sent: number;
      readonly bytes: number;
      readonly belowTarget: number;
    }
  | { readonly type: 'content-stale'; readonly id: ContentId }
  | { readonly type: 'trouble'; readonly error: ErrorRecord };

/** Two fill a gigabit link while one waits for a disk; more only compete. */
const PEERS_AT_ONCE = 2;

/** How long the chunk in hand may take to be finished once the actor is asked to stop. */
const FINISH_MS = 1000;

/** A goodbye needs a moment to leave before the port and all its connections are closed. */
const GOODBYE_MS = 50;

export const distributor: Actor<Init, In, Out> = (init, inbox) =>
  defer(() => {
    const stopping = new Subject<void>();
    const spreader = new Spreader(init);
    const rounds = interval(init.intervalMs).pipe(
      takeUntil(stopping),
      exhaustMap(() => spreader.round()),
    );
    const given = new Subject<void>();
    const finishedRounds = rounds.pipe(finalize(() => given.next()));
    const ended = stopping.pipe(
      tap(() => spreader.end()),
      mergeMap(() => merge(timer(FINISH_MS), given)),
      take(1),
      delay(GOODBYE_MS),
    );
    const heard = inbox.pipe(
      concatMap((message) => spreader.hear(message)),
      tap({ complete: () => stopping.next() }),
    );
    return merge(
      merge(spreader.said, status(init, spreader), finishedRounds).pipe(takeUntil(ended)),
      heard,
    ).pipe(finalize(() => spreader.drop()));
  });

/** What is held and where, who is up, and the sessions that are open. */
class Spreader {
  readonly said = new Subject<Out>();
  readonly #init: Init;
  readonly #distribution: Distribution;
  readonly #held: HeldContents;
  readonly #addresses = new Map<PeerId, Address>();
  readonly #sessions = new Set<Session>();
  #refused: ReadonlySet<PeerId>;
  #isEnding = false;

  constructor(init: Init) {
    this.#init = init;
    this.#distribution = new Distribution(init, Math.random);
    this.#held = new HeldContents(init.manifests);
    this.#refused = new Set(init.refused);
  }

  hear(message: In): Observable<never> {
    if (message.type === 'hold') {
      return from(this.#hold(message)).pipe(ignoreElements());
    }
    this.#note(message);
    return EMPTY;
  }

  /** One round: what is planned is given, two peers at once, then it is told how it went. */
  round(): Observable<Out> {
    const tally = { sent: 0, bytes: 0 };
    const gifts = this.#distribution.nextRound();
    return from(gifts).pipe(
      mergeMap((gift) => this.#give(gift, tally), PEERS_AT_ONCE),
      endWith(undefined),
      mergeMap(() =>
        of<Out>({ type: 'round-done', ...tally, belowTarget: this.#distribution.belowTarget }),
      ),
    );
  }

  /** Sessions say goodbye after the chunk in hand. */
  end(): void {
    this.#isEnding = true;
  }

  /** Ends whatever is still open. */
  drop(): void {
    this.#isEnding = true;
    for (const session of this.#sessions) session.destroy();
    void this.#held.close();
  }

  refuses(peerId: PeerId): boolean {
    return this.#refused.has(peerId);
  }

  #note(message: Exclude<In, { type: 'hold' }>): void {
    const { holdings } = this.#distribution;
    switch (message.type) {
      case 'let-go':
        this.#letGo(message.id);
        break;
      case 'chunks-added':
        holdings.addOwn(message.id, message.ranges);
        break;
      case 'peer-up':
        this.#addresses.set(message.peerId, { host: message.host, port: message.port });
        holdings.peerUp(message.peerId);
        break;
      case 'peer-down':
        this.#addresses.delete(message.peerId);
        this.#distribution.peerDown(message.peerId);
        break;
      case 'peer-holds':
        holdings.peerHolds(message.peerId, message.id, message.have);
        break;
      case 'refuse':
        this.#refuse(message.peers);
        break;
      default:
        unreachable(message);
    }
  }

  async #hold({ id, name, source }: Extract<In, { type: 'hold' }>): Promise<void> {
    const lengths = await this.#held.hold(id, source);
    if (lengths !== undefined) {
      const all = lengths.length === 0 ? [] : [0, lengths.length];
      const have = source.kind === 'share' ? all : source.have;
      this.#distribution.holdings.hold(id, name, lengths, have);
      return;
    }
    const message = `The manifest of "${name}" is missing: it is not spread.`;
    this.said.next({ type: 'trouble', error: { code: 'damaged', message } });
  }

  #give(gift: Gift, tally: { sent: number; bytes: number }): Observable<never> {
    return defer(async () => {
      try {
        await this.#giveOver(gift, tally);
      } catch (error) {
        if (isOurs(error)) this.said.next({ type: 'trouble', error: toRecord(error) });
        // Out of reach or out of order: a peer like one that refuses.
        else if (!this.#isEnding) this.#distribution.refused(gift.peerId);
      }
    }).pipe(ignoreElements());
  }

  async #giveOver(gift: Gift, tally: { sent: number; bytes: number }): Promise<void> {
    const address = this.#addresses.get(gift.peerId);
    if (address === undefined || this.#isEnding) return;
    await giveTo(address, this.#init, gift, {
      sessions: this.#sessions,
      distribution: this.#distribution,
      open: (id) => this.#held.open(id),
      onStale: (id) => this.#stale(id),
      onGiven: (bytes) => {
        tally.sent += 1;
        tally.bytes += bytes;
      },
      isEnding: () => this.#isEnding || !this.#addresses.has(gift.peerId),
    });
  }

  #stale(id: ContentId): void {
    this.#letGo(id);
    this.said.next({ type: 'content-stale', id });
  }

  #letGo(id: ContentId): void {
    this.#held.letGo(id);
    this.#distribution.holdings.letGo(id);
  }

  #refuse(peers: readonly PeerId[]): void {
    this.#refused = new Set(peers);
    for (const session of this.#sessions) {
      if (this.#refused.has(session.peerId)) session.destroy();
    }
  }
}

/** Port N+2: sessions that are only kept alive. What is given is acknowledged where it is given. */
function status(init: Init, spreader: Spreader): Observable<Out> {
  const { pingMs, deadAfterMs } = init;
  return listenForSessions(init, {
    pingMs,
    deadAfterMs,
    roles: ['status'],
    refuses: (peer) => spreader.refuses(peer),
  }).pipe(
    mergeMap((heard): Observable<Out> => {
      if (heard.type === 'listening') return of(heard);
      if (heard.type === 'turned-away') return EMPTY;
      return heard.session.received.pipe(
        ignoreElements(),
        catchError(() => EMPTY),
      );
    }),
  );
}

/** What our own disk said, as against the other peer. */
function isOurs(error: unknown): boolean {
  return !(error instanceof P2pError);
}

export default inThread(distributor);
