/**
 * Brings messages to everybody: Plumtree (Leitao, Pereira, Rodrigues, "Epidemic Broadcast Trees", SRDS 2007). Over some
 * links a message travels at once, over the others only word of it; whoever hears of one that does not come asks for it,
 * and gets messages over that link from then on. The links over which messages travel become a tree, and mend themselves.
 *
 * Pure: whoever runs it judges a message before it is taken, ticks when it is due, and carries the effects out. Time is
 * monotonic, in milliseconds.
 */
import type { PeerId } from '#src/domain/ids.js';
import { unreachable } from '#src/domain/unreachable.js';
import type { Announced, BroadcastMessage, MessageId } from './broadcast-message.js';
import { MissingMessages } from './missing-messages.js';
import { type Origin, SeenMessages } from './seen-messages.js';

/** What is announced within so long goes in one message. */
const HAVE_MS = 5;
/** Word of more than this is passed on at once. */
const MOST_ANNOUNCED = 64;

/** Whoever is told of a message so many links sooner than it came takes messages from there: of the paper, for LANs. */
const SHORTER_BY = 3;

export type BroadcastEffect =
  | { readonly type: 'send'; readonly to: PeerId; readonly message: BroadcastMessage }
  /** Here is a message for the first time. */
  | {
      readonly type: 'deliver';
      readonly id: MessageId;
      readonly payload: Uint8Array;
      /** Over how many links it came. */
      readonly round: number;
    };

export class Broadcast {
  /** They get messages. */
  readonly #eager = new Set<PeerId>();
  /** They hear of them. */
  readonly #lazy = new Set<PeerId>();
  readonly #seen = new SeenMessages();
  readonly #missing: MissingMessages;
  readonly #toAnnounce = new Map<PeerId, Announced[]>();
  #announceAt = Number.POSITIVE_INFINITY;
  #effects: BroadcastEffect[] = [];

  /** @param roundTripMs how long an answer of that neighbour takes. @param random in [0, 1). */
  constructor(roundTripMs: (peer: PeerId) => number, random: () => number) {
    this.#missing = new MissingMessages(roundTripMs, random);
  }

  get eager(): ReadonlySet<PeerId> {
    return this.#eager;
  }

  get lazy(): ReadonlySet<PeerId> {
    return this.#lazy;
  }

  /** Messages that it knows of and has not got. */
  get missing(): number {
    return this.#missing.size;
  }

  /** Whether it was here already: then it is not worth judging. */
  knows(id: MessageId): boolean {
    return this.#seen.has(id);
  }

