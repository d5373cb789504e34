/**
 * Receiver: takes the chunks that other peers distribute, proves each, and keeps them within a quota.
 * It does not fetch anything, and does not serve what it keeps: that is the transfer server's business.
 * It may block on the disk for as long as one chunk is written; the giver is paused meanwhile.
 * When it restarts, sessions break and the chunks in flight are lost; whatever was said to be kept is kept.
 */
import { mkdir } from 'node:fs/promises';
import {
  concat,
  defer,
  delay,
  EMPTY,
  filter,
  finalize,
  from,
  ignoreElements,
  merge,
  mergeMap,
  type Observable,
  of,
  Subject,
  startWith,
  switchMap,
  take,
  takeUntil,
  tap,
  timer,
} from 'rxjs';
import type { Actor } from '#src/actor/actor.js';
import { inThread } from '#src/actor/in-thread.js';
import type { ErrorRecord } from '#src/domain/errors.js';
import type { ContentId, PeerId } from '#src/domain/ids.js';
import { LIMITS } from '#src/domain/limits.js';
import { Convictions } from '#src/domain/peers/conviction.js';
import type { Place } from '#src/domain/peers/self.js';
import { unreachable } from '#src/domain/unreachable.js';
import { openManifestStore } from '#src/io/content/manifest-store.js';
import { createByteBudget } from '#src/io/memory/byte-budget.js';
import { Allowance } from '#src/io/net/allowance.js';
import { type Heard, listenForSessions } from '#src/io/net/listener.js';
import type { Session } from '#src/io/net/session.js';
import { Keeper } from '#src/io/spread/keeper.js';
import type { KeptNews } from '#src/io/spread/kept-contents.js';
import { Taker } from '#src/io/spread/taker.js';

export type Init = Place & {
  readonly manifests: string;
  /** The chunk store's folder: chunks by hash, and what is known of each kept content. */
  readonly store: string;
  readonly quotaBytes: number;
  /** Of the limits that all threads share. */
  readonly rates?: SharedArrayBuffer;
  /** Keep nothing new; what is kept stays and is served. */
  readonly enabled: boolean;
  /** What is true as this life begins, as if it had just been said. */
  readonly orders: readonly In[];
  readonly refused: readonly PeerId[];
  readonly pingMs: number;
  readonly deadAfterMs: number;
};

export type HolderCount = { readonly id: ContentId; readonly count: number };

export type In =
  /** How many other peers hold some of each content, as their catalogues say: what to evict first. */
  | { readonly type: 'holders'; readonly rows: readonly HolderCount[] }
  /** What this peer holds whole by itself and so need not keep. */
  | { readonly type: 'owned'; readonly id: ContentId; readonly owned: boolean }
  | { readonly type: 'refuse'; readonly peers: readonly PeerId[] };

export type Out =
  | { readonly type: 'listening'; readonly port: number }
  | KeptNews
  /** `poison`: a peer lied too often and nothing more is taken from it. Otherwise what the disk refused. */
  | { readonly type: 'trouble'; readonly error: ErrorRecord };

/** How long chunks in hand may take to be finished once the actor is asked to stop. */
const FINISH_MS = 1000;

/** A goodbye needs a moment to leave before the port and all its connections are closed. */
const GOODBYE_MS = 50;

export const receiver: Actor<Init, In, Out> = (init, inbox) =>
  defer(() => {
    const said = new Subject<Out>();
    const stopping = new Subject<void>();
    const manifests = openManifestStore(init.manifests);
    const keeper = new Keeper(init.store, manifests, init.quotaBytes, (event) => said.next(event));
    const givers = new Givers(init, keeper, said);

    const loaded = defer(async () => {
      await mkdir(init.store, { recursive: true });
      await keeper.load();
    }).pipe(ignoreElements());
    const ended = stopping.pipe(
      tap(() => givers.end()),
      switchMap(() => merge(timer(FINISH_MS), givers.whenNone())),
      take(1),
      delay(GOODBYE_MS),
    );
    const heard = concat(from(init.orders), inbox).pipe(
      tap({ next: (message) => hear(message, keeper, givers), complete: () => stopping.next() }),
      ignoreElements(),
    );
    return merge(merge(said, loaded, givers.sessions()).pipe(takeUntil(ended)), heard);
  });

