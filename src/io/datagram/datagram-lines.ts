/**
 * The connections on one UDP socket. What arrives in one turn of the event loop is read first, then every connection it
 * was for lets leave what is due, and is woken again when more will be.
 */
import { randomInt } from 'node:crypto';
import type { ConnectionOptions } from '#src/domain/datagram/connection.js';
import type { Address } from '#src/domain/datagram/path.js';
import { MiB } from '#src/domain/limits.js';
import { type Header, PACKET } from '#src/wire/packet.js';
import { PacketReader } from '#src/wire/packet-reader.js';
import { PacketWriter } from '#src/wire/packet-writer.js';
import { type DatagramPort, nowUs } from './datagram-port.js';
import { DatagramStream } from './datagram-stream.js';

/** `crypto.randomInt` takes no wider range; nobody guesses one of 2^47. */
const IDS = 2 ** 47;

const US_PER_MS = 1000;

/** However many are busy, each sends an acknowledgement and some data when it is its turn. */
const FEWEST_IN_TURN = 4;

/** What was written to all connections and is not acknowledged yet: eight of them have as much as they can use. */
const WRITTEN_BYTES = 64 * MiB;

/** The largest that `setTimeout` takes. */
const MOST_TIMEOUT_MS = 2 ** 31 - 1;

type Line = {
  readonly id: number;
  readonly remoteId: number;
  readonly stream: DatagramStream;
  readonly writer: PacketWriter;
  readonly resetToken: Uint8Array;
  /** What the port had dropped on purpose before this connection began. */
  readonly droppedBefore: number;
  timer: NodeJS.Timeout | undefined;
  /** When the timer wakes it, in microseconds. */
  wakesAt: number;
};

export class DatagramLines {
  readonly #port: DatagramPort;
  readonly #onGone: (id: number) => void;
  readonly #lines = new Map<number, Line>();
  /** By their numbers at the other end: one that knows nothing of a connection any more names it by its own. */
  readonly #byRemote = new Map<number, Line>();
  readonly #reader = new PacketReader();
  /** Those with something to do at the end of this turn. */
  #busy = new Set<Line>();
  /** Those that had no turn, or not all of it, as the socket took no more. */
  readonly #starved = new Set<Line>();
  #turn: NodeJS.Immediate | undefined;
  /** The one whose turn it is: what happens in its turn needs no other. */
  #served: Line | undefined;

  /** @param onGone called when a connection is over and forgotten. */
  constructor(port: DatagramPort, onGone: (id: number) => void) {
    this.#port = port;
    this.#onGone = onGone;
    port.lastWords = () => this.destroy();
  }

  /** How many connections there are, ended ones that may be spoken to still among them. */
  get size(): number {
    return this.#lines.size;
  }

  /** @returns a number that no connection here has. */
  newId(): number {
    const id = randomInt(1, IDS);
    return this.#lines.has(id) ? this.newId() : id;
  }

  /** @param id its number here. @param remoteId its number at the other end. */
  open(
    id: number,
    remoteId: number,
    resetToken: Uint8Array,
    options: Omit<ConnectionOptions, 'word' | 'share' | 'now'>,
  ): DatagramStream {
    const word = () => randomInt(1, IDS);
    const share = () => WRITTEN_BYTES / this.#lines.size;
    const now = nowUs();
    const stream = new DatagramStream({ ...options, word, share, now }, () => this.#touch(line));
    const { traffic } = stream.connection;
    const writer = new PacketWriter(
      remoteId,
      resetToken,
      () => this.#port.slot(),
      (slot, bytes, to) => {
        traffic.packetsOut += 1;
        this.#port.send(slot, bytes, to ?? stream.connection.address);
      },
    );
    const line: Line = {
      id,
      remoteId,
      stream,
      writer,
      resetToken,
      droppedBefore: this.#port.dropped,
      timer: undefined,
      wakesAt: Number.POSITIVE_INFINITY,
    };
    this.#lines.set(id, line);
    this.#byRemote.set(remoteId, line);
    this.#touch(line);
    return stream;
  }

  /** @returns whether it is for one of the connections here. */
  take(header: Header, bytes: Uint8Array, view: DataView, from: Address, now: number): boolean {
    const line = this.#lineOf(header);
    if (line === undefined || header.type === PACKET.syn) return false;
    this.#reader.read(header, bytes, view, from, line.stream.connection, line.resetToken, now);
    this.#touch(line);
    return true;
  }

  #lineOf({ type, connection }: Header): Line | undefined {
    const line = this.#lines.get(connection);
    return line === undefined && type === PACKET.reset ? this.#byRemote.get(connection) : line;
  }

