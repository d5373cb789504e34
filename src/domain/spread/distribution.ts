/**
 * Which chunks to give to whom in one round, so that every chunk this peer holds ends up with enough copies
 * elsewhere: the rarest first, ties and peers by chance, never what a peer holds already. The idea is
 * BitTorrent's super-seeding (BEP 16): each chunk given away is one that nobody else could have given.
 *
 * No sockets, no clock: rounds are counted, randomness is an argument.
 */

import { type Holding, Holdings } from '#src/domain/catalogue/holdings.js';
import type { ChunkSet } from '#src/domain/content/chunk-set.js';
import type { ContentId, PeerId } from '#src/domain/ids.js';

export type DistributionRules = {
  /** How many other peers are to hold each chunk. */
  readonly copies: number;
  /** Bytes given in one round at most. */
  readonly roundBytes: number;
};

export type Gift = {
  readonly peerId: PeerId;
  readonly contents: readonly ContentGift[];
};

/** `chunks` in the order they are to be given. */
type ContentGift = { readonly id: ContentId; readonly chunks: readonly number[] };

/** Connections one round may open: enough to fill 64 MiB anywhere, few enough not to storm a network. */
const PEERS_PER_ROUND = 8;

/** Chunks looked at for one level of rarity in one round: 64 MiB are 256 of the smallest full ones. */
const SAMPLE = 4096;

/** A peer that refuses is asked again after 1, 2, 4 ... rounds: five minutes at most, at 10 s a round. */
const LONGEST_REST_ROUNDS = 32;

type Rest = { readonly refusals: number; readonly until: number };
type Pick = { readonly holding: Holding; readonly index: number };

export class Distribution {
  readonly holdings = new Holdings();
  readonly #rules: DistributionRules;
  readonly #random: () => number;
  readonly #rests = new Map<PeerId, Rest>();
  /** On their way right now, by content and index: two sessions must not both make the last copy. */
  readonly #leaving = new Map<string, number>();
  #round = 0;

  /** @param random uniform in [0, 1). */
  constructor(rules: DistributionRules, random: () => number) {
    this.#rules = rules;
    this.#random = random;
  }

