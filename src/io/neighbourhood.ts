/**
 * The mesh over the links there are: runs its machines (who is a neighbour, what is brought to everybody, what was
 * missed), signs what is said here and judges what comes. It has no socket: whoever owns the links tells it of them and
 * carries its words.
 */
import type { PeerId } from '#src/domain/ids.js';
import { Broadcast, type BroadcastEffect } from '#src/domain/mesh/broadcast.js';
import type { BroadcastMessage } from '#src/domain/mesh/broadcast-message.js';
import { Component } from '#src/domain/mesh/component.js';
import { fromHere, withoutRefused } from '#src/domain/mesh/hearsay.js';
import {
  type HistoryMessage,
  type HistorySend,
  HistorySync,
} from '#src/domain/mesh/history-sync.js';
import { KeptMessages } from '#src/domain/mesh/kept-messages.js';
import { Membership } from '#src/domain/mesh/membership.js';
import type { MembershipEvent } from '#src/domain/mesh/membership-event.js';
import type { Contact, MembershipMessage } from '#src/domain/mesh/membership-message.js';
import { Reception } from '#src/domain/mesh/reception.js';
import { Returning } from '#src/domain/mesh/returning.js';
import type { History, MeshNews, Saying } from '#src/domain/mesh/said-news.js';
import type { Credentials, Self } from '#src/domain/self.js';
import { unreachable } from '#src/domain/unreachable.js';
import { type AnnouncerKey, announcerKey } from '#src/wire/announcement.js';
import { type MeshMessage, rowsThatFit } from '#src/wire/mesh-message.js';
import {
  messageIdOf,
  openMessage,
  type Said,
  type SignedMessage,
  signMessage,
} from '#src/wire/signed-message.js';
import { GossipJudge } from './gossip-judge.js';

/** Until more is measured: what a round trip takes on a local network, threads and timers included. */
const ROUND_TRIP_MS = 20;

/** Nobody can be dialled there: whoever hears of it from ourselves knows better where we are. */
const NOWHERE = '0.0.0.0';

/** What is to be done for it. */
export type MeshWord =
  | { readonly type: 'post'; readonly to: Contact; readonly message: MeshMessage }
  | { readonly type: 'news'; readonly news: MeshNews };

export type NeighbourhoodOptions = {
  readonly self: Self;
  readonly credentials: Credentials;
  readonly history: History;
  /** Who is no neighbour, whatever others say. */
  readonly refused: readonly PeerId[];
  readonly trusted: readonly PeerId[];
};

export class Neighbourhood {
  readonly #key: AnnouncerKey;
  readonly #name: string;
  readonly #membership: Membership;
  readonly #returning = new Returning();
  readonly #broadcast = new Broadcast(() => ROUND_TRIP_MS);
  readonly #reception = new Reception();
  readonly #kept = new KeptMessages();
  readonly #history: HistorySync;
  readonly #component: Component;
  readonly #judge = new GossipJudge(this.#reception);
  readonly #neighbours = new Set<PeerId>();
  /** Where those can be reached who are linked. */
  readonly #contacts = new Map<PeerId, Contact>();
  #refused: ReadonlySet<PeerId>;
  #trusted: ReadonlySet<PeerId>;
  #pulses = 0;
  readonly #epoch = Date.now();
  #words: MeshWord[] = [];

  constructor({ self, credentials, history, refused, trusted }: NeighbourhoodOptions) {
    const now = performance.now();
    const { peerId, ports, name } = self;
    const random = Math.random;
    this.#key = announcerKey(credentials.keyPem);
    this.#name = name;
    this.#refused = new Set(refused);
    this.#trusted = new Set(trusted);
    const contact = { peerId, host: NOWHERE, port: ports.mesh };
    const isTrusted = (peer: PeerId) => this.#trusted.has(peer);
    this.#membership = new Membership({ self: contact, random, isTrusted, now });
    const kept = (rows: Parameters<KeptMessages['of']>[0]) => this.#kept.of(rows);
    this.#history = new HistorySync({ reception: this.#reception, kept, random, now });
    this.#component = new Component(peerId, now);
    this.#recall(history);
  }

