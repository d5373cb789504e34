/** One peer of a simulated network: its real machines, and what happened to it. Time in milliseconds. */
import type { PeerId } from '#src/domain/ids.js';
import { Broadcast } from '#src/domain/mesh/broadcast.js';
import type { MessageId } from '#src/domain/mesh/broadcast-message.js';
import { Component } from '#src/domain/mesh/component.js';
import { HistorySync } from '#src/domain/mesh/history-sync.js';
import { Membership } from '#src/domain/mesh/membership.js';
import type { Contact } from '#src/domain/mesh/membership-message.js';
import { type AuthorRow, type Place, Reception } from '#src/domain/mesh/reception.js';

/** What is inside a simulated message. `isPulse`: of its author's component, shown to nobody. */
export type Content = Place & { readonly isPulse: boolean };

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
  /** Since when it has no neighbour. */
  aloneSince: number;
  longestAlone = 0;
  wakesAt = Number.POSITIVE_INFINITY;
  sequence = 0;
  readonly #kept = new Map<string, Uint8Array>();

  constructor({ contact, random, now, roundTripMs, isTrusted }: PeerOptions) {
    this.contact = contact;
    this.bornAt = now;
    this.aloneSince = now;
    this.membership = new Membership({ self: contact, random, now, isTrusted });
    this.broadcast = new Broadcast(() => roundTripMs);
    const kept = (rows: readonly AuthorRow[]) => this.#keptOf(rows);
    this.history = new HistorySync({ reception: this.reception, kept, random, now });
    this.component = new Component(contact.peerId, now, random);
  }

  get dueAt(): number {
    const { membership, broadcast, history, component } = this;
    return Math.min(membership.dueAt, broadcast.dueAt, history.dueAt, component.dueAt);
  }

  /** @returns the next message of this peer. */
  next(isPulse: boolean): Content {
    this.sequence += 1;
    return { author: this.contact.peerId, epoch: 1, sequence: this.sequence, isPulse };
  }

  /** It came here, or began here. */
  show(id: MessageId, content: Content, payload: Uint8Array): void {
    if (this.shown.has(id)) this.shownTwice += 1;
    this.shown.add(id);
    this.#kept.set(keyOf(content), payload);
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

  *#keptOf(rows: readonly AuthorRow[]): Iterable<Uint8Array> {
    for (const { author, epoch, runs } of rows) {
      for (const { from, to } of runs) {
        for (let sequence = from; sequence < to; sequence += 1) {
          const payload = this.#kept.get(keyOf({ author, epoch, sequence }));
          if (payload !== undefined) yield payload;
        }
      }
    }
  }
}

export function keyOf({ author, epoch, sequence }: Place): string {
  return `${author} ${epoch} ${sequence}`;
}
