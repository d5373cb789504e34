/**
 * One who has a content whole, and some who download it at the same time, in virtual time: every link carries so many
 * bytes a ms each way, what several take from one is sent to each in turn, and nothing is lost.
 */
import { ChunkSet, type Ranges } from '#src/domain/content/chunk-set.js';
import { DownloadMachine } from '#src/domain/download/download.js';
import type { DownloadOut, SourceEvent } from '#src/domain/download/download-events.js';
import type { ChunkIndex, PeerId } from '#src/domain/ids.js';
import { KiB } from '#src/domain/limits.js';
import { SuperSeeding } from '#src/domain/spread/super-seeding.js';
import { EventQueue } from './event-queue.js';

export type ReceiverPlan = {
  readonly joinsAt?: number;
  readonly leavesAt?: number;
  /** It tells nobody what it has, and says to the owner that it holds this. */
  readonly hoards?: { readonly claims: Ranges };
};

export type SwarmPlan = {
  readonly chunks: number;
  readonly chunkBytes: number;
  /** Of every link, each way. */
  readonly bytesPerMs: number;
  readonly receivers: readonly ReceiverPlan[];
  readonly random: () => number;
};

export type SwarmOutcome = {
  /** When each had all of it; undefined for those who never did. */
  readonly doneAt: readonly (number | undefined)[];
  /** What the owner sent, in contents. */
  readonly copies: number;
};

/** A message from one to another; a request actor's start and all that comes before it is connected; news in catalogues. */
const MESSAGE_MS = 1;
const CONNECT_MS = 100;
const LISTED_MS = 100;
/** As the product does: gains are gathered, and time passes for downloads and for who shows chunks. */
const GAINS_MS = 25;
const TICK_MS = 250;
/** What is sent in one turn, and how much may wait in front of a full link before nobody sends there. */
const SLICE_BYTES = 64 * KiB;
const QUEUE_MS = 40;
const LONGEST_MS = 600_000;

/** One who serves and one who takes. */
type Session = {
  readonly from: Peer;
  readonly to: Peer;
  readonly queue: { readonly index: number; left: number }[];
  follows: boolean;
  isOver: boolean;
};

type Peer = {
  readonly id: PeerId;
  readonly plan: ReceiverPlan;
  readonly have: ChunkSet;
  readonly machine: DownloadMachine | undefined;
  /** Those it serves, and those it takes from. */
  readonly serves: Session[];
  readonly takes: Map<PeerId, Session>;
  isSending: boolean;
  /** When all that is on its way to it will be there. */
  busyUntil: number;
  isHere: boolean;
  doneAt: number | undefined;
};

export function runSwarm(plan: SwarmPlan): SwarmOutcome {
  return new Swarm(plan).run();
}

class Swarm {
  readonly #plan: SwarmPlan;
  readonly #events = new EventQueue();
  readonly #seeding: SuperSeeding<Session>;
  readonly #owner: Peer;
  readonly #peers: readonly Peer[];
  #sentBytes = 0;

  constructor(plan: SwarmPlan) {
    this.#plan = plan;
    this.#seeding = new SuperSeeding(plan.chunks, plan.random);
    this.#owner = { ...this.#peer('owner', {}), have: ChunkSet.full(plan.chunks), isHere: true };
    this.#peers = plan.receivers.map((one, at) => this.#peer(`receiver-${at}`, one, true));
  }

  run(): SwarmOutcome {
    for (const peer of this.#peers) {
      this.#events.at(peer.plan.joinsAt ?? 0, () => this.#join(peer));
      if (peer.plan.leavesAt === undefined) continue;
      this.#events.at(peer.plan.leavesAt, () => this.#leave(peer));
    }
    this.#events.after(TICK_MS, () => this.#tick());
    const isOver = () => this.#peers.every(({ doneAt, plan }) => doneAt ?? plan.leavesAt);
    while (!isOver() && this.#events.now < LONGEST_MS) {
      this.#events.runUntil(this.#events.now + TICK_MS);
    }
    return {
      doneAt: this.#peers.map(({ doneAt }) => doneAt),
      copies: this.#sentBytes / (this.#plan.chunks * this.#plan.chunkBytes),
    };
  }