  /** The socket takes packets again: first of those that had to wait, else the same would always be first. */
  goOn(): void {
    const before = this.#busy;
    this.#busy = new Set();
    for (const line of this.#starved) this.#touch(line);
    for (const line of before) this.#touch(line);
    this.#starved.clear();
  }

  /** Breaks all off. */
  destroy(): void {
    const streams = Array.from(this.#lines.values(), ({ stream }) => stream);
    for (const stream of streams) stream.destroy();
    this.#endTurn();
    for (const stream of streams) stream.abandon();
    // What is closing answers late packets for a while; nobody hears them any more.
    for (const { timer } of this.#lines.values()) clearTimeout(timer);
  }

  #touch(line: Line): void {
    if (line === this.#served) return;
    this.#busy.add(line);
    this.#turn ??= setImmediate(() => this.#endTurn());
  }

  #endTurn(): void {
    if (this.#turn !== undefined) clearImmediate(this.#turn);
    this.#turn = undefined;
    const busy = this.#busy;
    this.#busy = new Set();
    // Whoever has much to send leaves the others their share of the socket.
    const share = Math.max(FEWEST_IN_TURN, Math.floor(this.#port.slots / busy.size));
    for (const line of busy) this.#serve(line, share);
  }

  #serve(line: Line, most: number): void {
    const { connection } = line.stream;
    const now = nowUs();
    connection.traffic.dropped = this.#port.dropped - line.droppedBefore;
    connection.tick(now);
    this.#served = line;
    line.stream.settle();
    let left = most;
    while (left > 0 && this.#port.hasRoom && connection.depart(now, line.writer)) left -= 1;
    line.stream.departed();
    this.#served = undefined;
    if (connection.isClosed && connection.dueAt === Number.POSITIVE_INFINITY) this.#forget(line);
    else if (!this.#port.hasRoom) this.#starved.add(line);
    else if (left === 0 || line.stream.hasMore) this.#touch(line);
    else this.#wakeAt(line, connection.dueAt, now);
  }

  #wakeAt(line: Line, dueAt: number, now: number): void {
    // One that wakes it too soon costs less than setting it anew each turn.
    if (dueAt === Number.POSITIVE_INFINITY || line.wakesAt <= dueAt) return;
    clearTimeout(line.timer);
    const ms = Math.max(1, Math.ceil((dueAt - now) / US_PER_MS));
    line.wakesAt = Math.max(dueAt, now + US_PER_MS);
    line.timer = setTimeout(
      () => {
        line.wakesAt = Number.POSITIVE_INFINITY;
        this.#touch(line);
      },
      Math.min(ms, MOST_TIMEOUT_MS),
    );
  }

  #forget(line: Line): void {
    // Whoever reads or destroys its stream later wakes it once more.
    if (!this.#lines.delete(line.id)) return;
    const { ignored, damaged } = line.stream.connection.traffic;
    this.#port.strays.ignored += ignored;
    this.#port.strays.damaged += damaged;
    clearTimeout(line.timer);
    // The other ends choose these numbers: two may have the same.
    if (this.#byRemote.get(line.remoteId) === line) this.#byRemote.delete(line.remoteId);
    this.#starved.delete(line);
    this.#onGone(line.id);
  }
}
