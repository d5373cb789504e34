/**
 * Two ends of a reliable stream and the way between them, in virtual time: real packets, byte for byte, on a network that
 * loses, delays, reorders, doubles and damages them as a seed says. Time in microseconds.
 */
import { Connection } from '#src/domain/datagram/connection.js';
import type { ConnectionOwner, Ended } from '#src/domain/datagram/ended.js';
import type { Address } from '#src/domain/datagram/path.js';
import { newHeader, newSlot, readHeader } from '#src/wire/packet.js';
import { PacketReader } from '#src/wire/packet-reader.js';
import { PacketWriter } from '#src/wire/packet-writer.js';
import { viewOf } from './packet-header.js';

/** One direction of the way. */
export type Way = {
  /** Bytes a microsecond; those that come faster wait. */
  rate: number;
  /** Of those that wait; what comes beyond is lost. */
  queueBytes: number;
  delayUs: number;
  /** Each packet may take so much longer: they overtake each other. */
  jitterUs: number;
  /** Shares of all packets. */
  loss: number;
  doubled: number;
  flipped: number;
  truncated: number;
  /** Larger datagrams are lost. */
  mtu: number;
  /** What has left it last. */
  freeAt: number;
  /** The longest that a packet waited for others. */
  longestWaitUs: number;
};

export function newWay(way: Partial<Way> = {}): Way {
  return {
    rate: 12.5,
    queueBytes: 500_000,
    delayUs: 5000,
    jitterUs: 0,
    loss: 0,
    doubled: 0,
    flipped: 0,
    truncated: 0,
    mtu: 65_507,
    freeAt: 0,
    longestWaitUs: 0,
    ...way,
  };
}

/** What Node's timers can tell. */
const TIMER_US = 1000;

const WINDOW_BYTES = 8 * 1024 * 1024;
/** What an end may hold of what came ahead of its turn. */
export const BUDGET_BYTES = WINDOW_BYTES;
/** Each socket has one, so that any number will do. */
export const CONNECTION = 1;
/** Both know it. */
export const RESET_TOKEN = new Uint8Array(16).fill(7);

/** No piece is longer. */
const LONGEST_PIECE = 65_536;
/** What both write comes again after so many bytes. */
const PERIOD = 2 ** 24;

/** Each byte follows from its place, so that none can be swapped unseen. */
const PATTERN = Uint8Array.from(
  { length: PERIOD + LONGEST_PIECE },
  (_, place) => place * 31 + (place >>> 8) * 17 + (place >>> 16),
);

export function bytesFrom(place: number, length: number): Uint8Array {
  const from = place % PERIOD;
  return PATTERN.subarray(from, from + length);
}

type Event = { readonly at: number; readonly order: number; readonly run: () => void };

/** Whoever speaks from an address. */
type Mouth = { readonly address: Address; readonly outgoing: Way };

/** Whoever is at an address. */
type Ear = { arrive(datagram: Uint8Array, from: Address): void };

export type EndOptions = { readonly datagramLimit?: number; readonly window?: number };

export class End implements ConnectionOwner {
  readonly name: string;
  readonly connection: Connection;
  readonly outgoing: Way;
  readonly #network: DatagramNetwork;
  readonly #writer: PacketWriter;
  readonly #reader = new PacketReader();
  readonly #header = newHeader();
  readonly #slot = newSlot(65_507);
  address: Address;
  isDead = false;
  /** So many packets leave it; it dies with the next. */
  diesAfter = Number.POSITIVE_INFINITY;
  /** Whether it reads what is delivered. */
  isReading = true;
  received = 0;
  hasFinished = false;
  outcome: Ended | undefined;
  #unread = 0;
  #toWrite = 0;
  #mayEnd = false;
  #written = 0;
  #wakesAt = Number.POSITIVE_INFINITY;