  /** When to tick next, monotonic milliseconds. */
  get dueAt(): number {
    const duties = [this.#broadcast, this.#history, this.#component, this.#returning];
    return Math.min(this.#membership.dueAt, ...duties.map(({ dueAt }) => dueAt));
  }

  linked(contact: Contact): readonly MeshWord[] {
    this.#contacts.set(contact.peerId, contact);
    this.#returning.linked(contact);
    return this.#tell({ type: 'heard', contact, load: 0 });
  }

  unlinked(peerId: PeerId): readonly MeshWord[] {
    this.#contacts.delete(peerId);
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

  say({ text, ...numbers }: Saying): readonly MeshWord[] {
    this.#publish({ ...numbers, name: this.#name, said: { kind: 'say', text } });
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
        this.#hearNeighbour(from);
        this.#hearBroadcast(from.peerId, message);
        return this.#spoken();
      case 'digest':
      case 'summary':
      case 'missed':
        this.#hearNeighbour(from);
        this.#hearHistory(from.peerId, message);
        return this.#spoken();
      default:
        return this.#hearMembership(from, message);
    }
  }

  tick(): readonly MeshWord[] {
    const now = performance.now();
    this.#step({ type: 'tick' });
    const returned = this.#returning.tick(now);
    if (returned !== undefined) this.#step({ type: 'foreign', contact: returned });
    this.#spread(this.#broadcast.tick(now));
    this.#sendAll(this.#history.tick(now));
    if (this.#component.tick(now)) this.#pulse();
    return this.#spoken();
  }

  /** What earlier lives have heard. */
  #recall({ rows, payloads }: History): void {
    for (const { author, epoch, runs } of rows) {
      for (const { from, to } of runs) this.#reception.acceptRun(author, epoch, from, to);
    }
    for (const payload of payloads) this.#kept.add(openMessage(payload), payload);
  }

  #pulse(): void {
    this.#pulses += 1;
    const said: Said = { kind: 'pulse' };
    const numbers = { epoch: this.#epoch, sequence: this.#pulses, sentAt: Date.now() };
    this.#publish({ ...numbers, name: this.#name, said });
  }

  #publish(message: Omit<SignedMessage, 'author'>): void {
    const payload = signMessage(message, this.#key);
    const id = messageIdOf(payload);
    const judged = this.#judge.judge(id, payload, performance.now());
    if (judged !== undefined) this.#show(judged, payload);
    this.#spread(this.#broadcast.publish(id, payload, performance.now()));
  }

  #hearMembership(from: Contact, message: MembershipMessage): readonly MeshWord[] {
    const welcome = withoutRefused(fromHere(message, from), this.#refused);
    return welcome === undefined ? [] : this.#tell({ type: 'received', from, message: welcome });
  }

  /** Who speaks as a neighbour and is none has not heard of it yet, or will never. */
  #hearNeighbour(by: Contact): void {
    if (!this.#neighbours.has(by.peerId)) this.#step({ type: 'taken-for-neighbour', by });
  }

  #hearBroadcast(from: PeerId, message: BroadcastMessage): void {
    const now = performance.now();
    if (message.type === 'gossip' && !this.#broadcast.knows(message.id)) {
      const judged = this.#judge.judge(message.id, message.payload, now);
      if (judged === undefined) return;
      this.#show(judged, message.payload);
    }
    this.#spread(this.#broadcast.receive(from, message, now));
  }

  #hearHistory(from: PeerId, message: HistoryMessage): void {
    if (message.type !== 'missed') return this.#sendAll(this.#history.receive(from, message));
    for (const payload of message.payloads) {
      const judged = this.#judge.judgeMissed(payload);
      if (judged === undefined) continue;
      this.#show(judged, payload);
      const id = messageIdOf(payload);
      this.#spread(this.#broadcast.obtained(id, payload, performance.now()));
    }
  }

  #show({ said, ...rest }: SignedMessage, payload: Uint8Array): void {
    if (said.kind === 'pulse') this.#component.heard(rest.author, performance.now());
    if (said.kind !== 'say') return;
    this.#kept.add(rest, payload);
    const message = { ...rest, id: messageIdOf(payload), text: said.text, payload };
    this.#words.push({ type: 'news', news: { type: 'message-heard', message } });
  }

  #tell(event: MembershipEvent): readonly MeshWord[] {
    this.#step(event);
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
          this.#broadcast.neighbourUp(effect.peerId);
          this.#sendAll(this.#history.neighbourUp(effect.peerId));
          break;
        case 'neighbour-down':
          this.#words.push({ type: 'news', news: effect });
          this.#neighbours.delete(effect.peerId);
          this.#broadcast.neighbourDown(effect.peerId);
          this.#history.neighbourDown(effect.peerId);
          break;
        default:
          unreachable(effect);
      }
    }
  }

  /** What is delivered was judged and shown before. */
  #spread(effects: readonly BroadcastEffect[]): void {
    for (const effect of effects) if (effect.type === 'send') this.#send(effect.to, effect.message);
  }

  #sendAll(all: readonly HistorySend[]): void {
    for (const { to, message } of all) this.#send(to, message);
  }

  /** To a neighbour, or to whom it was said that he is none. */
  #send(to: PeerId, message: MeshMessage): void {
    const contact = this.#contacts.get(to);
    if (contact !== undefined) this.#post(contact, message);
  }

  #post(to: Contact, message: MeshMessage): void {
    const fitting =
      message.type === 'summary' ? { ...message, rows: rowsThatFit(message.rows) } : message;
    this.#words.push({ type: 'post', to, message: fitting });
  }

  #spoken(): readonly MeshWord[] {
    const words = this.#words;
    this.#words = [];
    return words;
  }
}
