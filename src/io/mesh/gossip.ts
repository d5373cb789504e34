/**
 * What is said to everybody: signs what is said here, judges what comes, shows it, and runs the machines that bring it to
 * all (a tree over the neighbours, and history for whoever was away). Who is a neighbour it is told.
 */
import type { ErrorRecord } from '#src/domain/errors.js';
import type { PeerId } from '#src/domain/ids.js';
import { Broadcast } from '#src/domain/mesh/broadcast.js';
import type { BroadcastMessage } from '#src/domain/mesh/broadcast-message.js';
import { Component } from '#src/domain/mesh/component.js';
import { type HistoryMessage, HistorySync } from '#src/domain/mesh/history-sync.js';
import { type Dated, KeptMessages } from '#src/domain/mesh/kept-messages.js';
import { Ordering } from '#src/domain/mesh/ordering.js';
import { Reception } from '#src/domain/mesh/reception.js';
import type {
  HeardMessage,
  History,
  MeshNews,
  PassingWord,
  Saying,
} from '#src/domain/mesh/said-news.js';
import type { Credentials, Self } from '#src/domain/peers/self.js';
import type { Query } from '#src/domain/query/query.js';
import { unreachable } from '#src/domain/unreachable.js';
import { messageIdOf, openMessage, type SignedMessage } from '#src/wire/signed-message.js';
import { GossipJudge } from './gossip-judge.js';
import { type GossipWord, GossipWords } from './gossip-words.js';
import { offerNews } from './offer-news.js';
import { OwnVoice } from './own-voice.js';

/** Until it is measured, and at least: on a local network it is mostly threads and timers that take time. */
const ROUND_TRIP_MS = 20;

/** A clock that was set to another day still works, on the way too. */
const MOST_AHEAD_MS = 2 * 86_400_000;

export type GossipOptions = {
  readonly self: Self;
  readonly credentials: Credentials;
  readonly history: History;
  readonly isTrusted: (peer: PeerId) => boolean;
  readonly isLinked: (peer: PeerId) => boolean;
  /** What was measured on the link with a neighbour, if anything. */
  readonly roundTripMs: (peer: PeerId) => number | undefined;
};

export class Gossip {
  readonly #self: PeerId;
  readonly #voice: OwnVoice;
  readonly #broadcast: Broadcast;
  readonly #reception: Reception;
  readonly #ordering: Ordering<HeardMessage>;
  readonly #kept = new KeptMessages();
  readonly #history: HistorySync;
  readonly #component: Component;
  readonly #judge: GossipJudge;
  readonly #words = new GossipWords();

  constructor(options: GossipOptions) {
    const { self, credentials, history, isTrusted, isLinked, roundTripMs } = options;
    const now = performance.now();
    this.#self = self.peerId;
    this.#voice = new OwnVoice(self, credentials);
    const { random } = Math;
    this.#broadcast = new Broadcast((peer) => Math.max(ROUND_TRIP_MS, roundTripMs(peer) ?? 0));
    this.#reception = new Reception(history.horizon);
    this.#ordering = new Ordering(this.#reception, this.#show.bind(this));
    const others = {
      isTrusted,
      isLinked,
      warn: (error: ErrorRecord) => this.#words.tell({ type: 'trouble', error }),
    };
    this.#judge = new GossipJudge(this.#reception, self.peerId, others);
    this.#history = new HistorySync({ kept: this.#kept, random, now });
    this.#component = new Component(self.peerId, now, random);
    this.#recall(history);
  }

