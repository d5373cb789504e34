/**
 * The mesh over the links there are: hands the neighbourhood what its neighbours say and when links come and go, posts
 * its words, and asks for a link to whoever has none.
 */
import {
  EMPTY,
  from,
  map,
  merge,
  type Observable,
  of,
  Subject,
  startWith,
  switchMap,
  timer,
} from 'rxjs';
import { P2pError } from '#src/domain/errors.js';
import type { PeerId } from '#src/domain/ids.js';
import type { Contact } from '#src/domain/mesh/membership-message.js';
import type { MeshNews, PassingWord, Saying } from '#src/domain/mesh/said-news.js';
import type { DownReason } from '#src/domain/peers/link-news.js';
import type { Link, LinkEvent } from '#src/domain/peers/links-state.js';
import type { Standing } from '#src/domain/peers/standing.js';
import { QUERY_LIMITS, type Question } from '#src/domain/query/query.js';
import type { Reached } from '#src/domain/send/send-offer.js';
import type { MeshMessage } from '#src/wire/mesh-message.js';
import type { Lines } from './lines.js';
import { type MeshWord, Neighbourhood, type NeighbourhoodOptions } from './neighbourhood.js';
import { Outbox } from './outbox.js';

/** Words of the mesh to those with whom there is no link yet. */
const BEGINNINGS: ReadonlySet<MeshMessage['type']> = new Set(['neighbour', 'shuffle-answer']);

export type MeshTurn =
  | { readonly type: 'told'; readonly told: MeshNews }
  | { readonly type: 'link'; readonly event: LinkEvent }
  /** Something of the mesh is due. */
  | { readonly type: 'ticked' };

export type MeshTalkOptions = Omit<NeighbourhoodOptions, 'roundTripMs'>;

export class MeshTalk {
  readonly #port: number;
  readonly #lines: Lines;
  readonly #linkTo: (peer: PeerId) => Link | undefined;
  readonly #neighbourhood: Neighbourhood;
  readonly #outbox = new Outbox();
  /** Emits when something else may be due next. */
  readonly #touched = new Subject<void>();

  /** @param linkTo by which link a peer is reached now */
  constructor(options: MeshTalkOptions, lines: Lines, linkTo: (peer: PeerId) => Link | undefined) {
    this.#lines = lines;
    this.#linkTo = linkTo;
    this.#port = options.self.ports.mesh;
    this.#neighbourhood = new Neighbourhood({
      ...options,
      roundTripMs: (peer) => this.#roundTripMs(peer),
    });
  }

  /** What time brings; begins once and never ends. */
  ticks(): Observable<MeshTurn> {
    const due = () => timer(Math.max(0, this.#neighbourhood.dueAt - performance.now()));
    return this.#touched.pipe(
      startWith(undefined),
      switchMap(due),
      map((): MeshTurn => ({ type: 'ticked' })),
    );
  }

  /** After `ticked`. */
  tick(): Observable<MeshTurn> {
    return this.#utter(this.#neighbourhood.tick());
  }

  /** Who is preferred as a neighbour. */
  trust(peers: readonly PeerId[]): void {
    this.#neighbourhood.trust(peers);
  }

  /** Somebody announces himself, and how he stands in the mesh. */
  announced(contact: Contact, standing: Standing): Observable<MeshTurn> {
    return this.#utter(this.#neighbourhood.announced(contact, standing));
  }

  /** To everybody. */
  say(saying: Saying): Observable<MeshTurn> {
    return this.#utter(this.#neighbourhood.say(saying));
  }

  /** Asks everybody, and says by which addresses this peer is reached: those that its links use. */
  ask(question: Question): Observable<MeshTurn> {
    return this.#utter(this.#neighbourhood.ask({ ...question, ...this.#reached }));
  }

  /** What everybody hears and nobody keeps. Whoever takes an offer says so to its sender, linked or not. */
  pass(word: PassingWord): Observable<MeshTurn> {
    const said =
      word.kind === 'offer' ? { ...word, offer: { ...word.offer, at: this.#reached } } : word;
    return this.#utter(this.#neighbourhood.pass(said));
  }

  get #reached(): Reached {
    return { port: this.#port, hosts: this.#lines.localHosts.slice(0, QUERY_LIMITS.hosts) };
  }

  linked(link: Link): Observable<MeshTurn> {
    const contact = this.#lines.contactOf(link);
    if (contact === undefined) return EMPTY;
    const uttered = this.#utter(this.#neighbourhood.linked(contact));
    for (const message of this.#outbox.take(link.peerId)) this.#lines.post(link, message);
    return uttered;
  }

  /** @param reason why there is no link with it any more. */
  unlinked(peer: PeerId, reason: DownReason): Observable<MeshTurn> {
    return this.#utter(this.#neighbourhood.unlinked(peer, reason));
  }

  /** A dial led nowhere; on our behalf perhaps. */
  unreachable(peer: PeerId): Observable<MeshTurn> {
    return this.#outbox.drop(peer) ? this.#utter(this.#neighbourhood.unreachable(peer)) : EMPTY;
  }

  /** What neighbours are told while they still have the link that an event is about to end. */
  goodbyes(event: LinkEvent): Observable<MeshTurn> {
    if (event.type === 'stop') return this.#utter(this.#neighbourhood.leave());
    return event.type === 'refuse' ? this.#utter(this.#neighbourhood.refuse(event.peers)) : EMPTY;
  }

  hear(link: Link, message: MeshMessage): Observable<MeshTurn> {
    const from = this.#lines.contactOf(link);
    if (from === undefined) return EMPTY;
    try {
      return this.#utter(this.#neighbourhood.heard(from, message));
    } catch (error) {
      // A fault of ours is for who restarts this, and none of the peer's.
      if (!(error instanceof P2pError)) throw error;
      this.#lines.cut(link, error);
      return EMPTY;
    }
  }

  #roundTripMs(peer: PeerId): number | undefined {
    const link = this.#linkTo(peer);
    return (link && this.#lines.trafficOf(link)?.leastRttMs) ?? undefined;
  }

  /** Carries out what the mesh wants said. */
  #utter(words: readonly MeshWord[]): Observable<MeshTurn> {
    this.#touched.next();
    return merge(
      ...words.map((word) =>
        word.type === 'news' ? news(word.news) : this.#post(word.to, word.message),
      ),
    );
  }

  /** Whoever has no link is dialled for what begins something; all else is for links that are there. */
  #post(to: Contact, message: MeshMessage): Observable<MeshTurn> {
    const link = this.#linkTo(to.peerId);
    if (link !== undefined) this.#lines.post(link, message);
    if (link !== undefined || !BEGINNINGS.has(message.type)) return EMPTY;
    this.#outbox.put(to.peerId, message);
    const target = { host: to.host, port: to.port, expect: to.peerId };
    return of({ type: 'link', event: { type: 'dial', target } });
  }
}

/** The links of neighbours come before those of others. */
function news(told: MeshNews): Observable<MeshTurn> {
  const turn: MeshTurn = { type: 'told', told };
  if (told.type !== 'neighbour-up' && told.type !== 'neighbour-down') return of(turn);
  const { peerId } = told;
  const isOne = told.type === 'neighbour-up';
  return from<MeshTurn[]>([{ type: 'link', event: { type: 'neighbour', peerId, isOne } }, turn]);
}
