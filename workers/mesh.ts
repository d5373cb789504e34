/**
 * Keeps one proven link with every peer it is told to dial or that dials it, and tells catalogues both ways.
 *
 * It does not choose whom to dial, does not retry, and keeps no catalogue of others: it judges their rows and
 * hands them on. It waits for nothing but sockets: a peer that does not read holds up its own link only.
 * A restart loses every link; the others see them lost, and whoever owns this actor dials again and is told
 * each catalogue anew.
 */
import {
  catchError,
  concat,
  defer,
  EMPTY,
  expand,
  filter,
  from,
  map,
  merge,
  type Observable,
  of,
  race,
  takeWhile,
  timer,
} from 'rxjs';
import type { Actor } from '#src/actor/actor.js';
import { inThread } from '#src/actor/in-thread.js';
import type { CataloguePage, CatalogueRow, RowKey } from '#src/domain/catalogue.js';
import { type ErrorRecord, type P2pError, toRecord } from '#src/domain/errors.js';
import type { Instance, PeerId } from '#src/domain/ids.js';
import {
  type DownReason,
  type Link,
  type LinkEffect,
  type LinkEvent,
  linkOf,
  noLinks,
  refusalOf,
  step,
  type Target,
} from '#src/domain/links.js';
import type { Ports } from '#src/domain/ports.js';
import type { Place } from '#src/domain/self.js';
import { unreachable } from '#src/domain/unreachable.js';
import { type LineEvent, Lines } from '#src/io/lines.js';
import { dialLink } from '#src/io/link.js';
import { type Heard, listenForSessions } from '#src/io/listener.js';
import type { Session } from '#src/io/session.js';

export type Init = Place & {
  readonly pingMs: number;
  readonly deadAfterMs: number;
  /** Peers that get no link. */
  readonly refused: readonly PeerId[];
  /** What this peer offers at the start of this life. */
  readonly catalogue: readonly CatalogueRow[];
};

export type { DownReason, RowKey };

export type In =
  /** Dials a peer's port N. With `expect`, any other identity is refused before a frame is sent. */
  | {
      readonly type: 'dial';
      readonly host: string;
      readonly port: number;
      readonly expect?: PeerId;
    }
  | { readonly type: 'close-link'; readonly peerId: PeerId; readonly reason: DownReason }
  /** Asks a linked peer for a sign of life now; silence ends the link. */
  | { readonly type: 'probe'; readonly peerId: PeerId }
  /** The whole list of peers that get no link; it replaces the one before. */
  | { readonly type: 'refuse'; readonly peers: readonly PeerId[] }
  | {
      readonly type: 'offer';
      readonly changed: readonly CatalogueRow[];
      readonly removed: readonly RowKey[];
    };

export type Out =
  | { readonly type: 'listening'; readonly port: number }
  /** Proven over TLS. `host` is where it can be dialled. */
  | {
      readonly type: 'link-up';
      readonly peerId: PeerId;
      readonly name: string;
      readonly host: string;
      readonly ports: Ports;
      readonly instance: Instance;
      readonly dialled: boolean;
    }
  | { readonly type: 'link-down'; readonly peerId: PeerId; readonly reason: DownReason }
  | {
      readonly type: 'dial-failed';
      readonly host: string;
      readonly port: number;
      readonly expect?: PeerId;
      readonly error: ErrorRecord;
    }
  /** A linked peer's offer. `fresh`: forget what it offered before. `complete`: nothing more for now. */
  | ({ readonly type: 'offered'; readonly peerId: PeerId } & CataloguePage)
  | { readonly type: 'trouble'; readonly error: ErrorRecord };

/** A goodbye leaves in a round trip, or it is not read at all. */
const FLUSH_MS = 1000;

/** A round trip over a bad wireless link, several times over. */
const PROBE_MS = 2000;

const PLATFORM = process.platform === 'win32' ? 'win32' : 'posix';

/** What the actor turns on: what reaches it, what follows from that, and what it says. */
type Turn =
  | { readonly type: 'ordered'; readonly order: In }
  | { readonly type: 'heard'; readonly heard: Heard }
  | { readonly type: 'dialled'; readonly session: Session; readonly target: Target }
  | LineEvent
  | { readonly type: 'said'; readonly out: Out }
  | { readonly type: 'flushed' };

export const mesh: Actor<Init, In, Out> = (init, inbox) =>
  defer(() => {
    const life = new MeshLife(init);
    const doorway = listenForSessions(init, {
      ...init,
      roles: ['link'],
      refuses: (peer) => life.refusal(peer) !== undefined,
    });
    const orders = inbox.pipe(map((order): Turn => ({ type: 'ordered', order })));
    return merge(
      concat(orders, of(linkTurn({ type: 'stop' }))),
      doorway.pipe(map((heard): Turn => ({ type: 'heard', heard }))),
    ).pipe(
      expand((turn) => life.take(turn)),
      takeWhile((turn) => turn.type !== 'flushed'),
      filter((turn) => turn.type === 'said'),
      map((turn) => turn.out),
    );
  });

