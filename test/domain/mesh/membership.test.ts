import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PeerId } from '#src/domain/ids.js';
import { Membership } from '#src/domain/mesh/membership.js';
import type { MembershipEffect, MembershipEvent } from '#src/domain/mesh/membership-event.js';
import type { MembershipMessage, Priority } from '#src/domain/mesh/membership-message.js';
import { contactOf, idOf } from '#test/support/mesh-contacts.js';
import { randomFrom } from '#test/support/random.js';

const SELF = 500;
const NONE = { dialled: 0, accepted: 0 };

function made(isTrusted: (peer: PeerId) => boolean = () => false) {
  const self = contactOf(SELF);
  const membership = new Membership({ self, random: randomFrom(1), now: 0, isTrusted });
  const take = (event: MembershipEvent, now = 1) => membership.take(event, now);
  const receive = (from: number, message: MembershipMessage, now = 1) =>
    take({ type: 'received', from: contactOf(from), message }, now);
  const hear = (peer: number, now = 1) =>
    take({ type: 'heard', contact: contactOf(peer), load: 1 }, now);
  const beAsked = (by: number, priority: Priority = 'low', now = 1) =>
    receive(by, { type: 'neighbour', request: 1, priority, links: NONE }, now);
  const answer = (from: number, request: number, isAccepted = true, now = 1) =>
    receive(from, { type: 'neighbour-answer', request, isAccepted }, now);
  return { membership, take, receive, hear, beAsked, answer };
}

type Made = ReturnType<typeof made>;

/** That peer was asked, and is a neighbour now. */
function befriend({ hear, answer }: Made, peer: number): void {
  answer(peer, requestOf(hear(peer), peer));
}

function sentTo(effects: readonly MembershipEffect[], peer: number): MembershipMessage[] {
  return effects.flatMap((each) =>
    each.type === 'send' && each.to.peerId === idOf(peer) ? [each.message] : [],
  );
}

function sent(effects: readonly MembershipEffect[]): MembershipMessage['type'][] {
  return effects.flatMap((each) => (each.type === 'send' ? [each.message.type] : []));
}

function requestOf(effects: readonly MembershipEffect[], peer: number): number {
  const ask = sentTo(effects, peer).find(({ type }) => type === 'neighbour');
  if (ask?.type !== 'neighbour') throw new Error('it was not asked');
  return ask.request;
}

const neighboursOf = ({ membership }: Made) =>
  membership.neighbours.map(({ contact }) => contact.peerId);
const othersOf = ({ membership }: Made) => membership.others.map(({ peerId }) => peerId);

describe('membership', () => {
  it('asks whomever it hears of, first as a newcomer, and has a neighbour once that one agreed', () => {
    const peer = made();
    const asked = peer.hear(1);
    expect(sentTo(asked, 1)).toMatchObject([{ type: 'neighbour', priority: 'join' }]);
    expect(neighboursOf(peer)).toEqual([]);
    const up = peer.answer(1, requestOf(asked, 1));
    expect(up).toContainEqual({ type: 'neighbour-up', peerId: idOf(1), direction: 'dialled' });
  });

  it('asks for no more once it has five', () => {
    const peer = made();
    for (let other = 1; other <= 5; other += 1) befriend(peer, other);
    expect(sent(peer.hear(6))).toEqual([]);
    expect(othersOf(peer)).toEqual([idOf(6)]);
  });

  it('urges only one of those it asks at once, so that only one makes room for it', () => {
    const peer = made();
    const asks = [1, 2, 3].flatMap((other) => sentTo(peer.hear(other), other));
    expect(asks.map((ask) => ask.type === 'neighbour' && ask.priority)).toEqual([
      'join',
      'low',
      'low',
    ]);
  });

  it('never refuses one who has nobody, and makes room for him', () => {
    const peer = made();
    for (let other = 1; other <= 5; other += 1) peer.beAsked(other);
    const effects = peer.beAsked(6, 'high');
    expect(sentTo(effects, 6)).toMatchObject([{ type: 'neighbour-answer', isAccepted: true }]);
    expect(effects).toContainEqual(
      expect.objectContaining({ type: 'neighbour-down', reason: 'evicted' }),
    );
    expect(peer.membership.links).toEqual({ dialled: 0, accepted: 5 });
  });

  it('refuses a sixth who has others', () => {
    const peer = made();
    for (let other = 1; other <= 5; other += 1) peer.beAsked(other);
    expect(sentTo(peer.beAsked(6, 'low'), 6)).toMatchObject([{ isAccepted: false }]);
    expect(othersOf(peer)).toEqual([idOf(6)]);
  });

  it('makes nobody it asked itself give way to one who asks', () => {
    const peer = made();
    for (let other = 1; other <= 5; other += 1) befriend(peer, other);
    for (let other = 11; other <= 60; other += 1) peer.beAsked(other, 'high');
    expect(neighboursOf(peer).slice(0, 5)).toEqual([1, 2, 3, 4, 5].map(idOf));
  });
});

