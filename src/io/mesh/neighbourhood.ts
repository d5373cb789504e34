/**
 * The mesh over the links there are: who of those linked is a neighbour, and what neighbours say to each other. It has no
 * socket: whoever owns the links tells it of them and carries its words.
 */
import type { PeerId } from '#src/domain/ids.js';
import { AnnouncedPeers } from '#src/domain/mesh/announced-peers.js';
import { fromHere, withoutRefused } from '#src/domain/mesh/hearsay.js';
import { Membership } from '#src/domain/mesh/membership.js';
import type { MembershipEvent } from '#src/domain/mesh/membership-event.js';
import type { Contact, MembershipMessage } from '#src/domain/mesh/membership-message.js';
import { Returning } from '#src/domain/mesh/returning.js';
import type { MeshNews, PassingWord, Saying } from '#src/domain/mesh/said-news.js';
import type { DownReason } from '#src/domain/peers/link-news.js';
import { NO_STANDING, type Standing } from '#src/domain/peers/standing.js';
import type { Query } from '#src/domain/query/query.js';
import { unreachable } from '#src/domain/unreachable.js';
import type { MeshMessage } from '#src/wire/mesh-message.js';
import { markOfPeerId } from '#src/wire/peer-id.js';
import { Gossip, type GossipOptions } from './gossip.js';
import type { GossipWord } from './gossip-words.js';

/** Nobody can be dialled there: whoever hears of it from ourselves knows better where we are. */
const NOWHERE = '0.0.0.0';

/** What is to be done for it. */
export type MeshWord =
  | { readonly type: 'post'; readonly to: Contact; readonly message: MeshMessage }
  | { readonly type: 'news'; readonly news: MeshNews };

export type NeighbourhoodOptions = Omit<GossipOptions, 'isTrusted' | 'isLinked'> & {
  /** Who is no neighbour, whatever others say. */
  readonly refused: readonly PeerId[];
  readonly trusted: readonly PeerId[];
};

export class Neighbourhood {
  readonly #membership: Membership;
  readonly #returning = new Returning();
  readonly #gossip: Gossip;
  readonly #announced = new AnnouncedPeers(Math.random);
  readonly #neighbours = new Set<PeerId>();
  /** Where those can be reached who are linked. */
  readonly #contacts = new Map<PeerId, Contact>();
  #refused: ReadonlySet<PeerId>;
  #trusted: ReadonlySet<PeerId>;
  #standing: Standing = NO_STANDING;
  #words: MeshWord[] = [];

  constructor(options: NeighbourhoodOptions) {
    const now = performance.now();
    const { peerId, ports } = options.self;
    const { random } = Math;
    this.#refused = new Set(options.refused);
    this.#trusted = new Set(options.trusted);
    const self = { peerId, host: NOWHERE, port: ports.mesh };
    const isTrusted = (peer: PeerId) => this.#trusted.has(peer);
    this.#membership = new Membership({ self, random, isTrusted, now });
    const isLinked = (peer: PeerId) => this.#contacts.has(peer);
    this.#gossip = new Gossip({ ...options, isTrusted, isLinked });
  }

