import { describe, expect, it } from 'vitest';
import { LossDetection } from '#src/domain/datagram/loss.js';
import { RoundTrip } from '#src/domain/datagram/round-trip.js';
import { SentPackets } from '#src/domain/datagram/sent-packets.js';

const RTT_US = 10_000;

function scene() {
  const sent = new SentPackets();
  const roundTrip = new RoundTrip();
  roundTrip.measure(RTT_US, 0);
  const loss = new LossDetection(sent, roundTrip);
  const send = (now: number) => sent.add('data', 1200, now);
  const find = (now: number): readonly number[] => {
    const lost: number[] = [];
    loss.find(now, (packet) => {
      lost.push(packet.number);
      sent.decide(packet, 'lost');
    });
    return lost;
  };
  /** A packet arrived. @returns which are lost by that at `now`. */
  const acknowledge = (number: number, now: number): readonly number[] => {
    const packet = sent.get(number);
    if (packet === undefined) throw new Error('never sent');
    if (packet.fate === 'lost') loss.wasWrong(number);
    sent.decide(packet, 'settled');
    loss.acknowledged(number);
    return find(now);
  };
  return { send, acknowledge, find, loss };
}

describe('a packet', () => {
  it('is lost once three that left after it have arrived', () => {
    const { send, acknowledge } = scene();
    for (let number = 0; number < 5; number += 1) send(number);
    expect(acknowledge(2, RTT_US)).toEqual([]);
    expect(acknowledge(3, RTT_US)).toEqual([0]);
    expect(acknowledge(4, RTT_US)).toEqual([1]);
  });

  it('is lost once it is late by an eighth of the way there and back, if a later one arrived', () => {
    const { send, acknowledge, find, loss } = scene();
    send(0);
    send(1);
    expect(acknowledge(1, RTT_US)).toEqual([]);
    expect(loss.dueAt).toBe(RTT_US * 1.125);
    expect(find(loss.dueAt - 1)).toEqual([]);
    expect(find(loss.dueAt)).toEqual([0]);
  });

  it('is not lost because nothing at all arrives', () => {
    const { send, find } = scene();
    send(0);
    expect(find(100 * RTT_US)).toEqual([]);
  });

  it('is waited for longer after one that was taken for lost arrived', () => {
    const { send, acknowledge } = scene();
    for (let number = 0; number < 30; number += 1) send(0);
    expect(acknowledge(9, 0)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(acknowledge(0, 0)).toEqual([]);
    // Nine later ones had arrived before it did: so many are waited for from now on.
    expect(acknowledge(17, 0)).toEqual([7]);
  });
});