  constructor(
    network: DatagramNetwork,
    name: string,
    other: string,
    outgoing: Way,
    { datagramLimit = 1472, window = WINDOW_BYTES }: EndOptions,
  ) {
    this.#network = network;
    this.name = name;
    this.outgoing = outgoing;
    this.address = { host: name, port: 1 };
    this.connection = new Connection(this, {
      address: { host: other, port: 1 },
      datagramLimit,
      window,
      credit: window,
      socketBytes: 4 * 1024 * 1024,
      rttUs: 2 * outgoing.delayUs + 1,
      word: () => Math.floor(network.random() * 2 ** 40),
      budget: { left: BUDGET_BYTES },
      share: () => Number.POSITIVE_INFINITY,
      now: network.now,
    });
    this.#writer = new PacketWriter(
      CONNECTION,
      RESET_TOKEN,
      () => this.#slot,
      (slot, bytes, to) => {
        const { traffic } = this.connection;
        traffic.packetsOut += 1;
        this.isDead ||= traffic.packetsOut > this.diesAfter;
        if (this.isDead) return;
        network.carry(this, slot.bytes.slice(0, bytes), to ?? this.connection.address);
      },
    );
  }

  delivered(bytes: Uint8Array): void {
    if (Buffer.compare(bytes, bytesFrom(this.received, bytes.length)) !== 0) {
      throw new Error(`${this.name} got wrong bytes at ${this.received}`);
    }
    if (this.hasFinished) throw new Error(`${this.name} got bytes after the end`);
    this.received += bytes.length;
    this.#unread += bytes.length;
  }

  finished(): void {
    if (this.hasFinished) throw new Error(`${this.name} was told of the end twice`);
    this.hasFinished = true;
  }

  ended(how: Ended): void {
    if (this.outcome !== undefined) throw new Error(`${this.name} ended twice`);
    this.outcome = how;
  }

  /** Writes so many bytes as fast as they are taken, then says that this was all. */
  write(bytes: number): void {
    this.#toWrite += bytes;
    this.#mayEnd = true;
    this.turn();
  }

  arrive(datagram: Uint8Array, from: Address): void {
    if (this.isDead) return;
    const view = viewOf(datagram);
    if (!readHeader(datagram, view, this.#header)) return;
    const { connection } = this;
    this.#reader.read(
      this.#header,
      datagram,
      view,
      from,
      connection,
      RESET_TOKEN,
      this.#network.now,
    );
    this.#network.later(0, () => this.turn());
  }

  /** What the socket's event loop does. */
  turn(): void {
    if (this.isDead) return;
    const { connection } = this;
    const { now } = this.#network;
    if (this.isReading && this.#unread > 0) connection.consumed(this.#unread);
    if (this.isReading) this.#unread = 0;
    this.#fill();
    connection.tick(now);
    while (connection.depart(now, this.#writer));
    this.#fill();
    const { dueAt } = connection;
    if (dueAt === Number.POSITIVE_INFINITY) return;
    const wakesAt = Math.max(now + TIMER_US, dueAt);
    if (this.#wakesAt <= wakesAt) return;
    this.#wakesAt = wakesAt;
    this.#network.later(wakesAt - now, () => {
      if (this.#wakesAt !== wakesAt) return;
      this.#wakesAt = Number.POSITIVE_INFINITY;
      this.turn();
    });
  }

  #fill(): void {
    while (this.#written < this.#toWrite && this.connection.hasRoom) {
      const length = Math.min(16 * 1024, this.#toWrite - this.#written);
      this.connection.write(bytesFrom(this.#written, length));
      this.#written += length;
    }
    if (!this.#mayEnd || this.#written < this.#toWrite) return;
    this.#mayEnd = false;
    this.connection.end();
  }
}

export class DatagramNetwork {
  now = 0;
  readonly random: () => number;
  readonly #events: Event[] = [];
  #order = 0;
  /** Where datagrams to an address go; nowhere if nobody is there. */
  readonly #ends = new Map<string, Ear>();

  constructor(random: () => number) {
    this.random = random;
  }

  /** @returns both ends of one connection; `there` and `back` may be shared with others. */
  connect(there: Way, back: Way, options: EndOptions = {}): readonly [End, End] {
    const number = this.#ends.size;
    const names = [`end ${number}`, `end ${number + 1}`] as const;
    const near = new End(this, names[0], names[1], there, options);
    const far = new End(this, names[1], names[0], back, options);
    for (const end of [near, far]) this.#ends.set(keyOf(end.address), end);
    return [near, far];
  }

  /** Somebody who is no end of ours hears what is sent there. */
  listen(address: Address, ear: Ear): void {
    this.#ends.set(keyOf(address), ear);
  }

  /** The end is somewhere else now. */
  move(end: End, address: Address): void {
    this.#ends.delete(keyOf(end.address));
    end.address = address;
    this.#ends.set(keyOf(address), end);
  }

  later(us: number, run: () => void): void {
    this.#order += 1;
    push(this.#events, { at: this.now + us, order: this.#order, run });
  }

  /** Runs until nothing is left to happen, or that long. */
  run(until: number, isDone: () => boolean = () => false): void {
    for (let event = pop(this.#events); event !== undefined; event = pop(this.#events)) {
      if (event.at > until) {
        push(this.#events, event);
        this.now = until;
        return;
      }
      this.now = event.at;
      event.run();
      if (isDone()) return;
    }
  }

  carry(from: Mouth, datagram: Uint8Array, to: Address): void {
    const way = from.outgoing;
    const arrives = this.#leave(way, datagram.length);
    if (arrives === undefined) return;
    const origin = from.address;
    const copies = this.random() < way.doubled ? 2 : 1;
    for (let copy = 0; copy < copies; copy += 1) {
      if (this.random() < way.loss) continue;
      const damaged = this.#damage(way, datagram);
      const at = arrives + way.delayUs + this.random() * way.jitterUs;
      this.later(at - this.now, () => this.#ends.get(keyOf(to))?.arrive(damaged, origin));
    }
  }

  /** @returns when its last byte has left; undefined for what found no room. */
  #leave(way: Way, bytes: number): number | undefined {
    const waits = Math.max(0, way.freeAt - this.now);
    if (bytes > way.mtu || waits * way.rate > way.queueBytes) return undefined;
    way.longestWaitUs = Math.max(way.longestWaitUs, waits);
    way.freeAt = this.now + waits + bytes / way.rate;
    return way.freeAt;
  }

  #damage(way: Way, datagram: Uint8Array): Uint8Array {
    const copy = datagram.slice();
    if (this.random() < way.flipped) {
      const at = Math.floor(this.random() * copy.length);
      copy[at] = (copy[at] ?? 0) ^ (1 << Math.floor(this.random() * 8));
    }
    if (this.random() < way.truncated) {
      return copy.subarray(0, Math.floor(this.random() * copy.length));
    }
    return copy;
  }
}

function keyOf({ host, port }: Address): string {
  return `${host}:${port}`;
}

function isBefore(one: Event, other: Event): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}

/** A binary heap. */
function push(events: Event[], event: Event): void {
  let at = events.push(event) - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    const above = events[parent];
    if (above === undefined || !isBefore(event, above)) break;
    events[at] = above;
    at = parent;
  }
  events[at] = event;
}

function pop(events: Event[]): Event | undefined {
  const first = events[0];
  const last = events.pop();
  if (first === undefined || last === undefined || events.length === 0) return first;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    const [left, right] = [events[child], events[child + 1]];
    if (left === undefined) break;
    if (right !== undefined && isBefore(right, left)) child += 1;
    const least = events[child];
    if (least === undefined || isBefore(last, least)) break;
    events[at] = least;
    at = child;
  }
  events[at] = last;
  return first;
}
