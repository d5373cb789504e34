/**
 * Now and then peers exchange some of those they know, so that what each knows stays a sample of the whole network.
 * HyParView's shuffle. Time in milliseconds.
 */
import type { PeerId } from '#src/domain/ids.js';
import type { ActiveView } from './active-view.js';
import type { Contact, MembershipMessage } from './membership-message.js';
import type { PassiveView } from './passive-view.js';

/** Of the paper: how many of each view are told, and how far. */
const ACTIVE = 3;
const PASSIVE = 4;
const HOPS = 6;
/** Those, and whoever sends them: nobody fills a view with more at once. */
const MOST = ACTIVE + PASSIVE + 1;

/** Views of 30 turn over in minutes; a shuffle costs some kilobytes all along its way. */
const EACH_MS = 30_000;

type Shuffle = Extract<MembershipMessage, { type: 'shuffle' }>;
type ShuffleAnswer = Extract<MembershipMessage, { type: 'shuffle-answer' }>;

export type ShufflingOptions = {
  readonly self: Contact;
  readonly active: ActiveView;
  readonly passive: PassiveView;
  /** @returns a number in [0, 1). */
  readonly random: () => number;
  readonly send: (to: Contact, message: MembershipMessage) => void;
  /** Somebody was told of who may be asked later; those who were `sent` make room for him. */
  readonly keep: (contact: Contact, sent: readonly Contact[]) => void;
  /** Whether a dial is made because that peer spoke of somebody. */
  readonly mayDialFor: (by: PeerId, now: number) => boolean;
};

export class Shuffling {
  readonly #options: ShufflingOptions;
  #request = 0;
  /** What was sent with the request that waits for its answer. */
  #sent: readonly Contact[] | undefined;
  /** When to start the next. */
  dueAt: number;

  constructor(options: ShufflingOptions, now: number) {
    this.#options = options;
    this.dueAt = now + EACH_MS * options.random();
  }

  start(now: number): void {
    const { self, active, passive, random, send } = this.#options;
    // Not all at once, where many were started together.
    this.dueAt = now + EACH_MS * (0.5 + random());
    const to = active.random();
    if (to === undefined) return;
    const neighbours = active.all.map(({ contact }) => contact);
    const others = neighbours.filter(({ peerId }) => peerId !== to.peerId).slice(-ACTIVE);
    const sample = [...others, ...passive.sample(PASSIVE)];
    this.#request += 1;
    this.#sent = sample;
    send(to, { type: 'shuffle', request: this.#request, origin: self, ttl: HOPS, sample });
  }

  /** Goes on to somebody else, or ends here and is answered. */
  received(from: Contact, message: Shuffle, now: number): void {
    const { self, active, passive, send, keep, mayDialFor } = this.#options;
    const { request, origin, ttl } = message;
    if (origin.peerId === self.peerId) return;
    const sample = message.sample.slice(0, MOST);
    const next = ttl > 1 ? active.random(from.peerId, origin.peerId) : undefined;
    if (next !== undefined) {
      send(next, { ...message, sample, ttl: Math.min(ttl, HOPS) - 1 });
      return;
    }
    if (!mayDialFor(from.peerId, now)) return;
    // What is answered is what was known before: a newcomer is to learn something.
    const answer = passive.sample(sample.length);
    send(origin, { type: 'shuffle-answer', request, sample: answer });
    for (const contact of [...sample, origin]) keep(contact, answer);
  }

  /** @returns whether it was waited for: nobody fills our view unasked. */
  answered({ request, sample }: ShuffleAnswer): boolean {
    if (this.#sent === undefined || request !== this.#request) return false;
    const sent = this.#sent;
    this.#sent = undefined;
    for (const contact of sample.slice(0, MOST)) this.#options.keep(contact, sent);
    return true;
  }
}