  /** When to tick next, monotonic milliseconds. */
  get dueAt(): number {
    const parts = [this.#membership, this.#announced, this.#returning, this.#gossip];
    return Math.min(...parts.map(({ dueAt }) => dueAt));
  }

  linked(contact: Contact): readonly MeshWord[] {
    this.#contacts.set(contact.peerId, contact);
    this.#returning.linked(contact);
    return this.#tellAll(this.#announced.linked(contact, performance.now()));
  }

  /** Somebody, linked or not, announces himself and how he stands: a hint. */
  announced(contact: Contact, standing: Standing): readonly MeshWord[] {
    if (this.#refused.has(contact.peerId)) return [];
    const linkedAt = this.#contacts.get(contact.peerId);
    const { component } = this.#standing;
    const here = { linkedAt, component, others: this.#membership.others };
    return this.#tellAll(this.#announced.announced(contact, standing, here, performance.now()));
  }

  /** @param reason why there is no link with it any more. */
  unlinked(peerId: PeerId, reason: DownReason): readonly MeshWord[] {
    this.#contacts.delete(peerId);
    this.#announced.lost(peerId);
    if (reason === 'stopped') return this.#tell({ type: 'left', peerId });
    this.#returning.lost(peerId);
    return this.#tell({ type: 'lost', peerId });
  }

  /** A dial on its behalf led nowhere. */
  unreachable(peerId: PeerId): readonly MeshWord[] {
    return this.#tell({ type: 'unreachable', peerId });
  }

  /** Who is no neighbour from now on, in place of those before. To be told before their links are closed. */
  refuse(peers: readonly PeerId[]): readonly MeshWord[] {
    this.#refused = new Set(peers);
    for (const peerId of peers) this.#step({ type: 'forget', peerId });
    return this.#spoken();
  }

  /** Who is preferred as a neighbour from now on. */
  trust(peers: readonly PeerId[]): void {
    this.#trusted = new Set(peers);
  }

  /** What is said before every link is closed. */
  leave(): readonly MeshWord[] {
    return this.#tell({ type: 'leave' });
  }

  say(saying: Saying): readonly MeshWord[] {
    this.#speak(this.#gossip.say(saying));
    return this.#spoken();
  }

  ask(query: Query): readonly MeshWord[] {
    this.#speak(this.#gossip.ask(query));
    return this.#spoken();
  }

  /** Asks everybody to stop; each decides for itself. */
  pass(word: PassingWord): readonly MeshWord[] {
    this.#speak(this.#gossip.pass(word));
    return this.#spoken();
  }

  /** @throws P2pError `protocol`: the link it came over is to end */
  heard(from: Contact, message: MeshMessage): readonly MeshWord[] {
    switch (message.type) {
      case 'gossip':
      case 'have':
      case 'want':
      case 'graft':
      case 'prune':
      case 'digest':
      case 'summary':
      case 'missed':
        this.#hearNeighbour(from);
        this.#speak(this.#gossip.heard(from.peerId, message));
        return this.#spoken();
      default:
        return this.#hearMembership(from, message);
    }
  }

  tick(): readonly MeshWord[] {
    const now = performance.now();
    for (const event of this.#announced.tick(now)) this.#step(event);
    this.#step({ type: 'tick' });
    const contact = this.#returning.tick(now);
    if (contact !== undefined) this.#step({ type: 'foreign', contact });
    this.#speak(this.#gossip.tick());
    return this.#spoken();
  }

  #hearMembership(from: Contact, message: MembershipMessage): readonly MeshWord[] {
    const welcome = withoutRefused(fromHere(message, from), this.#refused);
    return welcome === undefined ? [] : this.#tell({ type: 'received', from, message: welcome });
  }

  /** Who speaks as a neighbour and is none has not heard of it yet, or will never. */
  #hearNeighbour(by: Contact): void {
    if (!this.#neighbours.has(by.peerId)) this.#step({ type: 'taken-for-neighbour', by });
  }

  #tell(event: MembershipEvent): readonly MeshWord[] {
    this.#step(event);
    return this.#spoken();
  }

  #tellAll(events: readonly MembershipEvent[]): readonly MeshWord[] {
    for (const event of events) this.#step(event);
    return this.#spoken();
  }

  #step(event: MembershipEvent): void {
    for (const effect of this.#membership.take(event, performance.now())) {
      switch (effect.type) {
        case 'send':
          this.#post(effect.to, effect.message);
          break;
        case 'neighbour-up':
          this.#words.push({ type: 'news', news: effect });
          this.#neighbours.add(effect.peerId);
          this.#returning.neighbour(effect.peerId);
          this.#speak(this.#gossip.neighbourUp(effect.peerId));
          break;
        case 'neighbour-down':
          this.#words.push({ type: 'news', news: effect });
          this.#neighbours.delete(effect.peerId);
          this.#gossip.neighbourDown(effect.peerId);
          break;
        default:
          unreachable(effect);
      }
    }
  }

  #speak(words: readonly GossipWord[]): void {
    for (const word of words) {
      if (word.type === 'news') this.#words.push(word);
      else this.#send(word.to, word.message);
    }
  }

  #send(to: PeerId, message: MeshMessage): void {
    const contact = this.#contacts.get(to);
    if (contact !== undefined) this.#post(contact, message);
  }

  #post(to: Contact, message: MeshMessage): void {
    this.#words.push({ type: 'post', to, message });
  }

  #tellStanding(): void {
    const { part } = this.#gossip;
    const component = part === undefined ? 0 : markOfPeerId(part);
    const load = this.#neighbours.size;
    if (load === this.#standing.load && component === this.#standing.component) return;
    this.#standing = { load, component };
    this.#words.push({ type: 'news', news: { type: 'standing-changed', load, component } });
  }

  #spoken(): readonly MeshWord[] {
    this.#tellStanding();
    const words = this.#words;
    this.#words = [];
    return words;
  }
}
