import { describe, expect, it } from 'vitest';
import { ActiveView } from '#src/domain/mesh/active-view.js';
import type { Contact, MembershipMessage } from '#src/domain/mesh/membership-message.js';
import { PassiveView } from '#src/domain/mesh/passive-view.js';
import { Shuffling } from '#src/domain/mesh/shuffling.js';
import { contactOf, idOf } from '#test/support/mesh-contacts.js';
import { randomFrom } from '#test/support/random.js';

function made(neighbours: number, others: number) {
  const random = randomFrom(1);
  const active = new ActiveView(random, () => false);
  const passive = new PassiveView(random, () => false);
  const direction = 'dialled';
  for (let peer = 1; peer <= neighbours; peer += 1) {
    active.add({ contact: contactOf(peer), direction, links: undefined });
  }
  for (let peer = 101; peer <= 100 + others; peer += 1) passive.add(contactOf(peer), 0);
  const sent: { readonly to: Contact; readonly message: MembershipMessage }[] = [];
  const kept: Contact[] = [];
  const send = (to: Contact, message: MembershipMessage) => sent.push({ to, message });
  const keep = (contact: Contact) => kept.push(contact);
  const self = contactOf(0);
  const mayDialFor = () => true;
  const shuffling = new Shuffling({ self, active, passive, random, send, keep, mayDialFor }, 0);
  return { shuffling, sent, kept };
}

const thousands = Array.from({ length: 5000 }, (_, at) => contactOf(1000 + at));

describe('shuffling', () => {
  it('tells one neighbour of three others and of four who are none', () => {
    const { shuffling, sent } = made(5, 20);
    shuffling.start(100);
    const [{ to, message } = {}] = sent;
    const sample = message?.type === 'shuffle' ? message.sample : [];
    expect(sample.map(({ port }) => port > 100)).toEqual([
      false,
      false,
      false,
      true,
      true,
      true,
      true,
    ]);
    expect(sample.map(({ peerId }) => peerId)).not.toContain(to?.peerId);
  });

  it('says nothing where there is nobody, and tries again later', () => {
    const { shuffling, sent } = made(0, 20);
    shuffling.start(100);
    expect(sent).toEqual([]);
    expect(shuffling.dueAt).toBeGreaterThan(100);
  });

  it.each([
    [1, 'shuffle-answer'],
    [0, 'shuffle-answer'],
    [-7, 'shuffle-answer'],
    [Number.NaN, 'shuffle-answer'],
    [2, 'shuffle'],
    [1e15, 'shuffle'],
  ])('with %d links left is a %s, and never goes on for longer than its own would', (ttl, type) => {
    const { shuffling, sent } = made(5, 20);
    const origin = contactOf(50);
    shuffling.received(contactOf(1), { type: 'shuffle', request: 1, origin, ttl, sample: [] }, 0);
    expect(sent.map(({ message }) => message.type)).toEqual([type]);
    const [{ message } = {}] = sent;
    if (message?.type === 'shuffle') expect(message.ttl).toBeLessThanOrEqual(5);
  });

  it('passes on and keeps no more than eight, however many are told', () => {
    for (const ttl of [1, 3]) {
      const { shuffling, sent, kept } = made(5, 30);
      const message = {
        type: 'shuffle',
        request: 1,
        origin: contactOf(50),
        sample: thousands,
      } as const;
      shuffling.received(contactOf(1), { ...message, ttl }, 0);
      const [{ message: said } = {}] = sent;
      expect(said !== undefined && 'sample' in said && said.sample.length).toBe(8);
      expect(kept.length).toBeLessThanOrEqual(9);
    }
  });

  it('takes one answer, to the question it asked, and eight of what it says', () => {
    const { shuffling, kept } = made(5, 30);
    const answer = { type: 'shuffle-answer', request: 1, sample: thousands } as const;
    expect(shuffling.answered(answer)).toBe(false);
    shuffling.start(0);
    expect(shuffling.answered({ ...answer, request: 9 })).toBe(false);
    expect(shuffling.answered(answer)).toBe(true);
    expect(shuffling.answered(answer)).toBe(false);
    expect(kept).toHaveLength(8);
  });

  it('ends where its origin has it again', () => {
    const { shuffling, sent } = made(5, 20);
    const message = { type: 'shuffle', request: 1, ttl: 3, sample: [contactOf(7)] } as const;
    shuffling.received(
      contactOf(1),
      { ...message, origin: { ...contactOf(0), peerId: idOf(0) } },
      0,
    );
    expect(sent).toEqual([]);
  });
});