  #peer(name: string, plan: ReceiverPlan, downloads = false): Peer {
    const { chunks, random } = this.#plan;
    const settings = { timeoutMs: Number.POSITIVE_INFINITY, random, manifestHere: true };
    return {
      id: name as PeerId,
      plan,
      have: new ChunkSet(chunks),
      machine: downloads ? new DownloadMachine(settings, 0) : undefined,
      serves: [],
      takes: new Map(),
      isSending: false,
      busyUntil: 0,
      isHere: false,
      doneAt: undefined,
    };
  }

  #join(peer: Peer): void {
    const { chunks, chunkBytes } = this.#plan;
    peer.isHere = true;
    this.#step(peer, { type: 'slots', count: this.#peers.length });
    const bytes = chunks * chunkBytes;
    this.#step(peer, { type: 'staged', chunks, chunkBytes, bytes, have: [], haveBytes: 0 });
    this.#step(peer, { type: 'peer-known', peer: this.#owner.id });
    for (const other of this.#peers) {
      if (other.have.count > 0) this.#step(peer, { type: 'peer-known', peer: other.id });
    }
  }

  #leave(peer: Peer): void {
    peer.isHere = false;
    for (const session of peer.takes.values()) this.#end(session);
    // Each that is stopped is taken out of these.
    for (const session of peer.serves.slice()) {
      this.#hear(session, { type: 'source-failed', error: { code: 'closed', message: 'gone' } });
      this.#stop(session);
    }
    for (const other of this.#peers) this.#step(other, { type: 'peer-gone', peer: peer.id });
  }

  #tick(): void {
    for (const { to, ranges } of this.#seeding.tick(this.#events.now)) this.#show(to, ranges);
    for (const peer of this.#peers) if (peer.isHere) this.#step(peer, { type: 'tick' });
    this.#events.after(TICK_MS, () => this.#tick());
  }

  #step(peer: Peer, event: Parameters<DownloadMachine['step']>[0]): void {
    if (!peer.isHere) return;
    for (const order of peer.machine?.step(event, this.#events.now) ?? []) this.#obey(peer, order);
  }

  #hear(session: Session, event: SourceEvent): void {
    if (session.isOver) return;
    this.#step(session.to, { type: 'heard', peer: session.from.id, event });
  }

  #obey(peer: Peer, order: DownloadOut): void {
    if (order.type === 'finish') peer.doneAt = this.#events.now;
    if (order.type === 'chunk-here') this.#gained(peer, order.index);
    if (!('peer' in order)) return;
    if (order.type === 'start-request') return this.#connect(peer, order.peer);
    const session = peer.takes.get(order.peer);
    if (session === undefined) return;
    this.#events.after(MESSAGE_MS, () => this.#told(session, order));
  }

  #connect(to: Peer, id: PeerId): void {
    const from = [this.#owner, ...this.#peers].find((peer) => peer.id === id);
    if (from === undefined) throw new Error('nobody of that name');
    const session: Session = { from, to, queue: [], follows: false, isOver: false };
    to.takes.set(id, session);
    this.#events.after(CONNECT_MS, () => {
      if (from.isHere) from.serves.push(session);
      if (from.isHere) this.#hear(session, { type: 'connected', rttMs: MESSAGE_MS });
      else this.#stop(session);
    });
  }

  /** What arrives at the one who serves. */
  #told(session: Session, order: DownloadOut): void {
    if (order.type === 'stop-request') this.#stop(session);
    if (session.isOver) return;
    if (order.type === 'ask-have') this.#follow(session, order.holds);
    if (order.type === 'ask-chunks') for (const index of order.chunks) this.#ask(session, index);
    if (order.type === 'cancel-chunks') {
      const kept = session.queue.filter(({ index }) => !order.chunks.includes(index as ChunkIndex));
      session.queue.splice(0, session.queue.length, ...kept);
    }
    if (order.type === 'tell-held' && session.to.plan.hoards === undefined) {
      this.#show(session, this.#seeding.holds(session, order.ranges, this.#events.now));
    }
  }

  #follow(session: Session, holds: Ranges): void {
    session.follows = true;
    const { from, to } = session;
    if (from === this.#owner) {
      const said = to.plan.hoards?.claims ?? holds;
      return this.#show(session, this.#seeding.follow(session, said, this.#events.now), true);
    }
    const ranges = from.plan.hoards === undefined ? from.have.toRanges() : [];
    return this.#events.after(MESSAGE_MS, () =>
      this.#hear(session, { type: 'source-has', ranges }),
    );
  }

  #show(session: Session, ranges: Ranges, isFirst = false): void {
    if (ranges.length === 0 && !isFirst) return;
    const event: SourceEvent = { type: 'source-has', ranges, partly: true };
    this.#events.after(MESSAGE_MS, () => this.#hear(session, event));
  }

  #ask(session: Session, index: number): void {
    if (session.from === this.#owner) {
      if (!this.#seeding.mayAsk(session, index)) throw new Error('it was not shown that chunk');
      this.#show(session, this.#seeding.asked(session, index, this.#events.now));
    }
    session.queue.push({ index, left: this.#plan.chunkBytes });
    this.#send(session.from);
  }

  /** One slice after another, of each session in turn. */
  #send(peer: Peer): void {
    if (peer.isSending || !peer.isHere) return;
    const { now } = this.#events;
    const waiting = peer.serves.filter(({ queue }) => queue.length > 0);
    if (waiting.length === 0) return;
    peer.isSending = true;
    const session = waiting.find(({ to }) => to.busyUntil - now <= QUEUE_MS);
    const ms = session === undefined ? MESSAGE_MS : SLICE_BYTES / this.#plan.bytesPerMs;
    if (session !== undefined) this.#sendSlice(session, ms);
    this.#events.after(ms, () => {
      peer.isSending = false;
      this.#send(peer);
    });
  }

  #sendSlice(session: Session, ms: number): void {
    const { from, to, queue } = session;
    const [chunk] = queue;
    if (chunk === undefined) return;
    from.serves.push(...from.serves.splice(from.serves.indexOf(session), 1));
    chunk.left -= SLICE_BYTES;
    if (from === this.#owner) this.#sentBytes += SLICE_BYTES;
    to.busyUntil = Math.max(to.busyUntil, this.#events.now + MESSAGE_MS) + ms;
    if (chunk.left > 0) return;
    queue.shift();
    const { chunkBytes: bytes } = this.#plan;
    const stored = { type: 'chunk-stored', index: chunk.index as ChunkIndex, bytes, ms } as const;
    this.#events.at(to.busyUntil, () => this.#hear(session, stored));
  }

  #gained(peer: Peer, index: number): void {
    peer.have.add(index);
    if (peer.plan.hoards !== undefined) return;
    const ranges = [index, 1];
    this.#events.after(GAINS_MS, () => {
      for (const session of peer.serves) {
        if (session.follows) this.#hear(session, { type: 'source-has', ranges });
      }
    });
    if (peer.have.count > 1) return;
    this.#events.after(LISTED_MS, () => {
      for (const other of this.#peers) {
        if (other !== peer) this.#step(other, { type: 'peer-known', peer: peer.id });
      }
    });
  }

  #stop(session: Session): void {
    if (session.isOver) return;
    this.#end(session);
    const { id } = session.from;
    this.#step(session.to, { type: 'request-ended', peer: id, crashed: false });
  }

  #end(session: Session): void {
    session.isOver = true;
    session.queue.length = 0;
    const { serves } = session.from;
    if (serves.includes(session)) serves.splice(serves.indexOf(session), 1);
    if (session.from === this.#owner) this.#seeding.unfollow(session, this.#events.now);
  }
}
