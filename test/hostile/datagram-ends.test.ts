/** What the other end of a stream over datagrams, or whoever listens on the way, can make an end do and keep. */
import { describe, expect, it } from 'vitest';
import { ACK_RUNS, HEADER_BYTES, RESET } from '#src/domain/datagram/packet.js';
import { KiB, MiB } from '#src/domain/limits.js';
import { PACKET } from '#src/wire/packet.js';
import { PING } from '#src/wire/packet-writer.js';
import {
  BUDGET_BYTES,
  bytesFrom,
  DatagramNetwork,
  type End,
  newWay,
  RESET_TOKEN,
} from '#test/support/datagram-simulation.js';
import {
  ackPacket,
  dataPacket,
  EDGES,
  HostileEnd,
  MOST_UINT48,
  nakPacket,
  packetOf,
  pingPacket,
  questionIn,
  scatteredRuns,
  wordPacket,
} from '#test/support/hostile-end.js';
import { randomFrom } from '#test/support/random.js';
import { rounds } from '#test/support/rounds.js';

const SECOND = 1_000_000;
const ELSEWHERE = { host: 'elsewhere', port: 9 };

/** What an end may keep of what it wrote, and records of its packets (`sending.ts`, `sent-packets.ts`). */
const MOST_WRITTEN = 8 * MiB + 16 * KiB;
const MOST_PACKETS = 16_384;

/** Numbers that jump by 65,536 are taken for impossible, and most of these are refused. */
const MANY = rounds({ small: 20_000, full: 60_000 });

/** Two honest ends in the middle of a conversation of so many bytes each way. */
function conversation(toFar: number, toNear: number): readonly [DatagramNetwork, End, End] {
  const network = new DatagramNetwork(randomFrom(1));
  const [near, far] = network.connect(newWay(), newWay());
  near.write(toFar);
  far.write(toNear);
  network.run(60_000);
  return [network, near, far];
}

function expectComplete(network: DatagramNetwork, ends: readonly End[], bytes: number): void {
  network.run(60 * SECOND, () => ends.every(({ outcome }) => outcome !== undefined));
  expect(ends.map(({ outcome, received }) => ({ outcome, received }))).toEqual(
    ends.map(() => ({ outcome: { type: 'complete' }, received: bytes })),
  );
}

describe('an end that is told numbers at their edges', () => {
  it.each(EDGES)('%i in any field: it moves nowhere, keeps nothing, and completes', (edge) => {
    const bytes = 1_000_000;
    const [network, near, far] = conversation(bytes, bytes);
    const before = { ...far.connection.kept, received: far.received };
    const { address } = far.connection;
    const word = Math.min(edge, 2 ** 32 - 1);
    // A place that has arrived, and one that never can: anything between would be the stream's own.
    const place = edge < 2 ** 31 ? 0 : edge;
    const said = [
      dataPacket(edge, place, bytesFrom(place, 8)),
      dataPacket(edge < 2 ** 31 ? MOST_UINT48 : edge, far.received, Uint8Array.of(1, 2, 3)),
      pingPacket(edge < 2 ** 31 ? 0 : edge),
      wordPacket(PACKET.fin, 0, 0, edge < 2 ** 31 ? edge : MOST_UINT48),
      wordPacket(PACKET.fin, edge, 0, edge),
      wordPacket(PACKET.ping, edge, PING.answer, edge),
      wordPacket(PACKET.ping, edge, PING.question, edge),
      wordPacket(PACKET.ping, edge, 255, edge),
      ackPacket(edge, [[0, word]], { credit: edge, delayUs: word }),
      ackPacket(edge, [[word, word]]),
      ackPacket(edge, [
        [0, 1],
        [word, 1],
      ]),
      ackPacket(1, [[0, 1]], { credit: edge, delayUs: word }),
      nakPacket([edge]),
      nakPacket([edge], edge & 0xff),
      packetOf(PACKET.reset, edge, new Uint8Array(17).fill(edge & 0xff)),
    ];
    for (const packet of said) far.arrive(packet, ELSEWHERE);
    expect(far.received).toBe(before.received);
    expect(far.outcome).toBeUndefined();
    expect(far.connection.address).toEqual(address);
    expect(far.connection.kept.ahead).toBe(before.ahead);
    expect(far.connection.traffic.ignored).toBeGreaterThanOrEqual(6);
    expectComplete(network, [near, far], bytes);
  });

  it('takes no second end of the stream, nor one below what came ahead', () => {
    const hostile = new HostileEnd();
    const { victim } = hostile;
    const fin = (end: number) => wordPacket(PACKET.fin, hostile.number(), 0, end);
    hostile.say(dataPacket(hostile.number(), 40, bytesFrom(40, 20)));
    hostile.say(fin(50));
    expect(victim.connection.traffic.ignored).toBe(1);
    hostile.say(fin(60));
    hostile.say(fin(61));
    hostile.say(fin(60));
    expect(victim.connection.traffic.ignored).toBe(2);
    hostile.say(dataPacket(hostile.number(), 0, bytesFrom(0, 40)));
    expect(victim.received).toBe(60);
    expect(victim.hasFinished).toBe(true);
  });
});

