/**
 * Keeps one proven link with every peer it is told to dial or that dials it, tells catalogues both ways, and over some
 * of the links keeps the mesh together, over which messages reach everybody.
 *
 * It does not choose whom to dial, does not retry, and keeps no catalogue of others: it judges their rows and
 * hands them on. It waits for nothing but sockets: a peer that does not read holds up its own link only.
 * A restart loses every link; the others see them lost, and whoever owns this actor dials again and is told
 * each catalogue anew.
 */
import {
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
  takeWhile,
} from 'rxjs';
import type { Actor } from '#src/actor/actor.js';
import { inThread } from '#src/actor/in-thread.js';
import type { CatalogueRow, RowKey } from '#src/domain/catalogue/catalogue.js';
import type { PeerId } from '#src/domain/ids.js';
import type { Contact } from '#src/domain/mesh/membership-message.js';
import type { PassingWord, Saying } from '#src/domain/mesh/said-news.js';
import type { DialTarget, DownReason } from '#src/domain/peers/link-news.js';
import type { LinkEvent } from '#src/domain/peers/links-state.js';
import type { Place } from '#src/domain/peers/self.js';
import type { Standing } from '#src/domain/peers/standing.js';
import type { Question } from '#src/domain/query/query.js';
import { unreachable } from '#src/domain/unreachable.js';
import type { Errand } from '#src/io/mesh/errands.js';
import { type KeeperOptions, LinkKeeper } from '#src/io/mesh/link-keeper.js';
import { measureTurns } from '#src/io/mesh/link-measures.js';
import { type LinkTold, type LinkTurn, linkTurn } from '#src/io/mesh/link-turn.js';
import { type Heard, listenForSessions } from '#src/io/net/listener.js';
import type { Session } from '#src/io/net/session.js';
import type { DirectMessage } from '#src/wire/direct-message.js';

export type Init = Place & KeeperOptions;

export type { DownReason, RowKey };

export type In =
  | ({ readonly type: 'dial' } & DialTarget)
  | { readonly type: 'close-link'; readonly peerId: PeerId; readonly reason: DownReason }
  /** Asks a linked peer for a sign of life now; silence ends the link. */
  | { readonly type: 'probe'; readonly peerId: PeerId }
  /** The whole list of peers that get no link; it replaces the one before. */
  | { readonly type: 'refuse'; readonly peers: readonly PeerId[] }
  /** The whole list of peers that come before others for a link; it replaces the one before. */
  | { readonly type: 'keep'; readonly peers: readonly PeerId[] }
  /** The whole list of trusted peers; it replaces the one before. */
  | { readonly type: 'trust'; readonly peers: readonly PeerId[] }
  /** Somebody announces himself: a hint of who could become a neighbour. */
  | ({ readonly type: 'announced'; readonly contact: Contact } & Standing)
  /** Says something to everybody; it is heard here too. */
  | ({ readonly type: 'say' } & Saying)
  /** Asks everybody to stop, or would send everybody something; it is heard here too. */
  | { readonly type: 'pass'; readonly word: PassingWord }
  /** Says something to a linked peer alone. */
  | { readonly type: 'tell'; readonly peerId: PeerId; readonly message: DirectMessage }
  /** Asks everybody; it is heard here too. */
  | ({ readonly type: 'ask' } & Question)
  /** Answers a question over the link with the asker, or by dialling him for that. */
  | ({ readonly type: 'answer' } & Errand)
  /** What this peer calls itself from now on. */
  | { readonly type: 'rename'; readonly name: string }
  /** One `offered` was dealt with: so many may be on their way, and no more. */
  | { readonly type: 'taken' }
  | {
      readonly type: 'offer';
      readonly changed: readonly CatalogueRow[];
      readonly removed: readonly RowKey[];
    };

export type Out =
  | { readonly type: 'listening'; readonly port: number }
  /**
   * What became of links, what the mesh over them brought, what was said here alone, and what the user should know of. A
   * linked peer's offer is to be answered with `taken`.
   */
  | LinkTold;

