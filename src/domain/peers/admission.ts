/**
 * Which new connections a listener lets in: bounded in all, in those that have not proven who they are, and
 * in how many come from one address. Pure: the listener tells what happens and asks; `now` is monotonic ms.
 */

/**
 * Ten seconds are a slow machine's handshake many times over; 64 of them waiting cost a few MiB. One peer may have as
 * many connections as another's pool has threads: it may fetch seven contents at once that nobody else has, and
 * whoever is turned away again and again gives up. Their memory is counted for all of them together.
 */
export const ADMISSION = {
  handshakeMs: 10_000,
  unproven: 64,
  unprovenPerAddress: 8,
  connections: 256,
  newPerSecondPerAddress: 64,
  perPeerAndRole: 8,
} as const;

/** How many a listener has room for. */
export type House = { readonly connections: number; readonly unproven: number };

/** A connection, as far as its admission goes. */
export type Guest = { readonly address: string };

/** `instead`: who has to go for a newcomer that is taken; he has left already as far as is counted here. */
export type Arrival<G> = { readonly isTaken: boolean; readonly instead?: G };

const REFUSED = { isTaken: false } as const;

/** Of a smaller house: so many may be unproven that two who come at once both get in. */
const UNPROVEN_SHARE = ADMISSION.connections / ADMISSION.unproven;
const FEWEST_UNPROVEN = 2;

export class Admission<G extends Guest> {
  readonly #most: number;
  readonly #mostUnproven: number;
  /** Each in the order of arrival; the unproven are among all. */
  readonly #guests = new Set<G>();
  readonly #unproven = new Set<G>();
  readonly #roles = new Map<G, string>();
  /** By address, in this second. */
  readonly #arrivals = new Map<string, number>();
  #second = 0;
  readonly #peers = new Map<string, number>();

  /** @param connections how many there is room for, if for fewer than the house has. */
  constructor(connections: number = ADMISSION.connections, house: House = ADMISSION) {
    this.#most = Math.min(connections, house.connections);
    const share = Math.min(house.unproven, Math.floor(this.#most / UNPROVEN_SHARE));
    this.#mostUnproven = Math.max(FEWEST_UNPROVEN, share);
  }

  get connections(): number {
    return this.#guests.size;
  }

  /**
   * A connection arrives. A full house makes room, or whoever fills it would lock all others out: who has been
   * unproven for longest goes, of the address that has most of them; of the proven the latest, of an address
   * that has more than the newcomer's.
   */
  arrive(guest: G, now: number): Arrival<G> {
    const { address } = guest;
    if (!isLoopback(address) && !this.#fits(address, now)) return REFUSED;
    const isFull = this.#guests.size >= this.#most;
    if (this.#unproven.size >= this.#mostUnproven) {
      const [longest] = ofMostFrequent(this.#unproven);
      return this.#take(guest, longest);
    }
    if (!isFull) return this.#take(guest, undefined);
    const most = ofMostFrequent(this.#guests);
    const own = [...this.#guests].filter((other) => other.address === address);
    return most.length > own.length + 1 ? this.#take(guest, most.at(-1)) : REFUSED;
  }

  /** A taken connection has proven its key. @returns whether this peer may have one more in this role. */
  prove(guest: G, peerAndRole: string): boolean {
    this.#unproven.delete(guest);
    const held = this.#peers.get(peerAndRole) ?? 0;
    if (held >= ADMISSION.perPeerAndRole || !this.#guests.has(guest)) {
      this.leave(guest);
      return false;
    }
    this.#peers.set(peerAndRole, held + 1);
    this.#roles.set(guest, peerAndRole);
    return true;
  }

  /** A connection ended, taken or not; harmless for one that is gone. */
  leave(guest: G): void {
    this.#guests.delete(guest);
    this.#unproven.delete(guest);
    const role = this.#roles.get(guest);
    if (role !== undefined) decrease(this.#peers, role);
    this.#roles.delete(guest);
  }

  #take(guest: G, instead: G | undefined): Arrival<G> {
    if (instead !== undefined) this.leave(instead);
    this.#guests.add(guest);
    this.#unproven.add(guest);
    return instead === undefined ? { isTaken: true } : { isTaken: true, instead };
  }

  #fits(address: string, now: number): boolean {
    const unproven = [...this.#unproven].filter((guest) => guest.address === address);
    if (unproven.length >= ADMISSION.unprovenPerAddress) return false;
    const second = Math.floor(now / 1000);
    if (second !== this.#second) this.#arrivals.clear();
    this.#second = second;
    const arrivals = (this.#arrivals.get(address) ?? 0) + 1;
    this.#arrivals.set(address, arrivals);
    return arrivals <= ADMISSION.newPerSecondPerAddress;
  }
}

/** @returns those of the address that has most, in their order. */
function ofMostFrequent<G extends Guest>(guests: ReadonlySet<G>): readonly G[] {
  const byAddress = new Map<string, G[]>();
  for (const guest of guests) {
    const same = byAddress.get(guest.address);
    if (same === undefined) byAddress.set(guest.address, [guest]);
    else same.push(guest);
  }
  let most: readonly G[] = [];
  for (const same of byAddress.values()) if (same.length > most.length) most = same;
  return most;
}

/** All peers of one machine share the loopback address, so it is exempt from the per-address bounds. */
function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1' || address.startsWith('::ffff:127.');
}

function decrease(counts: Map<string, number>, key: string): void {
  const count = counts.get(key) ?? 0;
  if (count > 1) counts.set(key, count - 1);
  else counts.delete(key);
}