describe('membership, as others had to learn it,', () => {
  it('tells of a newcomer those who are left after it made room for him', () => {
    const peer = made();
    for (let other = 1; other <= 5; other += 1) peer.beAsked(other);
    const effects = peer.beAsked(6, 'join');
    const evicted = effects.find(({ type }) => type === 'neighbour-down');
    const told = effects.flatMap((each) =>
      each.type === 'send' && each.message.type === 'forward-join' ? [each.to.peerId] : [],
    );
    expect(told).toHaveLength(4);
    expect(told).not.toContain(evicted?.type === 'neighbour-down' && evicted.peerId);
    expect(told).not.toContain(idOf(6));
  });

  it('takes nobody it was told of for a neighbour before he agreed: he may be dead', () => {
    const peer = made();
    peer.beAsked(1);
    const effects = peer.receive(1, { type: 'forward-join', joiner: contactOf(2), ttl: 0 });
    expect(sentTo(effects, 2)).toMatchObject([{ type: 'neighbour', priority: 'low' }]);
    expect(neighboursOf(peer)).toEqual([idOf(1)]);
  });

  it('answers one who restarted although it waits for an answer of the one he was', () => {
    for (const restarted of [1, 900]) {
      const peer = made();
      peer.hear(restarted);
      const effects = peer.beAsked(restarted, 'join');
      expect(sentTo(effects, restarted)).toMatchObject([{ isAccepted: true }]);
      expect(neighboursOf(peer)).toEqual([idOf(restarted)]);
    }
  });

  it('agrees on who asked whom where both ask at once, and has one link', () => {
    const [low, high] = [
      made(),
      new Membership({
        self: contactOf(900),
        random: randomFrom(2),
        now: 0,
        isTrusted: () => false,
      }),
    ];
    const ofLow = sentTo(low.hear(900), 900);
    const self = contactOf(SELF);
    const ofHigh = sentTo(high.take({ type: 'heard', contact: self, load: 0 }, 1), SELF);
    const answers = ofLow.flatMap((message) =>
      sentTo(high.take({ type: 'received', from: self, message }, 2), SELF),
    );
    for (const message of [...ofHigh, ...answers]) {
      for (const back of sentTo(low.receive(900, message), 900)) {
        high.take({ type: 'received', from: self, message: back }, 3);
      }
    }
    expect(low.membership.neighbours).toMatchObject([{ direction: 'dialled' }]);
    expect(high.neighbours).toMatchObject([{ direction: 'accepted' }]);
  });

  it('does not take a dead peer back because of an answer that comes late', () => {
    const peer = made();
    const request = requestOf(peer.hear(1), 1);
    peer.take({ type: 'unreachable', peerId: idOf(1) });
    expect(sentTo(peer.answer(1, request), 1)).toEqual([{ type: 'disconnect', isLeaving: false }]);
    expect(neighboursOf(peer)).toEqual([]);
  });

  it('ties an answer to its own question: that of an earlier one counts for nothing', () => {
    const peer = made();
    const first = requestOf(peer.hear(1), 1);
    expect(sent(peer.take({ type: 'lost', peerId: idOf(1) }))).toEqual([]);
    const second = requestOf(peer.take({ type: 'tick' }, 2000), 1);
    expect(second).not.toBe(first);
    peer.answer(1, first);
    expect(neighboursOf(peer)).toEqual([]);
    peer.answer(1, second);
    expect(neighboursOf(peer)).toEqual([idOf(1)]);
  });

  it('gives up on who does not answer, tells him so, and asks another', () => {
    const peer = made();
    peer.hear(1);
    peer.hear(2);
    const effects = peer.take({ type: 'tick' }, peer.membership.dueAt + 12_000);
    expect(sentTo(effects, 1)).toContainEqual({ type: 'disconnect', isLeaving: false });
    expect(neighboursOf(peer)).toEqual([]);
  });

  it.each([
    ['forward-join', { type: 'forward-join', joiner: contactOf(2), ttl: 3 }],
    ['shuffle', { type: 'shuffle', request: 1, origin: contactOf(2), ttl: 3, sample: [] }],
  ] as const)(
    'leaves no link one-sided: a %s of no neighbour says that he takes it for one',
    (_, message) => {
      const peer = made();
      peer.beAsked(3);
      expect(sentTo(peer.receive(1, message), 1)).toEqual([
        { type: 'disconnect', isLeaving: false },
      ]);
    },
  );

  it('tells whoever takes it for a neighbour that it is none, but not one it is asking', () => {
    const peer = made();
    const speak = (by: number) => peer.take({ type: 'taken-for-neighbour', by: contactOf(by) });
    expect(sentTo(speak(1), 1)).toEqual([{ type: 'disconnect', isLeaving: false }]);
    peer.hear(2);
    expect(speak(2)).toEqual([]);
  });

  it('does not stay alone until one who is silent has had all his time', () => {
    const peer = made();
    const first = requestOf(peer.hear(1), 1);
    peer.answer(2, requestOf(peer.hear(2), 2), false);
    expect(peer.membership.dueAt).toBeLessThan(5000);
    const asks = sentTo(peer.take({ type: 'tick' }, 4001), 2);
    expect(asks).toMatchObject([{ type: 'neighbour', priority: 'join' }]);
    peer.answer(1, first, true, 4002);
    expect(neighboursOf(peer)).toEqual([idOf(1)]);
  });

  it('tells why a neighbour is none any more', () => {
    const reasons = (['lost', 'evicted', 'left', 'forgotten'] as const).map((expected) => {
      const peer = made();
      befriend(peer, 1);
      const peerId = idOf(1);
      const effects = {
        lost: () => peer.take({ type: 'lost', peerId }),
        evicted: () => peer.receive(1, { type: 'disconnect', isLeaving: false }),
        left: () => peer.receive(1, { type: 'disconnect', isLeaving: true }),
        forgotten: () => peer.take({ type: 'forget', peerId }),
      }[expected]();
      return effects.flatMap((each) => (each.type === 'neighbour-down' ? [each.reason] : []));
    });
    expect(reasons).toEqual([['lost'], ['evicted'], ['left'], ['forgotten']]);
  });

  it('keeps an evicted peer for later and forgets one who left', () => {
    for (const isLeaving of [false, true]) {
      const peer = made();
      befriend(peer, 1);
      peer.receive(1, { type: 'disconnect', isLeaving });
      expect(othersOf(peer)).toEqual(isLeaving ? [] : [idOf(1)]);
    }
  });

  it('takes a goodbye on the link for one in the mesh, and does not dial who said it', () => {
    const peer = made();
    befriend(peer, 1);
    const effects = peer.take({ type: 'left', peerId: idOf(1) });
    expect(effects).toEqual([{ type: 'neighbour-down', peerId: idOf(1), reason: 'left' }]);
    expect(othersOf(peer)).toEqual([]);
  });

  it('does not ask again and again where all have as many as they can', () => {
    const peer = made();
    let asks = 0;
    for (let at = 1; at < 600_000; at = Math.max(at + 1, peer.membership.dueAt)) {
      const effects = at === 1 ? peer.hear(1) : peer.take({ type: 'tick' }, at);
      for (const message of sentTo(effects, 1)) {
        if (message.type !== 'neighbour') continue;
        asks += 1;
        peer.answer(1, message.request, false, at);
      }
    }
    // Once every 15 s at most, and a few at the beginning.
    expect(asks).toBeGreaterThan(10);
    expect(asks).toBeLessThan(100);
  });

  it('asks a foreign network for one link, not for one with each it hears of', () => {
    const peer = made();
    for (let other = 1; other <= 4; other += 1) befriend(peer, other);
    const asks = [11, 12, 13].flatMap((other) =>
      sent(peer.take({ type: 'foreign', contact: contactOf(other) }, 60_000)),
    );
    expect(asks).toEqual(['neighbour']);
  });

  it('answers a shuffle with whom it knew before, so that a newcomer learns of somebody', () => {
    const peer = made();
    for (let other = 1; other <= 5; other += 1) befriend(peer, other);
    for (let other = 11; other <= 40; other += 1) peer.hear(other);
    const sample = [51, 52, 53].map(contactOf);
    const message = { type: 'shuffle', request: 7, origin: contactOf(50), ttl: 1, sample } as const;
    const [answer] = sentTo(peer.receive(1, message), 50);
    expect(answer).toMatchObject({ type: 'shuffle-answer', request: 7 });
    const told = answer?.type === 'shuffle-answer' ? answer.sample : [];
    expect(told).toHaveLength(3);
    expect(told.every(({ port }) => port >= 11 && port <= 40)).toBe(true);
  });

  it('looks for neighbours among those a shuffle brought', () => {
    const peer = made();
    befriend(peer, 1);
    const shuffle = sentTo(peer.take({ type: 'tick' }, peer.membership.dueAt), 1)[0];
    if (shuffle?.type !== 'shuffle') throw new Error('it did not shuffle');
    const { request } = shuffle;
    const effects = peer.receive(2, { type: 'shuffle-answer', request, sample: [contactOf(3)] });
    expect(sentTo(effects, 3)).toMatchObject([{ type: 'neighbour' }]);
  });

  it('says nothing and wants nothing after it left', () => {
    const peer = made();
    befriend(peer, 1);
    expect(sentTo(peer.take({ type: 'leave' }), 1)).toEqual([
      { type: 'disconnect', isLeaving: true },
    ]);
    expect(peer.hear(2)).toEqual([]);
    expect(peer.membership.dueAt).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('membership among strangers', () => {
  const isTrusted = (peer: PeerId) => peer < idOf(10);

  it('puts a trusted peer in place of a stranger it had asked', () => {
    const peer = made(isTrusted);
    for (let other = 11; other <= 15; other += 1) befriend(peer, other);
    befriend(peer, 1);
    expect(neighboursOf(peer)).toContain(idOf(1));
    expect(peer.membership.links.dialled).toBe(5);
  });

  it('drops no trusted neighbour for a stranger who urges', () => {
    const peer = made(isTrusted);
    for (let other = 1; other <= 5; other += 1) peer.beAsked(other);
    expect(sentTo(peer.beAsked(20, 'high'), 20)).toMatchObject([{ isAccepted: false }]);
    expect(neighboursOf(peer)).toEqual([1, 2, 3, 4, 5].map(idOf));
  });

  it('takes a trusted peer who has others too', () => {
    const peer = made(isTrusted);
    for (let other = 11; other <= 15; other += 1) peer.beAsked(other);
    expect(sentTo(peer.beAsked(1), 1)).toMatchObject([{ isAccepted: true }]);
  });
});

describe('membership that is flooded', () => {
  /** Calls each millisecond for a minute. @returns what was done. */
  function minuteOf(call: (now: number) => readonly MembershipEffect[]): MembershipEffect[] {
    const all: MembershipEffect[] = [];
    for (let now = 1; now <= 60_000; now += 1) all.push(...call(now));
    return all;
  }

  const isEviction = (each: MembershipEffect) =>
    each.type === 'neighbour-down' && each.reason === 'evicted' && each.peerId !== idOf(100);

  it('evicts five neighbours a minute at most for one who asks 1,000 times a second, and goes each time', () => {
    const peer = made();
    const others = [1, 2, 3, 4, 5];
    const effects = minuteOf((now) => [
      ...others.flatMap((other) => peer.beAsked(other, 'low', now)),
      ...peer.beAsked(100, 'join', now),
      ...peer.receive(100, { type: 'disconnect', isLeaving: false }, now),
    ]);
    const evicted = effects.filter(isEviction).length;
    expect(evicted).toBeLessThanOrEqual(5);
    expect(evicted).toBeGreaterThan(0);
    const ups = effects.filter((each) => each.type === 'neighbour-up');
    // Each costs a summary of all that is known: those who were there before are taken back as often.
    expect(ups.length).toBeLessThanOrEqual(50);
  });

  it('evicts 40 a minute at most for however many, and tells the others of each who was refused', () => {
    const peer = made();
    for (let other = 1; other <= 5; other += 1) peer.beAsked(other);
    const effects = minuteOf((now) =>
      peer.beAsked(1000 + now, now % 2 === 0 ? 'join' : 'high', now),
    );
    expect(effects.filter(isEviction)).toHaveLength(39);
    const told = sent(effects).filter((type) => type === 'forward-join');
    expect(told.length).toBeGreaterThan(1000);
    expect(told.length).toBeLessThan(10_600);
  });

  it('makes room for a trusted peer while strangers flood it', () => {
    const isTrusted = (peer: PeerId) => peer < idOf(10);
    const peer = made(isTrusted);
    minuteOf((now) => peer.beAsked(1000 + now, 'join', now));
    expect(sentTo(peer.beAsked(1, 'low', 60_001), 1)).toMatchObject([{ isAccepted: true }]);
  });

  const invented: readonly [string, (now: number) => MembershipMessage][] = [
    ['joiners', (now) => ({ type: 'forward-join', joiner: contactOf(1000 + now), ttl: 0 })],
    [
      'shuffles',
      (now) => {
        const sample = [contactOf(100_000 + now)];
        return { type: 'shuffle', request: now, origin: contactOf(1000 + now), ttl: 0, sample };
      },
    ],
  ];
  it.each(invented)('dials 22 a minute at most for a neighbour who invents %s', (_, inventedAt) => {
    const peer = made();
    for (let other = 1; other <= 5; other += 1) peer.beAsked(other);
    const dialled = minuteOf((now) => {
      const effects = peer.receive(1, inventedAt(now), now);
      const isToStranger = (each: MembershipEffect) => each.type === 'send' && each.to.port >= 1000;
      const to = effects.filter(isToStranger);
      // Nobody answers there.
      for (const each of to) {
        if (each.type === 'send') peer.take({ type: 'unreachable', peerId: each.to.peerId }, now);
      }
      return to;
    });
    expect(dialled.length).toBeLessThanOrEqual(22);
    expect(dialled.length).toBeGreaterThan(0);
  });

  it('dials 142 strangers a minute at most where it wants neighbours and all it hears of are invented', () => {
    const peer = made();
    let dialled = 0;
    minuteOf((now) => {
      const effects = [
        ...peer.hear(1000 + now, now),
        ...peer.receive(1, { type: 'forward-join', joiner: contactOf(100_000 + now), ttl: 0 }, now),
      ];
      for (const each of effects) {
        if (each.type !== 'send' || each.message.type !== 'neighbour') continue;
        dialled += 1;
        effects.push(...peer.take({ type: 'unreachable', peerId: each.to.peerId }, now));
      }
      return [];
    });
    expect(dialled).toBeLessThanOrEqual(142);
    expect(dialled).toBeGreaterThan(60);
  });

  it('goes on asking, a stranger each second, where most of those it knew are dead', () => {
    const peer = made();
    let asked = 0;
    const fail = (effects: readonly MembershipEffect[], now: number) => {
      for (const each of effects) {
        if (each.type !== 'send' || each.message.type !== 'neighbour') continue;
        asked += 1;
        fail(peer.take({ type: 'unreachable', peerId: each.to.peerId }, now), now);
      }
    };
    for (let other = 1; other <= 200; other += 1) fail(peer.hear(1000 + other), 1);
    expect(asked).toBe(60);
    for (let now = 1; now <= 10_001; now = Math.max(now + 1, peer.membership.dueAt)) {
      fail(peer.take({ type: 'tick' }, now), now);
    }
    expect(asked).toBeGreaterThanOrEqual(68);
    expect(asked).toBeLessThanOrEqual(70);
  });
});

describe('membership, whatever it is told,', () => {
  const number = fc.integer({ min: SELF - 20, max: SELF + 20 });
  const contact = number.map(contactOf);
  const peerId = number.map(idOf);
  const ttl = fc.constantFrom(-5, 0, 1, 3, 6, 2 ** 40, Number.NaN);
  const request = fc.integer({ min: 0, max: 12 });
  const isAccepted = fc.boolean();
  const isLeaving = fc.boolean();
  const sample = fc.oneof(
    fc.array(contact, { maxLength: 8 }),
    fc.constant(Array.from({ length: 5000 }, (_, at) => contactOf(1000 + at))),
  );
  const type = <T extends string>(name: T) => fc.constant(name);
  const message: fc.Arbitrary<MembershipMessage> = fc.oneof(
    fc.record({
      type: type('neighbour'),
      request,
      priority: fc.constantFrom('join', 'high', 'low'),
      links: fc.record({ dialled: fc.nat(9), accepted: fc.nat(9) }),
    }),
    fc.record({ type: type('neighbour-answer'), request, isAccepted }),
    fc.record({ type: type('forward-join'), joiner: contact, ttl }),
    fc.record({ type: type('disconnect'), isLeaving }),
    fc.record({ type: type('shuffle'), request, origin: contact, ttl, sample }),
    fc.record({ type: type('shuffle-answer'), request, sample }),
  );
  const event: fc.Arbitrary<MembershipEvent> = fc.oneof(
    fc.record({ type: type('heard'), contact, load: fc.nat(10) }),
    fc.record({ type: type('foreign'), contact }),
    {
      weight: 6,
      arbitrary: fc.record({ type: type('received'), from: contact, message }),
    },
    fc.record({ type: type('taken-for-neighbour'), by: contact }),
    fc.record({ type: type('lost'), peerId }),
    fc.record({ type: type('unreachable'), peerId }),
    fc.record({ type: type('forget'), peerId }),
    fc.record({ type: type('tick') }),
  );

  it('has at most five it asked, five who asked and thirty others, never itself, and nobody twice', () => {
    const moments = fc.array(fc.tuple(event, fc.nat(20_000)), { maxLength: 150 });
    fc.assert(
      fc.property(moments, fc.nat(), (all, seed) => {
        const self = contactOf(SELF);
        const isTrusted = (peer: PeerId) => peer > idOf(SELF + 10);
        const membership = new Membership({ self, random: randomFrom(seed), now: 0, isTrusted });
        const up = new Set<PeerId>();
        let now = 0;
        for (const [each, passed] of all) {
          now += passed;
          for (const effect of membership.take(each, now)) follow(effect, up);
          hold(membership, up);
        }
      }),
    );
  });

  function follow(effect: MembershipEffect, up: Set<PeerId>): void {
    if (effect.type === 'send') {
      expect(effect.to.peerId).not.toBe(idOf(SELF));
      const { message: sentMessage } = effect;
      if ('ttl' in sentMessage) expect(sentMessage.ttl).toBeLessThanOrEqual(6);
      if ('sample' in sentMessage) expect(sentMessage.sample.length).toBeLessThanOrEqual(8);
    } else if (effect.type === 'neighbour-up') {
      expect(up).not.toContain(effect.peerId);
      up.add(effect.peerId);
    } else expect(up.delete(effect.peerId)).toBe(true);
  }

  function hold(membership: Membership, up: ReadonlySet<PeerId>): void {
    const { links, others, neighbours } = membership;
    expect(links.dialled).toBeLessThanOrEqual(5);
    expect(links.accepted).toBeLessThanOrEqual(5);
    expect(others.length).toBeLessThanOrEqual(30);
    const ids = [...neighbours.map((each) => each.contact), ...others].map((each) => each.peerId);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).not.toContain(idOf(SELF));
    expect(new Set(neighbours.map((each) => each.contact.peerId))).toEqual(up);
  }
});
