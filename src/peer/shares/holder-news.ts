/**
 * Who holds what, told to the distributor and the receiver. How much there is to tell is for strangers to
 * choose, so it is gathered: whatever they do, no more than one bounded message a flush goes to each actor, and
 * what changed back in between is not told at all.
 */
import type { Directory } from '#src/domain/catalogue/directory.js';
import type { ContentId, PeerId } from '#src/domain/ids.js';
import type * as Distributor from '#workers/distributor.js';
import type * as Receiver from '#workers/receiver.js';

/** A distributor's round takes seconds: nobody misses a tenth of one. */
const FLUSH_MS = 100;

/** About 300 KiB as the mailboxes count. The rows of 20 full catalogues are told in 20 seconds. */
const ROWS_AT_ONCE = 2000;

type HeldRow = Distributor.HeldRow;
type CountRow = Receiver.HolderCount;

type Tell = {
  readonly distributor: (order: Distributor.In) => void;
  readonly receiver: (order: Receiver.In) => void;
};

export class HolderNews {
  readonly #directory: Directory;
  readonly #tell: Tell;
  readonly #rowsAtOnce: number;
  /** What is to be told, in the order in which it changed first. */
  readonly #dirtyHeld = new Map<PeerId, Set<ContentId>>();
  readonly #dirtyCounts = new Set<ContentId>();
  /** What was told and not taken back: what came and went before it was told need never be. */
  readonly #toldHeld = new Map<PeerId, Set<ContentId>>();
  readonly #toldCounts = new Set<ContentId>();
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(directory: Directory, tell: Tell, rowsAtOnce = ROWS_AT_ONCE) {
    this.#directory = directory;
    this.#tell = tell;
    this.#rowsAtOnce = rowsAtOnce;
  }

  /** A peer holds more or less of these than before. */
  changed(peer: PeerId, ids: readonly ContentId[]): void {
    const dirty = this.#dirtyHeld.get(peer) ?? new Set<ContentId>();
    const told = this.#toldHeld.get(peer);
    for (const id of ids) {
      const holders = this.#directory.holders(id);
      mark(dirty, id, holders.has(peer) || told?.has(id) === true);
      mark(this.#dirtyCounts, id, holders.size > 0 || this.#toldCounts.has(id));
    }
    if (dirty.size > 0) this.#dirtyHeld.set(peer, dirty);
    else this.#dirtyHeld.delete(peer);
    this.#schedule();
  }

  /** It is down, and the distributor told so. @param ids what it held: fewer hold that now. */
  peerDown(peer: PeerId, ids: readonly ContentId[]): void {
    this.#dirtyHeld.delete(peer);
    this.#toldHeld.delete(peer);
    for (const id of ids) {
      const isHeld = this.#directory.holders(id).size > 0;
      mark(this.#dirtyCounts, id, isHeld || this.#toldCounts.has(id));
    }
    this.#schedule();
  }

  /** All there is to know for a distributor that starts anew. */
  distributorOrders(): readonly Distributor.In[] {
    this.#dirtyHeld.clear();
    this.#toldHeld.clear();
    const rows = new Map<PeerId, HeldRow[]>();
    for (const { peerId, id, have } of this.#directory.all()) {
      const held = rows.get(peerId) ?? [];
      rows.set(peerId, held);
      held.push({ id, have });
    }
    return [...rows].map(([peerId, held]) => {
      this.#toldHeld.set(peerId, new Set(held.map(({ id }) => id)));
      return { type: 'peer-holds', peerId, rows: held };
    });
  }

  /** All there is to know for a receiver that starts anew. */
  receiverOrders(): readonly Receiver.In[] {
    this.#dirtyCounts.clear();
    this.#toldCounts.clear();
    for (const { id } of this.#directory.all()) this.#toldCounts.add(id);
    const rows = [...this.#toldCounts].map((id) => this.#countOf(id));
    return rows.length === 0 ? [] : [{ type: 'holders', rows }];
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  #schedule(): void {
    if (this.#isClosed || this.#timer !== undefined) return;
    if (this.#dirtyHeld.size === 0 && this.#dirtyCounts.size === 0) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#flushHeld();
      this.#flushCounts();
      this.#schedule();
    }, FLUSH_MS);
  }

  /** One peer at a time, each in its turn: one that has much to tell does not keep the others waiting. */
  #flushHeld(): void {
    const [first] = this.#dirtyHeld;
    if (first === undefined) return;
    const [peerId, dirty] = first;
    const told = this.#toldHeld.get(peerId) ?? new Set<ContentId>();
    const rows = takeFrom(dirty, this.#rowsAtOnce).map((id): HeldRow => {
      const have = this.#directory.holders(id).get(peerId);
      mark(told, id, have !== undefined);
      return { id, have: have ?? 0 };
    });
    this.#toldHeld.set(peerId, told);
    this.#dirtyHeld.delete(peerId);
    if (dirty.size > 0) this.#dirtyHeld.set(peerId, dirty);
    this.#tell.distributor({ type: 'peer-holds', peerId, rows });
  }

  #flushCounts(): void {
    const rows = takeFrom(this.#dirtyCounts, this.#rowsAtOnce).map((id) => this.#countOf(id));
    for (const { id, count } of rows) mark(this.#toldCounts, id, count > 0);
    if (rows.length > 0) this.#tell.receiver({ type: 'holders', rows });
  }

  #countOf(id: ContentId): CountRow {
    return { id, count: this.#directory.holders(id).size };
  }
}

function mark(set: Set<ContentId>, id: ContentId, isIn: boolean): void {
  if (isIn) set.add(id);
  else set.delete(id);
}

function takeFrom(dirty: Set<ContentId>, most: number): readonly ContentId[] {
  const taken: ContentId[] = [];
  for (const id of dirty) {
    if (taken.length === most) break;
    taken.push(id);
  }
  for (const id of taken) dirty.delete(id);
  return taken;
}