describe('an end whose other end lies about what arrived', () => {
  it('is broken off when it acknowledges ahead of what it gets: some numbers no packet has', () => {
    const hostile = new HostileEnd();
    const { victim } = hostile;
    hostile.answer = ({ number, type }) => {
      if (type !== PACKET.ack) hostile.acknowledgeAll(number + 1);
    };
    victim.write(32 * MiB);
    hostile.wait(SECOND);
    expect(victim.outcome).toEqual({ type: 'reset', code: RESET.protocol });
    expect(hostile.seen.at(-1)?.type).toBe(PACKET.reset);
    // The first such number comes within as many packets; what leaves in one turn may be beyond it.
    expect(hostile.seen.length).toBeLessThan(2 * 4096);
  });

  it('keeps within its bounds what it sends whoever acknowledges everything at once', () => {
    const hostile = new HostileEnd();
    const { victim } = hostile;
    let most = { written: 0, packets: 0 };
    hostile.answer = ({ number, type }) => {
      if (type !== PACKET.ack) hostile.acknowledgeSeen(number);
      const { written, packets } = victim.connection.kept;
      most = { written: Math.max(most.written, written), packets: Math.max(most.packets, packets) };
    };
    victim.write(32 * MiB);
    hostile.wait(SECOND);
    expect(most.written).toBeLessThan(MOST_WRITTEN);
    expect(most.packets).toBeLessThanOrEqual(MOST_PACKETS);
    // All that was guessed and had not left counts as ignored, and moves nothing.
    const { next } = { next: Math.max(...hostile.seen.map(({ number }) => number)) + 1 };
    const before = victim.connection.traffic.ignored;
    for (let guess = 1; guess <= 1000; guess += 1) hostile.acknowledgeAll(next + guess * 100_000);
    expect(victim.connection.traffic.ignored - before).toBe(1000);
  });

  it('sends no more than the credit to whoever never takes anything, and asks ever less often', () => {
    const hostile = new HostileEnd({ window: 300_000 });
    const { victim } = hostile;
    hostile.answer = ({ number, type }) => {
      if (type === PACKET.ack) return;
      hostile.acknowledgeSeen(number, { credit: 0 });
    };
    victim.write(32 * MiB);
    hostile.wait(10 * SECOND);
    expect(victim.connection.traffic.bytesOut).toBeLessThanOrEqual(300_000);
    expect(victim.connection.traffic.bytesOut).toBeGreaterThan(300_000 - KiB);
    expect(victim.connection.kept.written).toBeLessThan(MOST_WRITTEN);
    const before = hostile.seen.length;
    hostile.wait(10 * SECOND);
    expect(hostile.seen.length - before).toBeLessThan(2000);
    hostile.answer = () => {};
    hostile.wait(60 * SECOND);
    expect(victim.outcome?.type).toBe('gone');
  });

  it('sends no packet for each byte of credit', () => {
    const hostile = new HostileEnd({ window: 2048 });
    const { victim } = hostile;
    victim.write(1 * MiB);
    let newest = 0;
    hostile.answer = ({ number, type }) => {
      if (type !== PACKET.ack) newest = Math.max(newest, number + 1);
    };
    for (let credit = 2048; credit < 2048 + MANY; credit += 1) {
      hostile.say(ackPacket(Math.max(1, newest), [[0, Math.max(1, newest)]], { credit }));
      if (credit % 64 === 0) hostile.wait(100);
    }
    hostile.wait(SECOND);
    const sent = hostile.seen.filter(({ type }) => type === PACKET.data).length;
    expect(sent).toBeLessThan((2 * (2048 + MANY)) / 256);
  });

  it('is not made faster by whoever refuses everything it sends', () => {
    const hostile = new HostileEnd();
    const { victim } = hostile;
    hostile.answer = ({ number, type }) => {
      if (type === PACKET.data) hostile.say(nakPacket([number, number, number + 1]));
    };
    victim.write(32 * MiB);
    hostile.wait(5 * SECOND);
    const { traffic, kept } = victim.connection;
    // Ten packets in the shortest round that is believed, times the gain of the start: 17 bytes a microsecond.
    expect(traffic.bytesOut).toBeLessThan(5 * SECOND * 18);
    expect(traffic.refusalsIn).toBeGreaterThan(0);
    expect(kept.packets).toBeLessThanOrEqual(MOST_PACKETS);
    expect(kept.written).toBeLessThan(MOST_WRITTEN);
  });

  it('is given up when it refuses whatever it is sent', () => {
    const hostile = new HostileEnd();
    const { victim } = hostile;
    hostile.answer = ({ number, type }) => {
      if (type !== PACKET.ack) hostile.say(nakPacket([number]));
    };
    victim.write(64 * MiB);
    hostile.wait(120 * SECOND);
    expect(victim.outcome?.type).toBe('gone');
  });

  it('keeps nothing of what is said again and again of packets that were settled long ago', () => {
    const hostile = new HostileEnd();
    const { victim } = hostile;
    let newest = 0;
    hostile.answer = ({ number, type }) => {
      if (type === PACKET.ack) return;
      newest = Math.max(newest, number + 1);
      hostile.acknowledgeSeen(number);
    };
    victim.write(16 * MiB);
    hostile.wait(5 * SECOND);
    expect(newest).toBeGreaterThan(10_000);
    const before = victim.connection.kept.runs;
    for (let end = 2 * ACK_RUNS; end < newest; end += 2 * ACK_RUNS) {
      hostile.say(ackPacket(end, scatteredRuns()));
    }
    expect(victim.connection.kept.runs).toBeLessThanOrEqual(before + ACK_RUNS);
  });
});

