/**
 * Private messages of ours, from the word to the acknowledgement: each is numbered, signed and stored, goes over the
 * link to the one it is for, and is delivered once that one has stored it. Where it may wait it is kept until then, over
 * restarts, and told again whenever that one is back.
 */
import { P2pError } from '#src/domain/errors.js';
import type { PeerId } from '#src/domain/ids.js';
import { checkedText } from '#src/domain/mesh/message-text.js';
import type { HeardMessage } from '#src/domain/mesh/said-news.js';
import type { Credentials, Self } from '#src/domain/peers/self.js';
import { signTell } from '#src/io/mesh/tell-signing.js';
import type { TellOptions } from '#src/peer/api.js';
import type { PeerEvent } from '#src/peer/events.js';
import type { NamedPeer } from '#src/peer/network/naming.js';
import type { Reaching } from '#src/peer/network/reaching.js';
import type { MessageRow } from '#src/peer/rows.js';
import { databaseError } from '#src/peer/shares/share-news.js';
import type * as Mesh from '#workers/mesh.js';
import { Acknowledgements } from './acknowledgements.js';
import { type Kept, type PrivateMessages, privateRow } from './private-messages.js';
import { TellOutcomes, tellFailureOf } from './tell-outcomes.js';
import { requireRoom, requireTakenBack, waitingCalled } from './waiting-room.js';

/** Between two looks at what waits: whom it could not be told is tried again, and what is too old is given up. */
const SWEEP_MS = 60_000;

/** So long a link is kept for what waited: acknowledgements take a round trip and a write each. */
const DELIVERS_MS = 10_000;

const NO_ROOM = 'it takes no more for now: try again later';

/** Whoever was away for a month has other news to read. */
const WAITS_MS = 30 * 86_400_000;

export type TellingParts = {
  readonly self: Self;
  readonly credentials: Credentials;
  readonly messages: PrivateMessages;
  readonly reaching: Pick<Reaching, 'reach'>;
  readonly isLinked: (peer: PeerId) => boolean;
  /** As what it is known; undefined where it is not, or is blocked. */
  readonly known: (peer: PeerId) => NamedPeer | undefined;
  readonly lastToAll: () => number;
  readonly order: (order: Mesh.In) => void;
  readonly tell: (event: PeerEvent, ref?: string) => void;
  /** Milliseconds since 1970. */
  readonly now: () => number;
};

export class Telling {
  readonly #parts: TellingParts;
  readonly #acknowledgements = new Acknowledgements();
  readonly #outcomes: TellOutcomes;
  /** Those that have not ended. */
  readonly #running = new Set<Promise<MessageRow>>();
  readonly #sweeper: NodeJS.Timeout;
  #changing: Promise<void> = Promise.resolve();
  /** Whom messages are for that wait and are not stored yet. */
  readonly #beingKept: PeerId[] = [];
  #isClosed = false;

  constructor(parts: TellingParts) {
    this.#parts = parts;
    this.#outcomes = new TellOutcomes(parts);
    this.#sweeper = setInterval(() => this.sweep(), SWEEP_MS).unref();
  }