  /** A peer did not take what it was offered, or could not be reached: it is left alone for a while. */
  refused(peerId: PeerId): void {
    if (!this.holdings.isUp(peerId)) return;
    const refusals = (this.#rests.get(peerId)?.refusals ?? 0) + 1;
    const rounds = Math.min(2 ** (refusals - 1), LONGEST_REST_ROUNDS);
    this.#rests.set(peerId, { refusals, until: this.#round + rounds });
  }

  kept(peerId: PeerId, id: ContentId, index: number): void {
    this.#rests.delete(peerId);
    this.holdings.peerKept(peerId, id, index);
  }

  peerDown(peerId: PeerId): void {
    this.#rests.delete(peerId);
    this.holdings.peerDown(peerId);
  }

  /** Chunks held here that fewer than `copies` others hold, whether or not so many others are up. */
  get belowTarget(): number {
    let count = 0;
    for (const holding of this.holdings.contents) {
      for (const index of holding.have.values()) if (this.#isRare(holding, index)) count += 1;
    }
    return count;
  }

  /** Starts the next round. @returns what to give to whom, empty when there is nothing to do. */
  nextRound(): readonly Gift[] {
    this.#round += 1;
    const eligible = this.#shuffled(this.holdings.peers.filter((peer) => !this.#isResting(peer)));
    if (eligible.length === 0) return [];
    const draft = new Draft(this.#rules.roundBytes, eligible);
    for (let level = 0; level < this.#rules.copies; level += 1) {
      const isAtLevel = ({ holding, index }: Pick) =>
        (holding.copies[index] ?? 0) + draft.planned(holding.id, index) === level;
      for (const pick of this.#sample(this.holdings.contents, isAtLevel)) {
        draft.place(pick, this.#random());
      }
    }
    return draft.gifts();
  }

  /**
   * What else to give one peer of one content, now that it has said what it holds.
   * @param bytes at most so many.
   */
  more(peerId: PeerId, id: ContentId, bytes: number): readonly number[] {
    const holding = this.holdings.get(id);
    if (holding === undefined || !this.holdings.isUp(peerId)) return [];
    const held = holding.peers.get(peerId);
    const chosen: number[] = [];
    let left = bytes;
    for (let level = 0; level < this.#rules.copies; level += 1) {
      const isWanted = ({ index }: Pick) =>
        holding.copies[index] === level && held?.has(index) !== true;
      for (const { index } of this.#sample([holding], isWanted)) {
        const length = holding.lengths[index] ?? 0;
        if (length > left) continue;
        left -= length;
        chosen.push(index);
      }
    }
    return chosen;
  }

  /**
   * A chunk is about to leave. @returns whether that still serves: the peer lacks it, and with what is on its
   * way to others it is rare. If so, `settle` it once it is answered.
   */
  begin(peerId: PeerId, id: ContentId, index: number): boolean {
    const holding = this.holdings.get(id);
    if (holding === undefined || !this.holdings.isUp(peerId) || !holding.have.has(index)) {
      return false;
    }
    const leaving = this.#leaving.get(`${id} ${index}`) ?? 0;
    if ((holding.copies[index] ?? 0) + leaving >= this.#rules.copies) return false;
    if (holding.peers.get(peerId)?.has(index) === true) return false;
    this.#leaving.set(`${id} ${index}`, leaving + 1);
    return true;
  }

  /** What was begun has arrived or failed. */
  settle(id: ContentId, index: number): void {
    const left = (this.#leaving.get(`${id} ${index}`) ?? 0) - 1;
    if (left > 0) this.#leaving.set(`${id} ${index}`, left);
    else this.#leaving.delete(`${id} ${index}`);
  }

  #isRare(holding: Holding, index: number): boolean {
    return (holding.copies[index] ?? 0) < this.#rules.copies;
  }

  #isResting(peerId: PeerId): boolean {
    return this.#round <= (this.#rests.get(peerId)?.until ?? 0);
  }

  /** A random few of the chunks held here that pass, in random order (Vitter's algorithm R). */
  #sample(contents: Iterable<Holding>, passes: (pick: Pick) => boolean): readonly Pick[] {
    const sample: Pick[] = [];
    let seen = 0;
    for (const holding of contents) {
      for (const index of holding.have.values()) {
        const pick = { holding, index };
        if (!passes(pick)) continue;
        seen += 1;
        const at = seen <= SAMPLE ? seen - 1 : Math.floor(this.#random() * seen);
        if (at < SAMPLE) sample[at] = pick;
      }
    }
    return this.#shuffled(sample);
  }

  /** Fisher-Yates. */
  #shuffled<T>(items: T[]): T[] {
    for (let last = items.length - 1; last > 0; last -= 1) {
      const other = Math.floor(this.#random() * (last + 1));
      const held = items[last] as T;
      items[last] = items[other] as T;
      items[other] = held;
    }
    return items;
  }
}

/** A round in the making. */
class Draft {
  readonly #eligible: readonly PeerId[];
  readonly #given = new Map<PeerId, Map<ContentId, number[]>>();
  readonly #planned = new Map<ContentId, Map<number, PeerId[]>>();
  #left: number;

  constructor(bytes: number, eligible: readonly PeerId[]) {
    this.#left = bytes;
    this.#eligible = eligible;
  }

  /** How many peers are to be given this chunk in this round. */
  planned(id: ContentId, index: number): number {
    return this.#planned.get(id)?.get(index)?.length ?? 0;
  }

  /** Gives the chunk to the first peer that can take it, starting anywhere. */
  place({ holding, index }: Pick, random: number): void {
    const length = holding.lengths[index] ?? 0;
    if (length > this.#left) return;
    const isFull = this.#given.size >= PEERS_PER_ROUND;
    const peers = isFull ? [...this.#given.keys()] : this.#eligible;
    const start = Math.floor(random * peers.length);
    for (let step = 0; step < peers.length; step += 1) {
      const peerId = peers[(start + step) % peers.length] as PeerId;
      if (!this.#canTake(peerId, holding.peers.get(peerId), holding.id, index)) continue;
      this.#left -= length;
      this.#note(peerId, holding.id, index);
      return;
    }
  }

  gifts(): readonly Gift[] {
    return [...this.#given].map(([peerId, contents]) => ({
      peerId,
      contents: [...contents].map(([id, chunks]) => ({ id, chunks })),
    }));
  }

  #canTake(peerId: PeerId, held: ChunkSet | undefined, id: ContentId, index: number): boolean {
    return held?.has(index) !== true && !this.#takers(id, index).includes(peerId);
  }

  #takers(id: ContentId, index: number): readonly PeerId[] {
    return this.#planned.get(id)?.get(index) ?? [];
  }

  #note(peerId: PeerId, id: ContentId, index: number): void {
    const contents = entry(this.#given, peerId, () => new Map<ContentId, number[]>());
    entry(contents, id, () => []).push(index);
    const planned = entry(this.#planned, id, () => new Map<number, PeerId[]>());
    entry(planned, index, () => []).push(peerId);
  }
}

function entry<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const value = map.get(key) ?? make();
  map.set(key, value);
  return value;
}