function hear(message: In, keeper: Keeper, givers: Givers): void {
  switch (message.type) {
    case 'holders':
      for (const { id, count } of message.rows) keeper.setHolders(id, count);
      break;
    case 'owned':
      keeper.setOwned(message.id, message.owned);
      break;
    case 'refuse':
      givers.refuse(message.peers);
      break;
    default:
      unreachable(message);
  }
}

/** The sessions of all who give, and who of them is not listened to. */
class Givers {
  readonly #init: Init;
  readonly #keeper: Keeper;
  readonly #said: Subject<Out>;
  readonly #takers = new Map<Session, Taker>();
  readonly #left = new Subject<void>();
  readonly #convictions = new Convictions();
  readonly #allowance: Allowance;
  readonly #budget = createByteBudget(LIMITS.bytesInFlight);
  #refused: ReadonlySet<PeerId>;
  #isEnding = false;

  constructor(init: Init, keeper: Keeper, said: Subject<Out>) {
    this.#init = init;
    this.#keeper = keeper;
    this.#said = said;
    this.#allowance = new Allowance(init.rates, { direction: 'down', isBackground: true });
    this.#refused = new Set(init.refused);
  }

  sessions(): Observable<Out> {
    const { pingMs, deadAfterMs } = this.#init;
    return listenForSessions(this.#init, {
      pingMs,
      deadAfterMs,
      roles: ['give'],
      refuses: (peer) => this.#refuses(peer),
      onChunkBytes: (request, bytes, session) => this.#takers.get(session)?.bytes(request, bytes),
    }).pipe(mergeMap((heard) => this.#onHeard(heard)));
  }

  refuse(peers: readonly PeerId[]): void {
    this.#refused = new Set(peers);
    this.#dropRefused();
  }

  end(): void {
    this.#isEnding = true;
    for (const taker of this.#takers.values()) taker.end();
  }

  whenNone(): Observable<void> {
    return this.#left.pipe(
      startWith(undefined),
      filter(() => this.#takers.size === 0),
    );
  }

  #onHeard(heard: Heard): Observable<Out> {
    if (heard.type === 'listening') return of(heard);
    // Scanners and strangers come and go: nothing a user could do about them.
    if (heard.type === 'turned-away') return EMPTY;
    const { session } = heard;
    const taker = new Taker(session, {
      keeper: this.#keeper,
      isClosed: !this.#init.enabled,
      drawer: this.#allowance.drawer(session.peerId),
      budget: this.#budget,
      onLie: (isAttack) => this.#onLie(session.peerId, isAttack),
      onTrouble: (error) => this.#said.next({ type: 'trouble', error }),
    });
    this.#takers.set(session, taker);
    if (this.#isEnding) taker.end();
    return taker.run().pipe(
      finalize(() => {
        this.#takers.delete(session);
        this.#left.next();
      }),
    );
  }

  #onLie(peerId: PeerId, isAttack: boolean): void {
    if (!this.#convictions.convict(peerId, isAttack)) return;
    const why = isAttack ? 'offered a content made to attack' : 'sent wrong chunks three times';
    const message = `${peerId} ${why}: nothing more is taken from it until the next start.`;
    this.#said.next({ type: 'trouble', error: { code: 'poison', message } });
    this.#dropRefused();
  }

  #refuses(peerId: PeerId): boolean {
    return this.#refused.has(peerId) || this.#convictions.isBanned(peerId);
  }

  #dropRefused(): void {
    for (const session of this.#takers.keys()) {
      if (this.#refuses(session.peerId)) session.destroy();
    }
  }
}

export default inThread(receiver);