/** One life of the mesh: a turn in, what follows from it out. */
class MeshLife {
  readonly #init: Init;
  readonly #lines: Lines;
  #links: ReturnType<typeof noLinks>;

  constructor(init: Init) {
    this.#init = init;
    this.#lines = new Lines(init.catalogue, PLATFORM);
    this.#links = noLinks(init.self.peerId, init.refused);
  }

  refusal(peer: PeerId): P2pError | undefined {
    return refusalOf(this.#links, peer);
  }

  take(turn: Turn): Observable<Turn> {
    switch (turn.type) {
      case 'ordered':
        return this.#obey(turn.order);
      case 'heard':
        return this.#greet(turn.heard);
      case 'dialled':
        return this.#open(turn.session, turn.target);
      case 'link':
        return this.#step(turn.event);
      case 'told':
        return say(turn.told);
      case 'said':
      case 'flushed':
        return EMPTY;
      default:
        return unreachable(turn);
    }
  }

  #obey(order: In): Observable<Turn> {
    switch (order.type) {
      case 'dial': {
        const { type, ...target } = order;
        return this.#step({ type, target });
      }
      case 'close-link':
        return this.#step({ ...order, type: 'close' });
      case 'refuse':
        return this.#step(order);
      case 'probe': {
        const link = linkOf(this.#links, order.peerId);
        if (link !== undefined) this.#lines.probe(link, PROBE_MS);
        return EMPTY;
      }
      case 'offer':
        this.#lines.offer(order.changed, order.removed);
        return EMPTY;
      default:
        return unreachable(order);
    }
  }

  #greet(heard: Heard): Observable<Turn> {
    switch (heard.type) {
      case 'listening':
        return say(heard);
      case 'session':
        return this.#open(heard.session);
      case 'turned-away':
        // Anybody can knock as often as admission lets him: a line for each would be his to write.
        return EMPTY;
      default:
        return unreachable(heard);
    }
  }

  #open(session: Session, target?: Target): Observable<Turn> {
    const link = this.#lines.open(session, target?.host);
    const opened: LinkEvent = { type: 'opened', link, ...(target && { target }) };
    return merge(this.#step(opened), this.#lines.gone(link));
  }

  #step(event: LinkEvent): Observable<Turn> {
    const { state, effects } = step(this.#links, event, performance.now());
    this.#links = state;
    const following = effects.map((effect) => defer(() => this.#carryOut(effect)));
    return event.type === 'stop' ? concat(...following, this.#flushed()) : merge(...following);
  }

  #carryOut(effect: LinkEffect): Observable<Turn> {
    switch (effect.type) {
      case 'connect':
        return this.#connect(effect.target);
      case 'tell-failed':
        return say({ type: 'dial-failed', ...effect.target, error: effect.error });
      case 'tell-up':
        return this.#sayUp(effect.link);
      case 'tell-down':
        return say({ type: 'link-down', peerId: effect.peerId, reason: effect.reason });
      case 'adopt':
        return this.#lines.adopt(effect.link);
      case 'hold':
        return this.#lines.hold(effect.link);
      case 'close':
        this.#lines.close(effect.link);
        return EMPTY;
      default:
        return unreachable(effect);
    }
  }

  #connect(target: Target): Observable<Turn> {
    return dialLink(target, { ...this.#init, refusal: (peer) => this.refusal(peer) }).pipe(
      map((session): Turn => ({ type: 'dialled', session, target })),
      catchError((error: unknown) =>
        of(linkTurn({ type: 'dial-failed', target, error: toRecord(error) })),
      ),
    );
  }

  #sayUp(link: Link): Observable<Turn> {
    const hello = this.#lines.helloOf(link);
    if (hello === undefined) return EMPTY;
    const { peerId, host, instance, dialled } = link;
    const { name, ports } = hello;
    return say({ type: 'link-up', peerId, name, host, ports, instance, dialled });
  }

  #flushed(): Observable<Turn> {
    return race(from(this.#lines.closed()), timer(FLUSH_MS)).pipe(
      map((): Turn => ({ type: 'flushed' })),
    );
  }
}

function say(out: Out): Observable<Turn> {
  return of({ type: 'said', out });
}

function linkTurn(event: LinkEvent): Turn {
  return { type: 'link', event };
}

export default inThread(mesh);
