import { describe, expect, it } from 'vitest';
import { SentPackets } from '#src/domain/datagram/sent-packets.js';
import { Way } from '#src/domain/datagram/way.js';

const RTT_US = 10_000;
const BASE_BYTES = 1200;
const OPTIONS = { datagramLimit: 1472, socketBytes: 1_000_000, rttUs: RTT_US, now: 0 };

function scene(options: Partial<typeof OPTIONS> = {}) {
  const way = new Way({ ...OPTIONS, ...options });
  const sent = new SentPackets();
  const send = (kind: 'data' | 'size-probe', bytes: number, now: number) => {
    const isIdle = sent.inFlight === 0;
    const packet = sent.add(kind, bytes, now);
    way.left(packet, isIdle, now);
    return packet;
  };
  /** So many leave together, and one acknowledgement says a round trip later that they arrived. */
  const round = (packets: number, now: number) => {
    const all = Array.from({ length: packets }, () => send('data', way.packetBytes, now));
    way.beginAcknowledgement();
    for (const packet of all) {
      sent.decide(packet, 'settled');
      way.arrived(packet, false, now + RTT_US);
    }
    way.endAcknowledgement(RTT_US, sent.bytesInFlight, now + RTT_US);
  };
  /** A larger size was tried, and got through. */
  const grow = (now: number) => way.arrived(send('size-probe', 1472, now), false, now + RTT_US);
  return { way, send, round, grow };
}

describe('the way to the other end', () => {
  it('takes ten packets to begin with, and more once they arrive', () => {
    const { way, round } = scene();
    expect(way.takesMore(9 * BASE_BYTES)).toBe(true);
    expect(way.takesMore(9 * BASE_BYTES + 1)).toBe(false);
    round(10, 0);
    expect(way.window).toBe(20 * BASE_BYTES);
    round(10, RTT_US);
    expect(way.window).toBe(30 * BASE_BYTES);
    expect(way.takesMore(29 * BASE_BYTES)).toBe(true);
  });

  it('takes no more than it carries itself and the socket at its end holds, which is ten packets at least', () => {
    const { way, round } = scene({ socketBytes: 0 });
    for (let at = 0; at < 20; at += 1) round(10, at * RTT_US);
    // Ten packets a round trip are what it carries.
    expect(way.window).toBeGreaterThan(30 * BASE_BYTES);
    expect(way.takesMore(18 * BASE_BYTES)).toBe(true);
    expect(way.takesMore(19 * BASE_BYTES + 1)).toBe(false);
  });

  it('is free again some time after each packet, sooner the shorter it is', () => {
    const [near, far] = [scene({ rttUs: RTT_US }).way, scene({ rttUs: 10 * RTT_US }).way];
    const times = [near, far].map((way) => {
      const packet = new SentPackets().add('data', BASE_BYTES, RTT_US);
      way.left(packet, true, RTT_US);
      const first = way.freeAt;
      way.left(packet, false, RTT_US);
      return way.freeAt - first;
    });
    const [short = 0, long = 0] = times;
    expect(short).toBeGreaterThan(0);
    expect(long / short).toBeCloseTo(10);
  });

  it('carries larger packets once one was tried and got through, not while it is on its way', () => {
    const { way, grow } = scene();
    expect(way.trySize(0)).toBe(1472);
    expect(way.trySize(1)).toBeUndefined();
    expect(way.packetBytes).toBe(BASE_BYTES);
    grow(0);
    expect(way.packetBytes).toBe(1472);
    expect(way.takesMore(10 * BASE_BYTES - 1472)).toBe(true);
    expect(way.takesMore(10 * BASE_BYTES - 1471)).toBe(false);
  });

  it('carries no larger packets than any way does once many of them in a row are lost', () => {
    const { way, send, grow } = scene();
    grow(0);
    const lose = (packets: number, now: number) => {
      for (let left = packets; left > 0; left -= 1) way.lost(send('data', 1472, now), now);
    };
    lose(23, 1_000_000);
    expect(way.packetBytes).toBe(1472);
    lose(1, 1_000_000);
    expect(way.packetBytes).toBe(BASE_BYTES);
    expect(way.takesMore(9 * BASE_BYTES)).toBe(true);
  });

  it.each(['startOver', 'change'] as const)('is taken for an unknown one after %s', (forget) => {
    const { way, round, grow } = scene();
    grow(0);
    for (let at = 1; at < 6; at += 1) round(10, at * RTT_US);
    expect(way.takesMore(20 * BASE_BYTES)).toBe(true);
    way[forget](6 * RTT_US);
    expect(way.packetBytes).toBe(BASE_BYTES);
    expect(way.takesMore(9 * BASE_BYTES)).toBe(true);
    expect(way.takesMore(9 * BASE_BYTES + 1)).toBe(false);
  });
});
