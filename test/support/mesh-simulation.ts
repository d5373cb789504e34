/**
 * A network of peers in virtual time: their real membership, broadcast and history, on links that delay and lose what a
 * seed says, with peers that come, die, and are cut off. Time in milliseconds.
 */
import type { PeerId } from '#src/domain/ids.js';
import { Broadcast, type BroadcastEffect } from '#src/domain/mesh/broadcast.js';
import type { BroadcastMessage, MessageId } from '#src/domain/mesh/broadcast-message.js';
import { Component } from '#src/domain/mesh/component.js';
import {
  type HistoryMessage,
  type HistorySend,
  HistorySync,
} from '#src/domain/mesh/history-sync.js';
import { Membership, type MembershipEvent } from '#src/domain/mesh/membership.js';
import type { Contact, MembershipMessage } from '#src/domain/mesh/membership-message.js';
import { type AuthorRow, type Place, Reception } from '#src/domain/mesh/reception.js';
import { EventQueue } from './event-queue.js';
import { randomFrom } from './random.js';

/** An Ethernet and a bad wireless network. */
const LEAST_DELAY_MS = 1;
const MOST_DELAY_MS = 30;

/** Announcements come so often; of all of them a peer remembers some. */
const BEACON_MS = 15_000;
const BEACONS_HEARD = 3;

/** A killed process is noticed by a reset; a cut cable by silence. */
const RESET_MS = 300;
const SILENCE_MS = 35_000;

type Mail =
  | { readonly kind: 'membership'; readonly message: MembershipMessage }
  | { readonly kind: 'broadcast'; readonly message: BroadcastMessage }
  | { readonly kind: 'history'; readonly message: HistoryMessage };

/** What is inside a simulated message. */
type Content = Place & { readonly isPulse: boolean };

export type SimulationOptions = {
  readonly seed: number;
  /** Of all messages between neighbours, so many never arrive. */
  readonly loss?: number;
};

export class SimulatedPeer {
  readonly contact: Contact;
  readonly membership: Membership;
  readonly broadcast: Broadcast;
  readonly reception = new Reception();
  readonly history: HistorySync;
  readonly component: Component;
  readonly bornAt: number;
  isAlive = true;
  /** Which side of a cut it is on. */
  side = 0;
  /** When each message was shown here. */
  readonly shownAt = new Map<MessageId, number>();
  /** Payloads that came although they were here. */
  duplicates = 0;
  /** The longest way a message came. */
  hops = 0;
  shownTwice = 0;
  /** Since when it has no neighbour. */
  aloneSince: number;
  longestAlone = 0;
  wakesAt = Number.POSITIVE_INFINITY;
  readonly kept = new Map<string, Uint8Array>();
  readonly pulses = new Reception();
  sequence = 0;
  pulse = 0;

  constructor(contact: Contact, random: () => number, now: number) {
    this.contact = contact;
    this.bornAt = now;
    this.aloneSince = now;
    this.membership = new Membership({ self: contact, random, now, isTrusted: () => false });
    this.broadcast = new Broadcast(() => MOST_DELAY_MS, random);
    const kept = (rows: readonly AuthorRow[]) => this.#keptOf(rows);
    this.history = new HistorySync({ reception: this.reception, kept, random, now });
    this.component = new Component(contact.peerId, now);
  }

  get dueAt(): number {
    const { membership, broadcast, history, component } = this;
    return Math.min(membership.dueAt, broadcast.dueAt, history.dueAt, component.dueAt);
  }

  keep(content: Content, payload: Uint8Array): void {
    this.kept.set(keyOf(content), payload);
  }

  *#keptOf(rows: readonly AuthorRow[]): Iterable<Uint8Array> {
    for (const { author, epoch, runs } of rows) {
      for (const { from, to } of runs) {
        for (let sequence = from; sequence < to; sequence += 1) {
          const payload = this.kept.get(keyOf({ author, epoch, sequence }));
          if (payload !== undefined) yield payload;
        }
      }
    }
  }
}

export class MeshSimulation {
  readonly peers: SimulatedPeer[] = [];
  readonly random: () => number;
  readonly #byId = new Map<PeerId, SimulatedPeer>();
  readonly #queue = new EventQueue();
  loss: number;
  /** How many messages of each kind were sent. */
  readonly sent = { membership: 0, broadcast: 0, history: 0, payloads: 0 };

  constructor({ seed, loss = 0 }: SimulationOptions) {
    this.random = randomFrom(seed);
    this.loss = loss;
  }

  get now(): number {
    return this.#queue.now;
  }

  get alive(): readonly SimulatedPeer[] {
    return this.peers.filter(({ isAlive }) => isAlive);
  }