describe('an end that is sent what nobody would send', () => {
  it('keeps few runs of packets, and never says more of them than there is room for, however they are scattered', () => {
    const hostile = new HostileEnd();
    const { victim } = hostile;
    for (let at = 0; at < MANY; at += 1) {
      hostile.say(pingPacket(2 * at));
      if (at % 100 === 0) hostile.wait(10);
    }
    hostile.wait(SECOND);
    expect(victim.connection.kept.runs).toBeLessThanOrEqual(257);
    const said = hostile.seen.filter(({ type }) => type === PACKET.ack);
    expect(said.length).toBeLessThanOrEqual(MANY);
    expect(Math.max(...said.map(({ bytes }) => bytes))).toBe(HEADER_BYTES + 17 + ACK_RUNS * 8);
  });

  it.each([
    ['from the last to the first', (at: number, count: number) => count - 1 - at],
    ['at random', (at: number, count: number) => (at * 7919) % count],
    ['with a gap behind each', (at: number) => 2 * at],
  ])('keeps within bounds what comes byte by byte, %s', (_, order) => {
    const hostile = new HostileEnd();
    const { victim } = hostile;
    let mostRuns = 0;
    for (let at = 0; at < MANY; at += 1) {
      const place = 1 + order(at, MANY);
      hostile.say(dataPacket(hostile.number(), place, bytesFrom(place, 1)));
      if (at % 100 === 0) hostile.wait(10);
      const { ahead, runs } = victim.connection.kept;
      mostRuns = Math.max(mostRuns, runs);
      expect(ahead).toBeLessThanOrEqual(BUDGET_BYTES);
    }
    // Of packets 256, of which the oldest is forgotten then.
    expect(mostRuns).toBeLessThanOrEqual(257);
    expect(victim.received).toBe(0);
    // Whatever was held or refused: what comes in its turn is taken, and the stream goes on.
    const end = victim.connection.traffic.bytesIn;
    for (let place = 0; place < end; place += 1000) {
      hostile.say(dataPacket(hostile.number(), place, bytesFrom(place, 1000)));
    }
    expect(victim.received).toBeGreaterThanOrEqual(end);
    expect(victim.connection.kept.ahead).toBeLessThanOrEqual(BUDGET_BYTES);
  });

  it('takes nothing of the budget of others once it is closed, and gives back what it held', () => {
    const hostile = new HostileEnd();
    const { victim } = hostile;
    hostile.say(dataPacket(hostile.number(), 5000, bytesFrom(5000, 1000)));
    expect(victim.connection.kept.ahead).toBeGreaterThan(1000);
    victim.connection.abort(1);
    for (let place = 1000; place < 100_000; place += 2000) {
      hostile.say(dataPacket(hostile.number(), place, bytesFrom(place, 1000)));
    }
    expect(victim.connection.kept.ahead).toBe(0);
    expect(victim.received).toBe(0);
  });
});

