/**
 * Brings messages to everybody: Plumtree (Leitao, Pereira, Rodrigues, "Epidemic Broadcast Trees", SRDS 2007). Over some
 * links a message travels at once, over the others only word of it; whoever hears of one that does not come asks for it.
 * The links over which messages travel become a tree: where one comes twice a link is taken out, and who is cut off takes
 * one in.
 *
 * Pure: whoever runs it judges a message before it is taken, ticks when it is due, and carries the effects out. Time is
 * monotonic, in milliseconds.
 */
import type { PeerId } from '#src/domain/ids.js';
import { unreachable } from '#src/domain/unreachable.js';
import { Announcing } from './announcing.js';
import type { Announced, BroadcastMessage, MessageId } from './broadcast-message.js';
import { MissingMessages } from './missing-messages.js';
import { SeenMessages } from './seen-messages.js';
import { TreeLinks } from './tree-links.js';

/**
 * Farther a message is told of, not pushed: then everybody asks the nearest of his neighbours who have it. Its way stays
 * short, and so need not the tree, which losses lengthen to 40 links among 1,000 peers. Log of 10^6 to the base of four.
 */
const MOST_PUSHED = 9;

/**
 * So many messages in a row came only when they were asked for: nobody pushes any here. Fewer may be lost farther up,
 * where asking for more than the message would add links that the tree does not need.
 */
const CUT_OFF = 5;

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
  readonly #links = new TreeLinks();
  readonly #seen = new SeenMessages();
  readonly #missing: MissingMessages;
  readonly #announcing = new Announcing();
  /** How many messages in a row came only when they were asked for. */
  #askedInARow = 0;
  #effects: BroadcastEffect[] = [];

  /** @param roundTripMs how long an answer of that neighbour takes. */
  constructor(roundTripMs: (peer: PeerId) => number) {
    this.#missing = new MissingMessages(roundTripMs);
  }

  get eager(): ReadonlySet<PeerId> {
    return this.#links.eager;
  }

  get lazy(): ReadonlySet<PeerId> {
    return this.#links.lazy;
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
    return Math.min(this.#announcing.dueAt, this.#missing.dueAt);
  }

  neighbourUp(peer: PeerId): void {
    this.#links.add(peer);
  }

  neighbourDown(peer: PeerId): void {
    // What the tree loses here it gets back with the next message that does not come.
    if (this.#links.remove(peer)) this.#askedInARow = CUT_OFF;
    this.#announcing.forgetPeer(peer);
    this.#missing.forgetPeer(peer);
  }

  /** A message begins here. */
  publish(id: MessageId, payload: Uint8Array, now: number): readonly BroadcastEffect[] {
    if (this.#seen.has(id)) return [];
    this.#take(id, payload, 0, now);
    this.#push(id, payload, 0, undefined, now);
    this.#announcing.begins(id, now);
    return this.#taken();
  }

  /** It came another way. Neighbours hear that it is here: most have had it for long. */
  obtained(id: MessageId, payload: Uint8Array, now: number): readonly BroadcastEffect[] {
    if (this.#seen.has(id)) return [];
    this.#take(id, payload, 0, now);
    this.#tellAll(id, 0, undefined, now);
    return this.#taken();
  }

  /**
   * @param message of a neighbour, or of one who was; a payload was judged before, unless it is known.
   * @param reach who is so many links from its author passes it on no more
   */
  receive(
    from: PeerId,
    message: BroadcastMessage,
    now: number,
    reach = Number.POSITIVE_INFINITY,
  ): readonly BroadcastEffect[] {
    switch (message.type) {
      case 'gossip':
        this.#gossip(from, message, now, reach);
        break;
      case 'have':
        this.#announced(from, message.messages, now);
        break;
      case 'want':
        this.#answer(from, message.id);
        break;
      case 'graft':
        this.#links.makeEager(from);
        this.#answer(from, message.id);
        break;
      case 'prune':
        this.#links.makeLazy(from);
        break;
      default:
        unreachable(message);
    }
    return this.#taken();
  }

  tick(now: number): readonly BroadcastEffect[] {
    for (const id of this.#announcing.again(now)) this.#tellAll(id, 0, undefined, now);
    for (const [to, messages] of this.#announcing.due(now))
      this.#send(to, { type: 'have', messages });
    for (const { id, peer } of this.#missing.due(now)) this.#ask(peer, id);
    return this.#taken();
  }

  #gossip(
    from: PeerId,
    { id, round, payload }: Extract<BroadcastMessage, { type: 'gossip' }>,
    now: number,
    reach: number,
  ): void {
    if (this.#seen.has(id)) {
      // Both ends have to know, else one of them goes on sending.
      this.#links.makeLazy(from);
      this.#send(from, { type: 'prune' });
      return;
    }
    const wasTold = this.#take(id, payload, round, now).has(from);
    this.#effects.push({ type: 'deliver', id, payload, round });
    const isLast = round >= reach;
    if (wasTold) {
      // All around lack it too, and ask as we did: pushed, it would come twice.
      this.#askedInARow += 1;
      if (!isLast) this.#tellAll(id, round, from, now);
      return;
    }
    this.#askedInARow = 0;
    this.#links.makeEager(from);
    if (isLast) return;
    if (round < MOST_PUSHED) this.#push(id, payload, round, from, now);
    else this.#tellAll(id, round, from, now);
  }

  /** @returns who said that they have it. */
  #take(id: MessageId, payload: Uint8Array, round: number, now: number): ReadonlySet<PeerId> {
    this.#seen.add(id, round, payload, now);
    return this.#missing.found(id);
  }

  #push(
    id: MessageId,
    payload: Uint8Array,
    round: number,
    from: PeerId | undefined,
    now: number,
  ): void {
    for (const peer of this.#links.eager) {
      if (peer !== from) this.#send(peer, { type: 'gossip', id, round: round + 1, payload });
    }
    this.#announcing.tell(this.#links.lazy, { id, round }, from, now);
  }

  #tellAll(id: MessageId, round: number, from: PeerId | undefined, now: number): void {
    this.#announcing.tell(this.#links.eager, { id, round }, from, now);
    this.#announcing.tell(this.#links.lazy, { id, round }, from, now);
  }

  #ask(peer: PeerId, id: MessageId): void {
    if (this.#askedInARow < CUT_OFF) return this.#send(peer, { type: 'want', id });
    this.#askedInARow = 0;
    this.#links.makeEager(peer);
    this.#send(peer, { type: 'graft', id });
  }

  #answer(to: PeerId, id: MessageId): void {
    const payload = this.#seen.payloadOf(id);
    if (payload === undefined) return;
    this.#send(to, { type: 'gossip', id, round: this.#seen.roundOf(id) + 1, payload });
  }

  #announced(from: PeerId, messages: readonly Announced[], now: number): void {
    // Who is no neighbour is asked for nothing.
    if (!this.#links.has(from)) return;
    for (const { id, round } of messages) {
      if (!this.#seen.has(id)) this.#missing.add(id, from, round, now);
    }
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