  /** One more peer, which hears of some of those that are there. */
  join(): SimulatedPeer {
    const number = this.peers.length;
    const word = Math.floor(this.random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0');
    const contact = { peerId: `${word}-${number}` as PeerId, host: '10.0.0.1', port: number };
    const peer = new SimulatedPeer(contact, this.random, this.now);
    this.peers.push(peer);
    this.#byId.set(contact.peerId, peer);
    this.#beacons(peer);
    this.#wake(peer);
    return peer;
  }

  kill(peer: SimulatedPeer): void {
    peer.isAlive = false;
    this.#endAlone(peer);
    for (const { contact } of peer.membership.neighbours) {
      const other = this.#byId.get(contact.peerId);
      this.#queue.after(this.random() * RESET_MS, () => this.#lost(other, peer));
    }
  }

  /** Those on one side of a cut and those on the other reach each other no more, until all are on the same again. */
  cut(sideOf: (peer: SimulatedPeer) => number): void {
    for (const peer of this.peers) peer.side = sideOf(peer);
    for (const peer of this.alive) {
      for (const { contact } of peer.membership.neighbours) {
        const other = this.#byId.get(contact.peerId);
        this.#queue.after(SILENCE_MS + this.random() * 10_000, () => {
          if (other !== undefined && other.side !== peer.side) this.#lost(peer, other);
        });
      }
    }
  }

  /** @returns the message's id. */
  say(peer: SimulatedPeer): MessageId {
    peer.sequence += 1;
    const { peerId: author } = peer.contact;
    const content = { author, epoch: 1, sequence: peer.sequence, isPulse: false };
    const [id, payload] = [idOf(content), encode(content)];
    this.#show(peer, content, payload, 0);
    this.#spread(peer, peer.broadcast.publish(id, payload, this.now));
    return id;
  }

  run(ms: number): void {
    this.#queue.runUntil(this.now + ms);
  }

  /** Calls at each of these times from now on, as long as time runs. */
  every(ms: number, call: () => void): void {
    this.#queue.after(ms, () => {
      call();
      this.every(ms, call);
    });
  }

  // What peers do.

  #tell(peer: SimulatedPeer, event: MembershipEvent): void {
    for (const effect of peer.membership.take(event, this.now)) {
      if (effect.type === 'send') {
        this.#send(peer, effect.to.peerId, { kind: 'membership', message: effect.message });
      } else if (effect.type === 'neighbour-up') {
        peer.broadcast.neighbourUp(effect.peerId);
        this.#endAlone(peer);
        this.#sendAll(peer, peer.history.neighbourUp(effect.peerId));
      } else {
        peer.broadcast.neighbourDown(effect.peerId);
        peer.history.neighbourDown(effect.peerId);
        if (peer.membership.neighbours.length === 0) peer.aloneSince = this.now;
      }
    }
    this.#wake(peer);
  }

  #endAlone(peer: SimulatedPeer): void {
    if (peer.aloneSince === Number.POSITIVE_INFINITY) return;
    peer.longestAlone = Math.max(peer.longestAlone, this.now - peer.aloneSince);
    peer.aloneSince = Number.POSITIVE_INFINITY;
  }

  #lost(peer: SimulatedPeer | undefined, other: SimulatedPeer): void {
    if (peer?.isAlive) this.#tell(peer, { type: 'lost', peerId: other.contact.peerId });
  }

  #spread(peer: SimulatedPeer, effects: readonly BroadcastEffect[]): void {
    for (const effect of effects) {
      if (effect.type === 'send') {
        this.#send(peer, effect.to, { kind: 'broadcast', message: effect.message });
      } else this.#show(peer, decode(effect.payload), effect.payload, effect.round);
    }
    this.#wake(peer);
  }

  #show(peer: SimulatedPeer, content: Content, payload: Uint8Array, round: number): void {
    if (content.isPulse) {
      if (peer.pulses.accept(content)) peer.component.heard(content.author, this.now);
      return;
    }
    peer.hops = Math.max(peer.hops, round);
    if (!peer.reception.accept(content)) return;
    const id = idOf(content);
    if (peer.shownAt.has(id)) peer.shownTwice += 1;
    peer.shownAt.set(id, this.now);
    peer.keep(content, payload);
  }

  #sendAll(peer: SimulatedPeer, all: readonly HistorySend[]): void {
    for (const { to, message } of all) this.#send(peer, to, { kind: 'history', message });
  }

  #arrive(peer: SimulatedPeer, from: SimulatedPeer, mail: Mail): void {
    switch (mail.kind) {
      case 'membership':
        return this.#tell(peer, { type: 'received', from: from.contact, message: mail.message });
      case 'broadcast': {
        const { message } = mail;
        if (message.type === 'gossip' && peer.broadcast.knows(message.id)) peer.duplicates += 1;
        const { peerId } = from.contact;
        return this.#spread(peer, peer.broadcast.receive(peerId, message, this.now));
      }
      default:
        return this.#arriveHistory(peer, from, mail.message);
    }
  }

  #arriveHistory(peer: SimulatedPeer, from: SimulatedPeer, message: HistoryMessage): void {
    if (message.type !== 'missed') {
      return this.#sendAll(peer, peer.history.receive(from.contact.peerId, message));
    }
    for (const payload of message.payloads) {
      const content = decode(payload);
      if (peer.reception.has(content)) continue;
      this.#show(peer, content, payload, 0);
      this.#spread(peer, peer.broadcast.obtained(idOf(content), payload, this.now));
    }
  }

  #tick(peer: SimulatedPeer): void {
    this.#tell(peer, { type: 'tick' });
    this.#spread(peer, peer.broadcast.tick(this.now));
    this.#sendAll(peer, peer.history.tick(this.now));
    if (peer.component.tick(this.now)) this.#pulse(peer);
    this.#wake(peer);
  }

  #pulse(peer: SimulatedPeer): void {
    peer.pulse += 1;
    const { peerId: author } = peer.contact;
    const content = { author, epoch: 1, sequence: peer.pulse, isPulse: true };
    this.#spread(peer, peer.broadcast.publish(idOf(content), encode(content), this.now));
  }

  #wake(peer: SimulatedPeer): void {
    const { dueAt } = peer;
    if (dueAt >= peer.wakesAt || !peer.isAlive) return;
    peer.wakesAt = Math.max(dueAt, this.now);
    const at = peer.wakesAt;
    this.#queue.at(at, () => {
      if (!peer.isAlive || peer.wakesAt !== at) return;
      peer.wakesAt = Number.POSITIVE_INFINITY;
      this.#tick(peer);
    });
  }

  /** What discovery hears: some of all who announce themselves, now and every heartbeat. */
  #beacons(peer: SimulatedPeer): void {
    if (!peer.isAlive) return;
    for (let heard = 0; heard < BEACONS_HEARD; heard += 1) {
      const other = this.peers[Math.floor(this.random() * this.peers.length)];
      if (other === undefined || other === peer || !isThere(peer, other)) continue;
      this.#hear(peer, other);
    }
    this.#queue.after(BEACON_MS * (0.75 + 0.5 * this.random()), () => this.#beacons(peer));
  }

  #hear(peer: SimulatedPeer, other: SimulatedPeer): void {
    const { contact, membership, component } = other;
    const load = membership.neighbours.length;
    this.#tell(peer, { type: 'heard', contact, load });
    const [ours, theirs] = [peer.component.nameAt(this.now), component.nameAt(this.now)];
    const isKnown = ours !== undefined && theirs !== undefined;
    if (isKnown && ours !== theirs) this.#tell(peer, { type: 'foreign', contact });
  }

  #send(from: SimulatedPeer, peerId: PeerId, mail: Mail): void {
    const to = this.#byId.get(peerId);
    this.sent[mail.kind] += 1;
    if (mail.kind === 'broadcast' && mail.message.type === 'gossip') this.sent.payloads += 1;
    const isLinked = from.membership.neighbours.some(({ contact }) => contact.peerId === peerId);
    // Whoever is no neighbour is dialled first: there and back, twice.
    const trips = isLinked ? 1 : 5;
    const delay = trips * (LEAST_DELAY_MS + this.random() * (MOST_DELAY_MS - LEAST_DELAY_MS));
    if (this.random() < this.loss) return;
    this.#queue.after(delay, () => {
      if (to !== undefined && isThere(from, to)) {
        if (from.isAlive || isLinked) this.#arrive(to, from, mail);
      } else if (!isLinked && from.isAlive) this.#tell(from, { type: 'unreachable', peerId });
    });
  }
}

function isThere(peer: SimulatedPeer, other: SimulatedPeer): boolean {
  return other.isAlive && other.side === peer.side;
}

function keyOf({ author, epoch, sequence }: Place): string {
  return `${author} ${epoch} ${sequence}`;
}

function idOf(content: Content): MessageId {
  return `${keyOf(content)} ${content.isPulse}` as MessageId;
}

function encode(content: Content): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(content));
}

function decode(payload: Uint8Array): Content {
  return JSON.parse(new TextDecoder().decode(payload)) as Content;
}