  /** When to tick next, monotonic milliseconds. */
  get dueAt(): number {
    const { dueAt: ordering } = this.#ordering;
    const { dueAt: component } = this.#component;
    return Math.min(this.#broadcast.dueAt, this.#history.dueAt, ordering, component);
  }

  /** The name of the part of the network this peer is in; none until it is known. */
  get part(): PeerId | undefined {
    return this.#component.nameAt(performance.now());
  }

  neighbourUp(peer: PeerId): readonly GossipWord[] {
    this.#broadcast.neighbourUp(peer);
    this.#words.sendAll(this.#history.neighbourUp(peer, performance.now()));
    return this.#words.taken();
  }

  neighbourDown(peer: PeerId): void {
    this.#broadcast.neighbourDown(peer);
    this.#history.neighbourDown(peer);
  }

  say(saying: Saying): readonly GossipWord[] {
    this.#publish(this.#voice.lasting(saying));
    return this.#words.taken();
  }

  /** Asks everybody. It is heard here too. */
  ask(query: Query): readonly GossipWord[] {
    this.#publish(this.#voice.passing({ kind: 'query', query }));
    return this.#words.taken();
  }

  /** It is heard here too. */
  pass(word: PassingWord): readonly GossipWord[] {
    this.#publish(this.#voice.passing(word));
    return this.#words.taken();
  }

  /** @throws P2pError `protocol`: the link it came over is to end */
  heard(from: PeerId, message: BroadcastMessage | HistoryMessage): readonly GossipWord[] {
    switch (message.type) {
      case 'digest':
      case 'summary':
        this.#words.sendAll(this.#history.receive(from, message, performance.now()));
        break;
      case 'missed':
        this.#hearMissed(from, message.payloads);
        break;
      default:
        this.#hearBroadcast(from, message);
    }
    return this.#words.taken();
  }

  tick(): readonly GossipWord[] {
    const now = performance.now();
    this.#words.spread(this.#broadcast.tick(now));
    this.#words.sendAll(this.#history.tick(now));
    this.#ordering.tick(now);
    if (this.#component.tick(now)) this.#publish(this.#voice.passing({ kind: 'pulse' }));
    return this.#words.taken();
  }

  /** What earlier lives have heard. */
  #recall({ rows, payloads }: History): void {
    for (const row of rows) this.#reception.acceptRow(row);
    for (const payload of payloads) this.#keep(openMessage(payload), payload);
  }

  #publish(payload: Uint8Array): void {
    const id = messageIdOf(payload);
    const judged = this.#judge.judge(id, payload, performance.now());
    if (judged !== undefined) this.#take(judged, payload);
    this.#words.spread(this.#broadcast.publish(id, payload, performance.now()));
  }

  #hearBroadcast(from: PeerId, message: BroadcastMessage): void {
    const now = performance.now();
    let reach = Number.POSITIVE_INFINITY;
    if (message.type === 'gossip' && !this.#broadcast.knows(message.id)) {
      const judged = this.#judge.judge(message.id, message.payload, now);
      if (judged === undefined) return;
      if (judged.said.kind === 'query') reach = judged.said.query.hops;
      this.#take(judged, message.payload);
    }
    this.#words.spread(this.#broadcast.receive(from, message, now, reach));
  }

  /** What nobody asked for is dropped before it costs anything. */
  #hearMissed(from: PeerId, payloads: readonly Uint8Array[]): void {
    for (const payload of payloads) {
      if (!this.#history.takesMissed(from, performance.now())) return;
      const { message, isNew } = this.#judge.judgeMissed(payload);
      // Kept for others though it was here, or is too old to say: else they would be asked for it for ever.
      this.#keep(message, payload);
      if (!isNew) continue;
      this.#take(message, payload);
      const id = messageIdOf(payload);
      this.#words.spread(this.#broadcast.obtained(id, payload, performance.now()));
    }
  }

  /** What each kind of message does where it is heard for the first time, at its author's too. */
  #take(message: SignedMessage, payload: Uint8Array): void {
    const { said, author } = message;
    switch (said.kind) {
      case 'say':
        return this.#hearText(message, said.text, payload);
      case 'pulse':
        return this.#component.heard(author, performance.now());
      case 'query':
        this.#words.tell({ type: 'query-heard', asker: author, query: said.query });
        return;
      case 'stop':
        this.#words.tell(stopOf(message));
        return;
      case 'offer':
        this.#words.tell(offerNews(message, said.offer));
        return;
      case 'tell':
      case 'receipt':
        // The judge lets none pass: it is for one peer alone, over the link with him.
        return;
      default:
        unreachable(said);
    }
  }

  #hearText({ said, ...rest }: SignedMessage, text: string, payload: Uint8Array): void {
    this.#keep(rest, payload);
    const message = { ...rest, id: messageIdOf(payload), text, payload };
    // Nothing of ours is on its way; a number of ours that was never used is waited for by nobody here.
    if (rest.author === this.#self) this.#show(message);
    else this.#ordering.take(message, performance.now());
  }

  /** Who dates his words ahead keeps no others out. */
  #keep(message: Dated, payload: Uint8Array): void {
    if (message.sentAt < Date.now() + MOST_AHEAD_MS) this.#kept.add(message, payload);
  }

  #show(message: HeardMessage): void {
    this.#words.tell({ type: 'message-heard', message });
  }
}

function stopOf({ author, name, sentAt }: SignedMessage): MeshNews {
  return { type: 'stop-heard', author, name, sentAt };
}
