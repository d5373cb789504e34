/**
 * Who is registered with a tracker: whom it tells of whom. Bounded in all and by address. Pure: `random` is an argument,
 * and whoever keeps the connections says who comes and goes.
 */
import { isLoopback, nearnessOf } from '#src/domain/discovery/nearness.js';
import { PORTS_PER_PEER } from '#src/domain/ports.js';
import { LAST_BASE, type Member, type NetworkTag } from './tracker-message.js';

export type Registrant = Member & { readonly network: NetworkTag };

/**
 * As many as there are ports of one address towards it; each costs a connection, and those run out before. By address: a
 * large office behind one translating router, and nobody's whole table. Peers of the tracker's own machine are exempt.
 */
export const TRACKER_TABLE = { members: 65_536, perAddress: 1024 } as const;

export type TableLimits = { readonly members: number; readonly perAddress: number };

/** `gone`: who is registered no longer, by the newcomer's coming. */
export type Registration<R> =
  | { readonly isTaken: false }
  | { readonly isTaken: true; readonly gone: R | undefined };

/** Those with one network tag at addresses equally near, and where each stands. */
type Group<R> = { readonly all: R[]; readonly places: Map<R, number> };

export class TrackerTable<R extends Registrant> {
  readonly #limits: TableLimits;
  readonly #members = new Map<Registrant['peerId'], R>();
  readonly #byAddress = new Map<string, Set<R>>();
  readonly #groups = new Map<string, Group<R>>();

  constructor(limits: TableLimits = TRACKER_TABLE) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#members.size;
  }

  get all(): readonly R[] {
    return [...this.#members.values()];
  }

  /**
   * Who comes again takes his own place. A full table makes room as long as another address has more of it. Nobody goes
   * for one who is not taken: whoever has left the table unsaid would wait on his connection for ever.
   */
  register(one: R): Registration<R> {
    const before = this.#members.get(one.peerId);
    if (this.#isCrowded(one, before)) return { isTaken: false };
    if (before !== undefined) this.leave(before);
    const gone = before ?? this.#madeRoom(one);
    if (this.#members.size >= this.#limits.members) return { isTaken: false };
    this.#members.set(one.peerId, one);
    addTo(this.#byAddress, one.host, one);
    this.#join(one);
    return { isTaken: true, gone };
  }

  /** @returns whether it was here; one that came again in its place stays. */
  leave(one: R): boolean {
    if (this.#members.get(one.peerId) !== one) return false;
    this.#members.delete(one.peerId);
    const neighbours = this.#byAddress.get(one.host);
    neighbours?.delete(one);
    if (neighbours?.size === 0) this.#byAddress.delete(one.host);
    this.#part(one);
    return true;
  }

  /** @param random in [0, 1), asked again and again. @returns others of its network that it may be able to dial, at most so many. */
  sample(one: R, count: number, random: () => number): readonly R[] {
    const groups = this.#groupsFor(one);
    // It is in the first of them, and is never drawn itself.
    const own = groups[0]?.places.get(one) ?? Number.POSITIVE_INFINITY;
    const others = groups.reduce((sum, { all }) => sum + all.length, 0) - 1;
    const places = distinct(Math.min(count, others), others, random);
    return places.flatMap((place) => memberAt(groups, place < own ? place : place + 1) ?? []);
  }

  /** @returns the first base port from `from` on, four apart, of which no member of that address has any; if there is one. */
  freeBase(host: string, from: number): number | undefined {
    const taken = new Set<number>();
    for (const { port } of this.#byAddress.get(host) ?? []) {
      for (let next = 0; next < PORTS_PER_PEER; next += 1) taken.add(port + next);
    }
    for (let base = from; base <= LAST_BASE; base += PORTS_PER_PEER) {
      const isFree = [0, 1, 2, 3].every((next) => !taken.has(base + next));
      if (isFree) return base;
    }
    return undefined;
  }

  /** @param before whose place it takes. */
  #isCrowded({ host }: R, before: R | undefined): boolean {
    const there = this.#byAddress.get(host)?.size ?? 0;
    const others = before?.host === host ? there - 1 : there;
    return !isLoopback(host) && others >= this.#limits.perAddress;
  }

  #madeRoom({ host }: R): R | undefined {
    if (this.#members.size < this.#limits.members) return undefined;
    let most: ReadonlySet<R> = new Set();
    for (const there of this.#byAddress.values()) if (there.size > most.size) most = there;
    const own = this.#byAddress.get(host)?.size ?? 0;
    const latest = most.size > own + 1 ? [...most].at(-1) : undefined;
    if (latest !== undefined) this.leave(latest);
    return latest;
  }

  #join(one: R): void {
    const key = groupOf(one);
    const group = this.#groups.get(key) ?? { all: [], places: new Map<R, number>() };
    group.places.set(one, group.all.push(one) - 1);
    this.#groups.set(key, group);
  }

  /** The last one takes its place, so that nobody else moves. */
  #part(one: R): void {
    const key = groupOf(one);
    const group = this.#groups.get(key);
    const place = group?.places.get(one);
    const last = group?.all.pop();
    if (group === undefined || place === undefined || last === undefined) return;
    group.places.delete(one);
    if (last !== one) {
      group.all[place] = last;
      group.places.set(last, place);
    }
    if (group.all.length === 0) this.#groups.delete(key);
  }

  #groupsFor({ network, host }: R): readonly Group<R>[] {
    const groups: Group<R>[] = [];
    for (let nearness = nearnessOf(host) ?? 0; nearness >= 0; nearness -= 1) {
      const group = this.#groups.get(`${network} ${nearness}`);
      if (group !== undefined) groups.push(group);
    }
    return groups;
  }
}

function groupOf({ network, host }: Registrant): string {
  return `${network} ${nearnessOf(host) ?? 0}`;
}

function memberAt<R>(groups: readonly Group<R>[], place: number): R | undefined {
  let left = place;
  for (const { all } of groups) {
    if (left < all.length) return all[left];
    left -= all.length;
  }
  return undefined;
}

/** @returns so many different whole numbers below `end`, each choice as likely as every other (Floyd's algorithm). */
function distinct(count: number, end: number, random: () => number): readonly number[] {
  const drawn = new Set<number>();
  for (let last = end - count; last < end; last += 1) {
    const one = Math.floor(random() * (last + 1));
    drawn.add(drawn.has(one) ? last : one);
  }
  return [...drawn];
}

function addTo<K, V>(sets: Map<K, Set<V>>, key: K, value: V): void {
  const set = sets.get(key);
  if (set === undefined) sets.set(key, new Set([value]));
  else set.add(value);
}