describe('an end that is broken off', () => {
  it('has nothing more to do, though it was asked where it is in the same turn', () => {
    const hostile = new HostileEnd();
    const { connection } = hostile.victim;
    hostile.say(wordPacket(PACKET.ping, 0, PING.question, 5));
    hostile.say(packetOf(PACKET.reset, 0, Uint8Array.of(RESET.aborted, ...RESET_TOKEN)));
    expect(connection.isClosed).toBe(true);
    // Whoever runs it forgets it by this: else it would be woken for ever.
    expect(connection.dueAt).toBe(Number.POSITIVE_INFINITY);
    hostile.wait(SECOND);
    expect(hostile.seen).toEqual([]);
  });
});

describe('an end whose other end seems to be elsewhere', () => {
  it('sends that place no more than came from there, whatever comes', () => {
    const hostile = new HostileEnd();
    const { victim, network } = hostile;
    let bytesThere = 0;
    network.listen(ELSEWHERE, { arrive: ({ length }) => (bytesThere += length) });
    victim.write(1 * MiB);
    const kinds = [
      (n: number) => pingPacket(n),
      (n: number) => dataPacket(n, n, new Uint8Array(1)),
      (n: number) => wordPacket(PACKET.fin, n, 0, MOST_UINT48),
      () => wordPacket(PACKET.ping, 0, PING.question, 7),
      () => wordPacket(PACKET.ping, 0, PING.answer, 7),
      () => ackPacket(1, [[0, 1]]),
      () => nakPacket([]),
    ];
    let bytesFromThere = 0;
    for (let at = 0; at < 7000; at += 1) {
      const packet = kinds[at % kinds.length]?.(hostile.number()) ?? pingPacket(0);
      bytesFromThere += packet.length;
      hostile.say(packet, ELSEWHERE);
      hostile.wait(at % 50 === 0 ? 300_000 : 10);
      expect(bytesThere).toBeLessThanOrEqual(bytesFromThere);
      if (victim.outcome !== undefined) break;
    }
    expect(bytesThere).toBeGreaterThan(0);
    expect(victim.connection.address).toEqual(hostile.address);
  });

  /** A man on the way who is faster than it: each packet comes from him first, and he knows the answers. */
  function replayed(toFar: number, toNear: number, headStartUs: number, until: number) {
    const network = new DatagramNetwork(randomFrom(3));
    const [near, far] = network.connect(newWay(), newWay());
    const arrive = far.arrive.bind(far);
    far.arrive = (datagram, from) => {
      if (network.now < until) arrive(datagram, ELSEWHERE);
      network.later(headStartUs, () => arrive(datagram, from));
    };
    let moved = 0;
    network.listen(ELSEWHERE, {
      arrive(datagram) {
        const word = questionIn(datagram);
        if (word !== undefined) arrive(wordPacket(PACKET.ping, 0, PING.answer, word), ELSEWHERE);
        if (far.connection.address.host === ELSEWHERE.host) moved += 1;
      },
    });
    near.write(toFar);
    far.write(toNear);
    network.run(120 * SECOND, () => near.outcome !== undefined && far.outcome !== undefined);
    expect([near.outcome, far.outcome]).toEqual([{ type: 'complete' }, { type: 'complete' }]);
    expect([far.received, near.received]).toEqual([toFar, toNear]);
    expect(far.connection.address).toEqual(near.address);
    return moved;
  }

  it.each([
    ['sends', 4_000_000, 0],
    ['only receives', 0, 4_000_000],
  ])('does not move to whoever replays all packets of one that %s', (_, toFar, toNear) => {
    expect(replayed(toFar, toNear, 0, 120 * SECOND)).toBe(0);
    expect(replayed(toFar, toNear, 50_000, 120 * SECOND)).toBe(0);
  });

  it.each([
    ['sends', 2_000_000, 0],
    ['only receives', 0, 2_000_000],
  ])('comes back from whoever is far ahead of one that %s, once he stops', (_, toFar, toNear) => {
    expect(replayed(toFar, toNear, 250_000, 3 * SECOND)).toBeGreaterThan(0);
  });

  it('moves nowhere for whoever only guesses, or answers with another word', () => {
    const [network, near, far] = conversation(1_000_000, 1_000_000);
    const random = randomFrom(5);
    for (let guess = 0; guess < 1000; guess += 1) {
      far.arrive(
        wordPacket(PACKET.ping, 0, PING.answer, Math.floor(random() * 2 ** 47)),
        ELSEWHERE,
      );
      far.arrive(nakPacket([guess + 100_000]), ELSEWHERE);
    }
    expect(far.connection.address).toEqual(near.address);
    expect(far.connection.traffic.ignored).toBeGreaterThanOrEqual(2000);
    expectComplete(network, [near, far], 1_000_000);
  });
});
