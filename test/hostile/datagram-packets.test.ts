import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ACK_RUNS, HEADER_BYTES } from '#src/domain/datagram/packet.js';
import { PACKET } from '#src/wire/packet.js';
import {
  BUDGET_BYTES,
  bytesFrom,
  DatagramNetwork,
  type End,
  newWay,
} from '#test/support/datagram-simulation.js';
import { ackPacket, dataPacket, MOST_UINT48, packetOf } from '#test/support/hostile-end.js';
import { randomFrom } from '#test/support/random.js';

const FROM = { host: 'anybody', port: 9 };
const MOST_BYTES = 65_507;

/** An end in the middle of a conversation, and the packets the other one has sent it so far. */
function inConversation(): { victim: End; network: DatagramNetwork; heard: readonly Uint8Array[] } {
  const network = new DatagramNetwork(randomFrom(1));
  const [near, victim] = network.connect(newWay(), newWay());
  const heard: Uint8Array[] = [];
  const arrive = victim.arrive.bind(victim);
  victim.arrive = (datagram, from) => {
    heard.push(datagram);
    arrive(datagram, from);
  };
  near.write(1_000_000);
  network.run(60_000);
  victim.arrive = arrive;
  return { victim, network, heard };
}

/** Everything about an end that a packet could move, but for what is counted of packets themselves. */
function stateOf({ received, hasFinished, outcome, connection }: End) {
  const { bytesIn, bytesOut, again, lost, wronglyLost } = connection.traffic;
  return { received, hasFinished, outcome, bytesIn, bytesOut, again, lost, wronglyLost };
}

describe('an end of a stream over datagrams', () => {
  it('is not moved by garbage of any length (CVE-2021-44847)', () => {
    const { victim } = inConversation();
    const before = stateOf(victim);
    const garbage = randomBytes(MOST_BYTES);
    for (let length = 0; length <= MOST_BYTES; length += 1) {
      victim.arrive(garbage.subarray(0, length), FROM);
    }
    expect(stateOf(victim)).toEqual(before);
  });

  it('is not moved by a packet of any type whose body is garbage of any length under a sound header', () => {
    const { victim } = inConversation();
    const before = stateOf(victim);
    for (const type of Object.values(PACKET)) {
      for (let length = 0; length < 1500; length += 1) {
        // Of a PING only its first bytes mean anything: a sound one is answered, and moves nothing.
        victim.arrive(packetOf(type, MOST_UINT48, randomBytes(length)), FROM);
      }
    }
    expect(stateOf(victim)).toEqual(before);
  });

  it('is not moved by a packet with any bit of its header flipped', () => {
    const { victim, heard } = inConversation();
    const before = stateOf(victim);
    for (const packet of heard.slice(-5)) {
      for (let bit = 0; bit < HEADER_BYTES * 8; bit += 1) {
        const flipped = packet.slice();
        flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        victim.arrive(flipped, FROM);
      }
    }
    expect(stateOf(victim)).toEqual(before);
  });

  it('refuses a packet by its number whose data had any bit flipped, and takes none of it', () => {
    const { victim, heard } = inConversation();
    const before = stateOf(victim);
    const packet = heard.at(-1) ?? new Uint8Array(0);
    const damaged = victim.connection.traffic.damaged;
    for (let bit = HEADER_BYTES * 8; bit < packet.length * 8; bit += 1) {
      const flipped = packet.slice();
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      victim.arrive(flipped, FROM);
    }
    expect(stateOf(victim)).toEqual(before);
    const flips = (packet.length - HEADER_BYTES) * 8;
    expect(victim.connection.traffic.damaged - damaged).toBe(flips);
  });

  it('takes nothing twice, however often it is replayed, and counts it', () => {
    const { victim, heard } = inConversation();
    const before = stateOf(victim);
    for (let time = 0; time < 3; time += 1) for (const packet of heard) victim.arrive(packet, FROM);
    expect(victim.received).toBe(before.received);
    expect(victim.connection.traffic.duplicates).toBeGreaterThanOrEqual(3 * heard.length - 10);
  });

  it('ignores acknowledgements of packets that never left, and those that contradict themselves', () => {
    const { victim } = inConversation();
    const before = stateOf(victim);
    const { ignored } = victim.connection.traffic;
    const forged = [
      ackPacket(MOST_UINT48, [[0, 1]]),
      ackPacket(1000, [[0, 1000]]),
      // Longer than what there is, empty, touching, none, too many.
      ackPacket(3, [[0, 4]]),
      ackPacket(3, [[0, 0]]),
      ackPacket(3, [
        [0, 1],
        [0, 1],
      ]),
      ackPacket(3, []),
      ackPacket(
        2 ** 20,
        Array.from({ length: ACK_RUNS + 1 }, (): [number, number] => [1, 1]),
      ),
    ];
    for (const packet of forged) victim.arrive(packet, FROM);
    expect(stateOf(victim)).toEqual(before);
    expect(victim.connection.traffic.ignored - ignored).toBe(forged.length);
  });

  it('is not ended by a reset from whoever does not know its token', () => {
    const { victim } = inConversation();
    for (let guess = 0; guess < 1000; guess += 1) {
      victim.arrive(packetOf(PACKET.reset, 0, Uint8Array.of(1, ...randomBytes(16))), FROM);
    }
    expect(victim.outcome).toBeUndefined();
  });

  it('takes nothing beyond what it promised to take, and holds no more than its budget', () => {
    const network = new DatagramNetwork(randomFrom(1));
    const window = 200_000;
    const [, victim] = network.connect(newWay(), newWay(), { window });
    const send = (number: number, place: number, bytes: number) =>
      victim.arrive(dataPacket(number, place, bytesFrom(place, bytes)), FROM);
    // One byte of each two: as many pieces as can be, and never the first.
    let number = 0;
    for (let place = 1; place < 2 * window; place += 2, number += 1) send(number, place, 1);
    const { bytesIn, ignored } = victim.connection.traffic;
    expect(bytesIn).toBeLessThan(BUDGET_BYTES / 256);
    expect(bytesIn + ignored).toBe(window);
    expect(victim.received).toBe(0);
    // What comes in its turn is always taken.
    send(bytesIn, 0, 2);
    expect(victim.received).toBe(2);
  });
});