  /**
   * Resolves once the other has stored it, or with `waiting` once it is kept here until then.
   * @throws P2pError `usage`, `limit`, `offline`, `timed-out`, `full`, `refused`, `data-failed`, `closed`
   */
  async tell(peer: NamedPeer, text: string, options: TellOptions = {}): Promise<MessageRow> {
    checkedText(text);
    const { whenBack, ref } = options;
    const running =
      whenBack === true ? this.#keep(peer, text, ref) : this.#tellNow(peer, text, ref);
    this.#running.add(running);
    return running.finally(() => this.#running.delete(running));
  }

  /**
   * Takes back what waits. Where it is on its way just now it may arrive all the same: `message-delivered` says so then.
   * @throws P2pError `usage`, `not-found`, `ambiguous`, `data-failed`
   */
  async cancel(word: string, ref?: string): Promise<MessageRow> {
    const kept = waitingCalled(word, this.#parts.messages.kept());
    const error = new P2pError('cancelled', 'it was taken back');
    await this.#inTurn(() => this.#failed(kept, error, 'cancelled', ref));
    const now = requireTakenBack(this.#parts.messages.ours(kept.record.id, kept.other));
    this.#acknowledgements.settle(kept.record.id, error);
    return privateRow(now);
  }

  /** A link is there: what was told and not acknowledged is told again, and what waited is told. */
  linked(peer: PeerId): void {
    for (const kept of this.#parts.messages.kept(peer)) {
      if (kept.isWaiting || this.#acknowledgements.isAwaited(kept.record.id)) this.#say(kept);
    }
  }

  /** Whoever stopped does not acknowledge; a link that is lost may be back in a moment. */
  unlinked(peer: PeerId, isForGood: boolean): void {
    if (!isForGood) return;
    const error = new P2pError('offline', 'it left before it answered');
    for (const { record } of this.#parts.messages.kept(peer)) {
      this.#acknowledgements.settle(record.id, error);
    }
  }

  /** It is here, with a link or without. */
  returned(peer: NamedPeer): void {
    if (this.#parts.isLinked(peer.peerId)) return;
    if (!this.#parts.messages.kept(peer.peerId).some(({ isWaiting }) => isWaiting)) return;
    // It is told as the link comes; without one it goes on waiting.
    this.#parts.reaching.reach(peer).then(
      (release) => setTimeout(release, DELIVERS_MS).unref(),
      () => undefined,
    );
  }

  /** What became of one of ours, as that peer says. */
  hearTold(from: PeerId, id: string, outcome: 'stored' | 'full' | 'refused'): void {
    const kept = this.#parts.messages.ours(id, from);
    if (kept === undefined || kept.record.state === 'delivered') return;
    if (outcome === 'stored') return void this.#inTurn(() => this.#delivered(kept));
    const error = new P2pError(outcome, outcome === 'full' ? NO_ROOM : 'it does not take it');
    if (this.#acknowledgements.isAwaited(id)) return this.#acknowledgements.settle(id, error);
    if (outcome === 'refused' && kept.isWaiting) void this.#inTurn(() => this.#failed(kept, error));
  }

  /** Of earlier starts: whoever waited for an answer is gone. */
  async begin(): Promise<void> {
    for (const kept of this.#parts.messages.kept()) {
      if (kept.record.state === 'sent') await this.#parts.messages.change(kept, 'failed');
    }
    this.sweep();
  }

  sweep(): void {
    const absent = new Set<PeerId>();
    for (const kept of this.#parts.messages.kept()) {
      if (!kept.isWaiting) continue;
      if (this.#parts.now() - kept.record.sentAt > WAITS_MS) {
        const error = new P2pError('timed-out', 'it waited for 30 days');
        void this.#inTurn(() => this.#failed(kept, error, 'expired'));
      } else if (this.#parts.isLinked(kept.other)) this.#say(kept);
      else absent.add(kept.other);
    }
    for (const peer of absent) {
      const known = this.#parts.known(peer);
      if (known !== undefined) this.returned(known);
    }
  }

  /** Whoever waits still is told that no answer comes. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#sweeper);
    this.#acknowledgements.close();
    await Promise.allSettled(this.#running);
    await this.#changing;
  }

  async #tellNow(peer: NamedPeer, text: string, ref?: string): Promise<MessageRow> {
    let release: () => void;
    try {
      release = await this.#parts.reaching.reach(peer);
    } catch (cause) {
      const error = cause as P2pError;
      const kept = await this.#store(peer.peerId, text, 'failed');
      this.#outcomes.failed(kept, error, tellFailureOf(error), ref);
      throw error;
    }
    try {
      return await this.#sendAndWait(await this.#store(peer.peerId, text, 'sent'), ref);
    } finally {
      release();
    }
  }

  async #keep(peer: NamedPeer, text: string, ref?: string): Promise<MessageRow> {
    requireRoom(this.#parts.messages.kept(), peer.peerId, this.#beingKept);
    this.#beingKept.push(peer.peerId);
    const kept = await this.#store(peer.peerId, text, 'waiting').finally(() => {
      this.#beingKept.splice(this.#beingKept.indexOf(peer.peerId), 1);
    });
    if (this.#parts.isLinked(peer.peerId)) return this.#sendAndWait(kept, ref);
    if (!this.#isClosed) this.#outcomes.waiting(kept, ref);
    this.returned(peer);
    return privateRow(kept);
  }

  async #store(to: PeerId, text: string, state: 'sent' | 'waiting' | 'failed'): Promise<Kept> {
    const { messages, self, credentials, lastToAll, now } = this.#parts;
    const number = await messages.number(to);
    const telling = { ...number, sentAt: now(), text, to };
    const signed: HeardMessage = signTell(telling, self, credentials);
    return messages.add(signed, to, state, lastToAll());
  }

  async #sendAndWait(kept: Kept, ref: string | undefined): Promise<MessageRow> {
    const answer = this.#acknowledgements.wait(kept.record.id, ref);
    this.#say(kept);
    const error = await answer;
    if (error === undefined) return { ...privateRow(kept), state: 'delivered' };
    const isTakenBack = error.code === 'cancelled';
    if (kept.isWaiting && error.code !== 'refused' && !isTakenBack) {
      if (!this.#isClosed) this.#outcomes.waiting(kept, ref);
      return privateRow(kept);
    }
    // It was told to whoever took it back; who had told it waits for an answer of his own.
    if (isTakenBack && ref !== undefined) this.#outcomes.failed(kept, error, 'cancelled', ref);
    if (isTakenBack) throw error;
    await this.#inTurn(() => this.#failed(kept, error, tellFailureOf(error), ref));
    throw error;
  }

  #say({ other, record }: Kept): void {
    const payload = Buffer.from(record.payload, 'base64');
    this.#parts.order({ type: 'tell', peerId: other, message: { type: 'tell', payload } });
  }

  async #delivered({ other, record }: Kept): Promise<void> {
    const now = this.#parts.messages.ours(record.id, other);
    if (now === undefined || now.record.state === 'delivered') return;
    const kept = await this.#parts.messages.change(now, 'delivered');
    this.#outcomes.delivered(kept, this.#acknowledgements.refOf(record.id));
    this.#acknowledgements.settle(record.id);
  }

  async #failed(
    { other, record }: Kept,
    error: P2pError,
    code = tellFailureOf(error),
    ref?: string,
  ): Promise<void> {
    const now = this.#parts.messages.ours(record.id, other);
    if (now === undefined || now.record.state === 'delivered') return;
    const kept = await this.#parts.messages.change(now, 'failed');
    this.#outcomes.failed(kept, error, code, ref);
  }

  /** What becomes of messages is written in the order in which it is heard. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    this.#changing = this.#changing
      .then(work)
      .catch((error: Error) => this.#parts.tell(databaseError(error)));
    return this.#changing;
  }
}
