/**
 * The other end of a stream over datagrams in virtual time, which does as it likes: it sees each packet the moment it
 * leaves, and sends what no honest end would. Packets it sends arrive at once.
 */
import { ACK_RUNS, HEADER_BYTES } from '#src/domain/datagram/packet.js';
import type { Address } from '#src/domain/datagram/path.js';
import { createPacket } from '#src/wire/envelope.js';
import { newSlot, PACKET, type PacketType, sealPacket } from '#src/wire/packet.js';
import { ACK, PING } from '#src/wire/packet-writer.js';
import { readUint48, writeUint48 } from '#src/wire/uint48.js';
import {
  CONNECTION,
  DatagramNetwork,
  type End,
  type EndOptions,
  newWay,
} from './datagram-simulation.js';
import { headerOf, viewOf } from './packet-header.js';
import { randomFrom } from './random.js';

export const MOST_UINT48 = 2 ** 48 - 1;

/** Numbers at which something overflows, wraps or is taken for a sign. */
export const EDGES = [
  0,
  1,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32 - 1,
  2 ** 32,
  2 ** 47,
  MOST_UINT48,
] as const;

type Run = readonly [gap: number, length: number];

export type Seen = { readonly type: PacketType; readonly number: number; readonly bytes: number };

/** @returns a sound packet of that type around any body. */
export function packetOf(type: PacketType, number: number, body: Uint8Array): Uint8Array {
  const slot = newSlot(HEADER_BYTES + body.length);
  slot.bytes.set(body, HEADER_BYTES);
  sealPacket(slot, type, CONNECTION, number, body.length);
  return slot.bytes;
}

export function dataPacket(number: number, place: number, bytes: Uint8Array): Uint8Array {
  return packetOf(PACKET.data, number, createPacket(bytes, place));
}

export function ackPacket(
  end: number,
  runs: readonly Run[],
  { credit = MOST_UINT48, delayUs = 0 } = {},
): Uint8Array {
  const body = new Uint8Array(ACK.firstAt + runs.length * ACK.runBytes);
  const view = new DataView(body.buffer);
  view.setUint32(ACK.delayAt, delayUs);
  writeUint48(view, ACK.creditAt, credit);
  view.setUint8(ACK.runsAt, runs.length);
  writeUint48(view, ACK.endAt, end);
  for (const [at, [gap, length]] of runs.entries()) {
    view.setUint32(ACK.firstAt + at * ACK.runBytes, gap);
    view.setUint32(ACK.firstAt + at * ACK.runBytes + 4, length);
  }
  return packetOf(PACKET.ack, 0, body);
}

export function nakPacket(numbers: readonly number[], count = numbers.length): Uint8Array {
  const body = new Uint8Array(1 + numbers.length * 6);
  const view = new DataView(body.buffer);
  view.setUint8(0, count);
  for (const [at, number] of numbers.entries()) writeUint48(view, 1 + at * 6, number);
  return packetOf(PACKET.nak, 0, body);
}

/** PING of any kind, or FIN: a byte and a word. */
export function wordPacket(
  type: typeof PACKET.ping | typeof PACKET.fin,
  number: number,
  kind: number,
  word: number,
): Uint8Array {
  const body = new Uint8Array(7);
  body[0] = kind;
  writeUint48(new DataView(body.buffer), 1, word);
  return packetOf(type, number, body);
}

export function pingPacket(number: number): Uint8Array {
  return wordPacket(PACKET.ping, number, PING.ping, 0);
}

export class HostileEnd {
  readonly victim: End;
  readonly network: DatagramNetwork;
  /** What the victim sent here. */
  readonly seen: Seen[] = [];
  readonly address: Address;
  /** What it does with each packet, besides. */
  answer: (seen: Seen, datagram: Uint8Array) => void = () => {};
  readonly #sinceGap = { start: 0, end: 0 };
  #number = 0;

  constructor(options: EndOptions = {}) {
    this.network = new DatagramNetwork(randomFrom(1));
    const way = () => newWay({ rate: 1000, queueBytes: 100_000_000, delayUs: 0 });
    const [near, victim] = this.network.connect(way(), way(), options);
    this.address = near.address;
    this.victim = victim;
    this.network.listen(near.address, { arrive: (datagram) => this.#hear(datagram) });
  }

  /** Its next number. */
  number(): number {
    this.#number += 1;
    return this.#number - 1;
  }

  say(packet: Uint8Array, from: Address = this.address): void {
    this.victim.arrive(packet, from);
  }

  /** Lets so much time pass. */
  wait(us: number): void {
    this.network.run(this.network.now + us);
  }

  /** Says that it has all up to there. */
  acknowledgeAll(end: number): void {
    this.say(ackPacket(end, [[0, end]]));
  }

  /** Says that it has that packet, and those before it back to the last number that none had. */
  acknowledgeSeen(number: number, said: { readonly credit?: number } = {}): void {
    if (number !== this.#sinceGap.end) this.#sinceGap.start = number;
    this.#sinceGap.end = number + 1;
    this.say(ackPacket(number + 1, [[0, number + 1 - this.#sinceGap.start]], said));
  }

  bytesSeen(): number {
    return this.seen.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  #hear(datagram: Uint8Array): void {
    const header = headerOf(datagram);
    if (header === undefined) throw new Error('the victim sent no packet');
    const seen = { type: header.type, number: header.number, bytes: datagram.length };
    this.seen.push(seen);
    this.answer(seen, datagram);
  }
}

/** @returns the word of a question, if it is one. */
export function questionIn(datagram: Uint8Array): number | undefined {
  const view = viewOf(datagram);
  const isQuestion =
    view.getUint8(1) === PACKET.ping && view.getUint8(HEADER_BYTES) === PING.question;
  return isQuestion ? readUint48(view, HEADER_BYTES + 1) : undefined;
}

/** As many runs of one number each as one acknowledgement takes, the newest ending at `end`. */
export function scatteredRuns(): readonly Run[] {
  return Array.from({ length: ACK_RUNS }, (_, at): Run => [at === 0 ? 0 : 1, 1]);
}
