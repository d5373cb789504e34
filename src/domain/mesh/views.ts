/**
 * Who is a neighbour and who may become one: both views of a peer, and every change of them with the word that goes with
 * it. What is to be done about it is gathered here until somebody takes it.
 */
import type { PeerId } from '#src/domain/ids.js';
import { ActiveView, type Direction, type Neighbour } from './active-view.js';
import type { DownReason, MembershipEffect } from './membership-event.js';
import type { Contact, LinkCounts, MembershipMessage } from './membership-message.js';
import { PassiveView } from './passive-view.js';

export type ViewsOptions = {
  readonly self: Contact;
  /** @returns a number in [0, 1). */
  readonly random: () => number;
  readonly isTrusted: (peer: PeerId) => boolean;
};

export class Views {
  readonly self: Contact;
  readonly isTrusted: (peer: PeerId) => boolean;
  readonly active: ActiveView;
  readonly passive: PassiveView;
  #hasJoined = false;
  #effects: MembershipEffect[] = [];

  constructor({ self, random, isTrusted }: ViewsOptions) {
    this.self = self;
    this.isTrusted = isTrusted;
    this.active = new ActiveView(random, isTrusted);
    this.passive = new PassiveView(random, isTrusted);
  }

  /** Whether there was a neighbour ever. */
  get hasJoined(): boolean {
    return this.#hasJoined;
  }

  /** Neither this peer nor a neighbour. */
  isOther(peer: PeerId): boolean {
    return peer !== this.self.peerId && !this.active.has(peer);
  }

  up(contact: Contact, direction: Direction, links: LinkCounts | undefined): void {
    this.passive.remove(contact.peerId);
    this.active.add({ contact, direction, links });
    this.#hasJoined = true;
    this.#effects.push({ type: 'neighbour-up', peerId: contact.peerId, direction });
  }

  down(peerId: PeerId, reason: DownReason): void {
    this.active.remove(peerId);
    this.#effects.push({ type: 'neighbour-down', peerId, reason });
  }

  /** @returns whether there was one. */
  evict(victim: Neighbour | undefined): boolean {
    if (victim === undefined) return false;
    this.send(victim.contact, { type: 'disconnect', isLeaving: false });
    this.down(victim.contact.peerId, 'evicted');
    this.keep(victim.contact);
    return true;
  }

  /** Somebody who may be asked later; nothing is known of his load. @param sent those go first where it is full. */
  keep(contact: Contact, sent: readonly Contact[] = []): void {
    const { peerId } = contact;
    if (this.isOther(peerId) && !this.passive.has(peerId)) this.passive.add(contact, 0, sent);
  }

  send(to: Contact, message: MembershipMessage): void {
    this.#effects.push({ type: 'send', to, message });
  }

  /** What is to be done since it was taken last. */
  taken(): readonly MembershipEffect[] {
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }
}
