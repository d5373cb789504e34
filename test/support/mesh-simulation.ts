/**
 * A network of peers in virtual time: their real membership, broadcast and history, on links that delay and lose what a
 * seed says, with peers that come, die, and are cut off. Time in milliseconds.
 */
import type { PeerId } from '#src/domain/ids.js';
import type { BroadcastEffect } from '#src/domain/mesh/broadcast.js';
import type { MessageId } from '#src/domain/mesh/broadcast-message.js';
import type { HistoryMessage, HistorySend } from '#src/domain/mesh/history-sync.js';
import type { MembershipEvent } from '#src/domain/mesh/membership-event.js';
import { EventQueue } from './event-queue.js';
import { bytesOf, type Mail } from './mesh-mail.js';
import { randomFrom } from './random.js';
import { type Content, SimulatedPeer } from './simulated-peer.js';

/** A switched network with busy machines on it, whose threads take turns. */
const LAN: Delay = { leastMs: 0.5, mostMs: 5 };

/** Announcements come so often; of all of them a peer remembers some. */
const BEACON_MS = 15_000;
const BEACONS_HEARD = 3;

/** A killed process is noticed by a reset; a cut cable by silence, and nobody there can be dialled within so long. */
const RESET_MS = 300;
const SILENCE_MS = 35_000;
const DIAL_MS = 10_000;

/** Before history can have brought it, but for a few. */
const AT_ONCE_MS = 2000;

type Delay = { readonly leastMs: number; readonly mostMs: number };

export type SimulationOptions = {
  readonly seed: number;
  /** Of all messages so many never arrive. */
  readonly loss?: number;
  readonly delay?: Delay;
  readonly isTrusted?: (peer: PeerId) => boolean;
};

/** A message that somebody said, and what became of it. */
export type Said = {
  readonly id: MessageId;
  readonly at: number;
  /** Of the longest way it went by itself, over how many links. */
  hops: number;
  /** How many there were. */
  readonly of: number;
  /** How many of them got it at once, the last when, and how often it came to somebody who had it. */
  spread: number;
  lastAt: number;
  copies: number;
};

export class MeshSimulation {
  readonly random: () => number;
  /** How many messages of each kind were sent, and how many bytes they would be. */
  readonly sent = { membership: 0, broadcast: 0, history: 0, bytes: 0 };
  readonly #options: Required<SimulationOptions>;
  readonly #queue = new EventQueue();
  readonly #byId = new Map<PeerId, SimulatedPeer>();
  readonly #alive: SimulatedPeer[] = [];
  readonly #contents = new WeakMap<Uint8Array, Content>();
  readonly #said = new Map<MessageId, Said>();
  loss: number;

  constructor(options: SimulationOptions) {
    this.#options = { loss: 0, delay: LAN, isTrusted: () => false, ...options };
    this.random = randomFrom(options.seed);
    this.loss = this.#options.loss;
  }

  get now(): number {
    return this.#queue.now;
  }

  get alive(): readonly SimulatedPeer[] {
    return this.#alive;
  }

  /** @param id of one that is, or was, there. */
  peer(id: PeerId): SimulatedPeer | undefined {
    return this.#byId.get(id);
  }

  /** One more peer, which hears of some of those that are there, unless `hears` is false. */
  join(word = this.#word(), hears = true): SimulatedPeer {
    const peer = this.#add(word);
    if (hears) this.#beacons(peer);
    this.#wake(peer);
    return peer;
  }

  /** One more that only pretends to be a peer. */
  joinSybil(): SimulatedPeer {
    const peer = this.#add(this.#word());
    peer.isSybil = true;
    return peer;
  }