  /** When to tick next. */
  get dueAt(): number {
    return Math.min(this.#announceAt, this.#missing.dueAt);
  }

  neighbourUp(peer: PeerId): void {
    // Until a message comes twice nobody knows which links are too many.
    if (!this.#lazy.has(peer)) this.#eager.add(peer);
  }

  neighbourDown(peer: PeerId): void {
    this.#eager.delete(peer);
    this.#lazy.delete(peer);
    this.#toAnnounce.delete(peer);
    this.#missing.forgetPeer(peer);
  }

  /** A message begins here. */
  publish(id: MessageId, payload: Uint8Array, now: number): readonly BroadcastEffect[] {
    this.#spread(id, payload, { from: undefined, round: 0 }, now);
    return this.#taken();
  }

  /** It came another way. Neighbours hear that it is here: most have had it for long. */
  obtained(id: MessageId, payload: Uint8Array, now: number): readonly BroadcastEffect[] {
    if (this.#seen.has(id)) return [];
    this.#seen.add(id, { from: undefined, round: 0 }, payload, now);
    this.#missing.found(id);
    for (const peer of this.#eager) this.#toTell(peer, { id, round: 0 }, now);
    for (const peer of this.#lazy) this.#toTell(peer, { id, round: 0 }, now);
    return this.#taken();
  }

  /** @param message of a neighbour, or of one who was; a payload was judged before, unless it is known. */
  receive(from: PeerId, message: BroadcastMessage, now: number): readonly BroadcastEffect[] {
    switch (message.type) {
      case 'gossip':
        this.#gossip(from, message, now);
        break;
      case 'have':
        this.#announced(from, message.messages, now);
        break;
      case 'graft':
        this.#graft(from, message.id);
        break;
      case 'prune':
        this.#makeLazy(from);
        break;
      default:
        unreachable(message);
    }
    return this.#taken();
  }

  tick(now: number): readonly BroadcastEffect[] {
    if (now >= this.#announceAt) this.#announce();
    for (const { id, peer } of this.#missing.due(now)) {
      this.#makeEager(peer);
      this.#send(peer, { type: 'graft', id });
    }
    return this.#taken();
  }

  #gossip(
    from: PeerId,
    { id, round, payload }: Extract<BroadcastMessage, { type: 'gossip' }>,
    now: number,
  ): void {
    if (this.#seen.has(id)) {
      // Both ends have to know, else one of them goes on sending.
      this.#makeLazy(from);
      this.#send(from, { type: 'prune' });
      return;
    }
    const origin = { from, round };
    const announcers = this.#missing.found(id);
    this.#effects.push({ type: 'deliver', id, payload, round });
    this.#spread(id, payload, origin, now);
    this.#makeEager(from);
    for (const [peer, theirs] of announcers) this.#shorten(peer, theirs + 1, origin);
  }

  #spread(id: MessageId, payload: Uint8Array, origin: Origin, now: number): void {
    const { from, round } = origin;
    this.#seen.add(id, origin, payload, now);
    this.#missing.found(id);
    for (const peer of this.#eager) {
      if (peer !== from) this.#send(peer, { type: 'gossip', id, round: round + 1, payload });
    }
    for (const peer of this.#lazy) if (peer !== from) this.#toTell(peer, { id, round }, now);
  }

  #toTell(peer: PeerId, announced: Announced, now: number): void {
    const all = this.#toAnnounce.get(peer) ?? [];
    all.push(announced);
    this.#toAnnounce.set(peer, all);
    const at = all.length >= MOST_ANNOUNCED ? now : now + HAVE_MS;
    this.#announceAt = Math.min(this.#announceAt, at);
  }

  #announce(): void {
    for (const [to, messages] of this.#toAnnounce) this.#send(to, { type: 'have', messages });
    this.#toAnnounce.clear();
    this.#announceAt = Number.POSITIVE_INFINITY;
  }

  #announced(from: PeerId, messages: readonly Announced[], now: number): void {
    // Who is no neighbour is asked for nothing.
    if (!this.#eager.has(from) && !this.#lazy.has(from)) return;
    for (const { id, round } of messages) {
      const origin = this.#seen.originOf(id);
      if (origin === undefined) this.#missing.add(id, from, round, now);
      else this.#shorten(from, round + 1, origin);
    }
  }

  /** Where word of a message came over a much shorter way than the message, messages are to come that way. */
  #shorten(by: PeerId, round: number, origin: Origin): void {
    if (origin.from === undefined || round + SHORTER_BY > origin.round) return;
    if (!this.#lazy.has(by) || !this.#eager.has(origin.from)) return;
    this.#makeEager(by);
    this.#send(by, { type: 'graft' });
    this.#makeLazy(origin.from);
    this.#send(origin.from, { type: 'prune' });
  }

  #graft(from: PeerId, id: MessageId | undefined): void {
    this.#makeEager(from);
    const payload = id === undefined ? undefined : this.#seen.payloadOf(id);
    if (id === undefined || payload === undefined) return;
    const round = (this.#seen.originOf(id)?.round ?? 0) + 1;
    this.#send(from, { type: 'gossip', id, round, payload });
  }

  #makeEager(peer: PeerId): void {
    if (this.#lazy.delete(peer)) this.#eager.add(peer);
  }

  #makeLazy(peer: PeerId): void {
    if (this.#eager.delete(peer)) this.#lazy.add(peer);
  }

  #send(to: PeerId, message: BroadcastMessage): void {
    this.#effects.push({ type: 'send', to, message });
  }

  #taken(): readonly BroadcastEffect[] {
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }
}
