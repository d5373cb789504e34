/** One peer of a simulated network: its real machines, and what happened to it. Time in milliseconds. */
import type { PeerId } from '#src/domain/ids.js';
import { Broadcast } from '#src/domain/mesh/broadcast.js';
import type { MessageId } from '#src/domain/mesh/broadcast-message.js';
import { Component } from '#src/domain/mesh/component.js';
import { HistorySync } from '#src/domain/mesh/history-sync.js';
import { type Dated, KeptMessages } from '#src/domain/mesh/kept-messages.js';
import { Membership } from '#src/domain/mesh/membership.js';
import type { Contact } from '#src/domain/mesh/membership-message.js';
import { Ordering } from '#src/domain/mesh/ordering.js';
import { type Place, Reception } from '#src/domain/mesh/reception.js';

/** What is inside a simulated message. `isPulse`: of its author's component, shown to nobody. */
export type Content = Dated & { readonly isPulse: boolean; readonly id: MessageId };

export type PeerOptions = {
  readonly contact: Contact;
  readonly random: () => number;
  readonly now: number;
  readonly roundTripMs: number;
  readonly isTrusted: (peer: PeerId) => boolean;
};

export class SimulatedPeer {
  readonly contact: Contact;
  readonly membership: Membership;
  readonly broadcast: Broadcast;
  readonly reception = new Reception();
  readonly pulses = new Reception();
  readonly ordering = new Ordering<Content>(this.reception, this.#show.bind(this));
  readonly history: HistorySync;
  readonly component: Component;
  readonly bornAt: number;
  isAlive = true;
  /** Asks whomever it can, accepts everybody, passes nothing on. */
  isSybil = false;
  /** Which side of a cut it is on. */
  side = 0;
  /** Neighbours, and when what was sent to each last arrives: links keep the order. */
  readonly links = new Map<PeerId, number>();
  readonly shown = new Set<MessageId>();
  shownTwice = 0;
  /** How often it was shown one after a later one of the same author. */
  shownLate = 0;
  /** Since when it has no neighbour. */
  aloneSince: number;
  longestAlone = 0;
  wakesAt = Number.POSITIVE_INFINITY;
  #said = 0;
  #pulses = 0;
  readonly #latest = new Map<PeerId, number>();
  readonly #kept = new KeptMessages();

  constructor({ contact, random, now, roundTripMs, isTrusted }: PeerOptions) {
    this.contact = contact;
    this.bornAt = now;
    this.aloneSince = now;
    this.membership = new Membership({ self: contact, random, now, isTrusted });
    this.broadcast = new Broadcast(() => roundTripMs);
    this.history = new HistorySync({ kept: this.#kept, random, now });
    this.component = new Component(contact.peerId, now, random);
  }

  get dueAt(): number {
    const { membership, broadcast, history, component, ordering } = this;
    const machines = [membership, broadcast, history, component, ordering];
    return Math.min(...machines.map(({ dueAt }) => dueAt));
  }

  /** @returns the next message of this peer. */
  next(isPulse: boolean, sentAt: number): Content {
    if (isPulse) this.#pulses += 1;
    else this.#said += 1;
    const sequence = isPulse ? this.#pulses : this.#said;
    const place = { author: this.contact.peerId, epoch: 1, sequence };
    const id = `${isPulse ? 'pulse ' : ''}${keyOf(place)}` as MessageId;
    return { ...place, sentAt, isPulse, id };
  }

  /** It came here, or began here. */
  hear(content: Content, payload: Uint8Array, now: number): void {
    this.#kept.add(content, payload);
    this.ordering.take(content, now);
  }

  #show({ id, author, sequence }: Content): void {
    if (this.shown.has(id)) this.shownTwice += 1;
    this.shown.add(id);
    const latest = this.#latest.get(author) ?? 0;
    if (sequence < latest) this.shownLate += 1;
    this.#latest.set(author, Math.max(latest, sequence));
  }

  /** How long it had no neighbour at a stretch, until then. */
  longestAloneAt(now: number): number {
    return Math.max(this.longestAlone, now - this.aloneSince);
  }

  notAlone(now: number): void {
    if (this.aloneSince === Number.POSITIVE_INFINITY) return;
    this.longestAlone = Math.max(this.longestAlone, now - this.aloneSince);
    this.aloneSince = Number.POSITIVE_INFINITY;
  }
}

function keyOf({ author, epoch, sequence }: Place): string {
  return `${author} ${epoch} ${sequence}`;
}