  #add(word: string): SimulatedPeer {
    const number = this.#byId.size;
    const contact = { peerId: `${word}-${number}` as PeerId, host: '10.0.0.1', port: number };
    const { delay, isTrusted } = this.#options;
    const roundTripMs = delay.leastMs + delay.mostMs;
    const { random, now } = this;
    const peer = new SimulatedPeer({ contact, random, now, roundTripMs, isTrusted });
    this.#byId.set(contact.peerId, peer);
    this.#alive.push(peer);
    return peer;
  }

  kill(peer: SimulatedPeer): void {
    const last = this.#alive.pop();
    if (last !== undefined && last !== peer) this.#alive[this.#alive.indexOf(peer)] = last;
    peer.isAlive = false;
    peer.notAlone(this.now);
    for (const peerId of peer.links.keys()) {
      const other = this.#byId.get(peerId);
      this.#queue.after(this.random() * RESET_MS, () => this.#lost(other, peer));
    }
  }

  /** Those on one side of a cut and those on the other reach each other no more, until all are on the same again. */
  cut(sideOf: (peer: SimulatedPeer) => number): void {
    for (const peer of this.alive) peer.side = sideOf(peer);
    for (const peer of this.alive) {
      for (const peerId of peer.links.keys()) {
        const other = this.#byId.get(peerId);
        this.#queue.after(SILENCE_MS + this.random() * 10_000, () => {
          if (other !== undefined && other.side !== peer.side) this.#lost(peer, other);
        });
      }
    }
  }

  say(peer: SimulatedPeer): Said {
    const content = peer.next(false, this.now);
    const [id, payload] = this.#written(content);
    const of = this.#alive.length;
    const said = { id, at: this.now, of, hops: 0, spread: 0, lastAt: this.now, copies: 0 };
    this.#said.set(id, said);
    this.#show(peer, payload, 0);
    this.#spread(peer, peer.broadcast.publish(id, payload, this.now));
    return said;
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

  anybody(): SimulatedPeer {
    const peer = this.#alive[Math.floor(this.random() * this.#alive.length)];
    if (peer === undefined) throw new Error('nobody is alive');
    return peer;
  }

  /** That peer hears the other announce itself. */
  hear(peer: SimulatedPeer, other: SimulatedPeer): void {
    if (peer === other || !isThere(peer, other)) return;
    const { contact, membership, component } = other;
    this.tell(peer, { type: 'heard', contact, load: membership.neighbours.length });
    const [ours, theirs] = [peer.component.nameAt(this.now), component.nameAt(this.now)];
    const isKnown = ours !== undefined && theirs !== undefined;
    if (isKnown && ours !== theirs) this.tell(peer, { type: 'foreign', contact });
  }

  // What peers do.

  tell(peer: SimulatedPeer, event: MembershipEvent): void {
    for (const effect of peer.membership.take(event, this.now)) {
      if (effect.type === 'send') {
        this.send(peer, effect.to.peerId, { kind: 'membership', message: effect.message });
      } else if (effect.type === 'neighbour-up') {
        peer.links.set(effect.peerId, this.now);
        peer.notAlone(this.now);
        peer.broadcast.neighbourUp(effect.peerId);
        this.#sendAll(peer, peer.history.neighbourUp(effect.peerId, this.now));
      } else {
        peer.links.delete(effect.peerId);
        peer.broadcast.neighbourDown(effect.peerId);
        peer.history.neighbourDown(effect.peerId);
        if (peer.links.size === 0) peer.aloneSince = this.now;
      }
    }
    this.#wake(peer);
  }

  send(from: SimulatedPeer, peerId: PeerId, mail: Mail): void {
    this.sent[mail.kind] += 1;
    this.sent.bytes += bytesOf(mail);
    if (this.random() < this.loss) return;
    const to = this.#byId.get(peerId);
    const earliest = from.links.get(peerId);
    const at = Math.max(earliest ?? 0, this.now + this.#delay(mail, earliest !== undefined));
    if (earliest !== undefined) from.links.set(peerId, at);
    this.#queue.at(at, () => {
      if (to !== undefined && isThere(from, to)) {
        if (from.isAlive || earliest !== undefined) this.#arrive(to, from, mail);
      } else if (earliest === undefined && from.isAlive) this.#undeliverable(from, to, peerId);
    });
  }

  #delay(mail: Mail, isLinked: boolean): number {
    const { leastMs, mostMs } = this.#options.delay;
    const { message } = mail;
    // Whoever is no neighbour is dialled first: there and back, twice. An answer goes back over the link that asked.
    const trips = isLinked || message.type === 'neighbour-answer' ? 1 : 5;
    return trips * (leastMs + this.random() * (mostMs - leastMs));
  }

  #undeliverable(from: SimulatedPeer, to: SimulatedPeer | undefined, peerId: PeerId): void {
    const isRefused = to === undefined || !to.isAlive;
    const event = { type: 'unreachable', peerId } as const;
    if (isRefused) this.tell(from, event);
    else this.#queue.after(DIAL_MS, () => from.isAlive && this.tell(from, event));
  }

  #lost(peer: SimulatedPeer | undefined, other: SimulatedPeer): void {
    if (peer?.isAlive) this.tell(peer, { type: 'lost', peerId: other.contact.peerId });
  }

  #arrive(peer: SimulatedPeer, from: SimulatedPeer, mail: Mail): void {
    if (peer.isSybil) return this.#pretend(peer, from, mail);
    if (mail.kind !== 'membership' && !peer.links.has(from.contact.peerId)) {
      this.tell(peer, { type: 'taken-for-neighbour', by: from.contact });
    }
    switch (mail.kind) {
      case 'membership':
        return this.tell(peer, { type: 'received', from: from.contact, message: mail.message });
      case 'broadcast': {
        const { message } = mail;
        const said = message.type === 'gossip' ? this.#said.get(message.id) : undefined;
        if (said !== undefined && peer.broadcast.knows(said.id)) said.copies += 1;
        const effects = peer.broadcast.receive(from.contact.peerId, message, this.now);
        return this.#spread(peer, effects);
      }
      default:
        return this.#arriveHistory(peer, from, mail.message);
    }
  }

  /** As a sybil does: everybody is welcome, and nothing goes further. */
  #pretend(peer: SimulatedPeer, from: SimulatedPeer, mail: Mail): void {
    if (mail.kind !== 'membership' || mail.message.type !== 'neighbour') return;
    const { request } = mail.message;
    const message = { type: 'neighbour-answer', request, isAccepted: true } as const;
    this.send(peer, from.contact.peerId, { kind: 'membership', message });
  }

  #spread(peer: SimulatedPeer, effects: readonly BroadcastEffect[]): void {
    for (const effect of effects) {
      if (effect.type === 'send') {
        this.send(peer, effect.to, { kind: 'broadcast', message: effect.message });
      } else {
        this.#show(peer, effect.payload, effect.round);
      }
    }
    this.#wake(peer);
  }

  #show(peer: SimulatedPeer, payload: Uint8Array, round: number): void {
    const content = this.#read(payload);
    if (content.isPulse) {
      if (peer.pulses.accept(content, content.sentAt))
        peer.component.heard(content.author, this.now);
      return;
    }
    if (!peer.reception.accept(content, content.sentAt)) return;
    const said = this.#said.get(content.id);
    if (said !== undefined) this.#count(peer, said, round);
    peer.hear(content, payload, this.now);
  }

  #count(peer: SimulatedPeer, said: Said, round: number): void {
    said.hops = Math.max(said.hops, round);
    const isLate = this.now > said.at + AT_ONCE_MS || peer.bornAt > said.at;
    if (isLate) return;
    said.spread += 1;
    said.lastAt = this.now;
  }

  #sendAll(peer: SimulatedPeer, all: readonly HistorySend[]): void {
    for (const { to, message } of all) this.send(peer, to, { kind: 'history', message });
  }

  #arriveHistory(peer: SimulatedPeer, from: SimulatedPeer, message: HistoryMessage): void {
    if (message.type !== 'missed') {
      return this.#sendAll(peer, peer.history.receive(from.contact.peerId, message, this.now));
    }
    for (const payload of message.payloads) {
      const content = this.#read(payload);
      if (peer.reception.has(content)) continue;
      this.#show(peer, payload, 0);
      this.#spread(peer, peer.broadcast.obtained(content.id, payload, this.now));
    }
  }

  #tick(peer: SimulatedPeer): void {
    this.tell(peer, { type: 'tick' });
    this.#spread(peer, peer.broadcast.tick(this.now));
    this.#sendAll(peer, peer.history.tick(this.now));
    peer.ordering.tick(this.now);
    if (peer.component.tick(this.now)) {
      const [id, payload] = this.#written(peer.next(true, this.now));
      this.#spread(peer, peer.broadcast.publish(id, payload, this.now));
    }
    this.#wake(peer);
  }

  #wake(peer: SimulatedPeer): void {
    if (peer.isSybil || !peer.isAlive) return;
    const { dueAt } = peer;
    if (dueAt >= peer.wakesAt) return;
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
    if (!peer.isAlive || peer.isSybil) return;
    for (let heard = 0; heard < BEACONS_HEARD; heard += 1) this.hear(peer, this.anybody());
    this.#queue.after(BEACON_MS * (0.75 + 0.5 * this.random()), () => this.#beacons(peer));
  }

  #word(): string {
    return Math.floor(this.random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0');
  }

  #written(content: Content): [MessageId, Uint8Array] {
    const payload = new Uint8Array(200);
    this.#contents.set(payload, content);
    return [content.id, payload];
  }

  #read(payload: Uint8Array): Content {
    const written = this.#contents.get(payload);
    if (written === undefined) throw new Error('nobody wrote that');
    return written;
  }
}

function isThere(peer: SimulatedPeer, other: SimulatedPeer): boolean {
  return other.isAlive && other.side === peer.side;
}