/** What the actor turns on: an order or a guest, and all that follows from it. */
type Turn =
  | { readonly type: 'ordered'; readonly order: In }
  | { readonly type: 'heard'; readonly heard: Heard }
  | { readonly type: 'said'; readonly out: Out }
  | LinkTurn;

export const mesh: Actor<Init, In, Out> = (init, inbox) =>
  defer(() => {
    const keeper = new LinkKeeper(init, process.platform === 'win32' ? 'win32' : 'posix');
    const guests = listenForSessions(init, {
      pingMs: init.pingMs,
      deadAfterMs: init.deadAfterMs,
      roles: ['link', 'answer'],
      refuses: (peer) => keeper.refusal(peer) !== undefined,
    });
    const orders = inbox.pipe(map((order): Turn => ({ type: 'ordered', order })));
    return merge(
      concat(orders, turnOn({ type: 'stop' })),
      keeper.mesh.ticks(),
      measureTurns(),
      guests.pipe(map((heard): Turn => ({ type: 'heard', heard }))),
    ).pipe(
      expand((turn) => follow(keeper, turn)),
      takeWhile((turn) => turn.type !== 'flushed'),
      filter((turn) => turn.type === 'said'),
      map((turn) => turn.out),
    );
  });

function follow(keeper: LinkKeeper, turn: Turn): Observable<Turn> {
  switch (turn.type) {
    case 'ordered':
      return obey(keeper, turn.order);
    case 'heard':
      return greet(turn.heard);
    case 'told':
      return from(withMeasures(keeper, turn.told)).pipe(map((out) => ({ type: 'said', out })));
    case 'said':
      return EMPTY;
    default:
      return keeper.take(turn);
  }
}

/** Whoever is asked about his links knows how they are at this moment. */
function withMeasures(keeper: LinkKeeper, told: LinkTold): readonly Out[] {
  const isAboutLinks = told.type === 'query-heard' && told.query.asked.about === 'topology';
  return isAboutLinks ? [keeper.measured, told] : [told];
}

function obey(keeper: LinkKeeper, order: In): Observable<Turn> {
  switch (order.type) {
    case 'dial': {
      const { type, ...target } = order;
      return turnOn({ type, target });
    }
    case 'close-link':
      return turnOn({ ...order, type: 'close' });
    case 'refuse':
    case 'keep':
      return turnOn(order);
    case 'say':
      return keeper.mesh.say(order);
    case 'pass':
      return keeper.mesh.pass(order.word);
    case 'announced':
      return keeper.mesh.announced(order.contact, order);
    case 'ask':
      return keeper.ask(order);
    case 'answer':
      return keeper.direct.answer(order);
    case 'trust':
    case 'tell':
    case 'rename':
    case 'probe':
    case 'taken':
    case 'offer':
      obeySilently(keeper, order);
      return EMPTY;
    default:
      return unreachable(order);
  }
}

type Silent = Extract<In, { type: 'trust' | 'tell' | 'rename' | 'probe' | 'taken' | 'offer' }>;

/** What comes of these is told later, if at all. */
function obeySilently(keeper: LinkKeeper, order: Silent): void {
  switch (order.type) {
    case 'trust':
      return keeper.mesh.trust(order.peers);
    case 'tell':
      return keeper.direct.tell(order.peerId, order.message);
    case 'rename':
      return keeper.rename(order.name);
    case 'probe':
      return keeper.probe(order.peerId);
    case 'taken':
      return keeper.taken();
    case 'offer':
      return keeper.offer(order.changed, order.removed);
    default:
      return unreachable(order);
  }
}

function greet(heard: Heard): Observable<Turn> {
  switch (heard.type) {
    case 'listening':
      return of({ type: 'said', out: heard });
    case 'session':
      return of({ type: isVisit(heard.session) ? 'visited' : 'opened', session: heard.session });
    case 'turned-away':
      // Anybody can knock as often as admission lets him: a line for each would be his to write.
      return EMPTY;
    default:
      return unreachable(heard);
  }
}

function isVisit({ peer }: Session): boolean {
  return peer.role === 'answer';
}

function turnOn(event: LinkEvent): Observable<Turn> {
  return of(linkTurn(event));
}

export default inThread(mesh);
