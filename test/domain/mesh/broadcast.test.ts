import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Broadcast, type BroadcastEffect } from '#src/domain/mesh/broadcast.js';
import type { BroadcastMessage, MessageId } from '#src/domain/mesh/broadcast-message.js';
import { idOf, messageOf } from '#test/support/mesh-contacts.js';

const PAYLOAD = new Uint8Array([1, 2, 3]);

function made(...neighbours: readonly number[]) {
  const broadcast = new Broadcast(() => 4);
  for (const peer of neighbours) broadcast.neighbourUp(idOf(peer));
  const receive = (from: number, message: BroadcastMessage, now = 0) =>
    broadcast.receive(idOf(from), message, now);
  const gossip = (from: number, id: number, round = 1, now = 0) =>
    receive(from, { type: 'gossip', id: messageOf(id), round, payload: PAYLOAD }, now);
  const have = (from: number, id: number, round = 1, now = 0) =>
    receive(from, { type: 'have', messages: [{ id: messageOf(id), round }] }, now);
  const prune = (from: number) => receive(from, { type: 'prune' });
  const publish = (id: number, now = 0) => broadcast.publish(messageOf(id), PAYLOAD, now);
  const tick = (now: number) => broadcast.tick(now);
  return { broadcast, receive, gossip, have, prune, publish, tick };
}

/** To whom what is sent, as `type peer`. */
function sent(effects: readonly BroadcastEffect[]): string[] {
  return effects.flatMap((each) =>
    each.type === 'send' ? [`${each.message.type} ${Number(each.to.slice(-6))}`] : [],
  );
}

const delivered = (effects: readonly BroadcastEffect[]) =>
  effects.filter(({ type }) => type === 'deliver').length;

describe('broadcast', () => {
  it('pushes a new message to all at first, since nobody knows which links are too many', () => {
    expect(sent(made(1, 2, 3).publish(1))).toEqual(['gossip 1', 'gossip 2', 'gossip 3']);
  });

  it('delivers a message once, and pushes it on to all but whom it came from', () => {
    const { gossip } = made(1, 2, 3);
    const effects = gossip(1, 1);
    expect([delivered(effects), sent(effects)]).toEqual([1, ['gossip 2', 'gossip 3']]);
    expect(delivered(gossip(2, 1))).toBe(0);
  });

  it('delivers at the end of its reach what it passes on before it, and tells nobody of that', () => {
    const gossip = (round: number) => {
      const { broadcast, tick } = made(1, 2, 3);
      const message = { type: 'gossip', id: messageOf(1), round, payload: PAYLOAD } as const;
      const effects = broadcast.receive(idOf(1), message, 0, 4);
      return [delivered(effects), sent(effects), sent(tick(1000))];
    };
    expect(gossip(3)).toEqual([1, ['gossip 2', 'gossip 3'], []]);
    expect([gossip(4), gossip(5)]).toEqual([
      [1, [], []],
      [1, [], []],
    ]);
  });

  it('counts the links of its way', () => {
    const { gossip } = made(1, 2);
    const [, push] = gossip(1, 1, 4);
    expect(push).toMatchObject({ message: { type: 'gossip', round: 5 } });
  });

  it('takes a link out of the tree at both ends where a message comes twice', () => {
    const { broadcast, gossip } = made(1, 2);
    gossip(1, 1);
    expect(sent(gossip(2, 1))).toEqual(['prune 2']);
    expect([...broadcast.lazy]).toEqual([idOf(2)]);
    expect([...broadcast.eager]).toEqual([idOf(1)]);
  });

  it('tells those who wanted no more what it has, several in one message', () => {
    const { prune, publish, tick } = made(1);
    prune(1);
    publish(1);
    publish(2, 1);
    const [effect] = tick(6);
    expect(effect).toMatchObject({ message: { type: 'have', messages: [{}, {}] } });
  });

  it('tells everybody once more of what began here, half a second later: nobody else may have heard of it', () => {
    const { broadcast, gossip, prune, publish, tick } = made(1, 2);
    prune(2);
    publish(1);
    gossip(1, 2);
    expect(sent(tick(5))).toEqual(['have 2']);
    expect([broadcast.dueAt, tick(499)]).toEqual([500, []]);
    expect(tick(500)).toEqual([]);
    const told = tick(505);
    expect(sent(told).toSorted()).toEqual(['have 1', 'have 2']);
    expect(told[0]).toMatchObject({ message: { messages: [{ id: messageOf(1), round: 0 }] } });
    expect(broadcast.dueAt).toBe(Number.POSITIVE_INFINITY);
  });

  it('asks for what does not come, of the nearest who has it, then of the next', () => {
    const { broadcast, have, tick } = made(1, 2, 3);
    have(1, 1, 6);
    have(2, 1, 2);
    have(3, 1, 4);
    expect(tick(49)).toEqual([]);
    expect(sent(tick(50))).toEqual(['want 2']);
    expect(sent(tick(75))).toEqual(['want 3']);
    expect(sent(tick(100))).toEqual(['want 1']);
    expect(tick(125)).toEqual([]);
    expect(broadcast.missing).toBe(0);
  });

  it('asks for nothing that came in time', () => {
    const { broadcast, gossip, have } = made(1, 2);
    have(1, 1);
    gossip(2, 1);
    expect(broadcast.missing).toBe(0);
    expect(broadcast.dueAt).toBe(Number.POSITIVE_INFINITY);
  });

  it('asks again when somebody tells of it after all were asked', () => {
    const { have, tick } = made(1, 2);
    have(1, 1);
    tick(50);
    tick(75);
    have(2, 1, 1, 100);
    expect(sent(tick(150))).toEqual(['want 2']);
  });

  it('only tells of what it had to ask for: its neighbours lack it too, and ask as it did', () => {
    const { gossip, have, tick } = made(1, 2, 3);
    have(1, 1);
    tick(50);
    const effects = gossip(1, 1, 2, 55);
    expect([delivered(effects), sent(effects)]).toEqual([1, []]);
    expect(sent(tick(60))).toEqual(['have 2', 'have 3']);
  });

  it('pushes nothing beyond nine links, and tells of it there', () => {
    const { gossip, tick } = made(1, 2);
    expect(sent(gossip(1, 1, 8))).toEqual(['gossip 2']);
    expect(sent(gossip(1, 2, 9))).toEqual([]);
    expect(sent(tick(5))).toEqual(['have 2']);
  });

  it('leaves the tree as it is while only some messages are lost', () => {
    const { broadcast, gossip, have, prune, tick } = made(1, 2);
    prune(2);
    for (let id = 1; id <= 20; id += 1) {
      const now = id * 1000;
      have(2, id, 1, now);
      if (id % 4 === 0) gossip(1, id, 1, now);
      else expect(sent(tick(now + 50))).toContain('want 2');
      gossip(2, id, 2, now + 60);
    }
    expect([...broadcast.lazy]).toEqual([idOf(2)]);
  });

  it('takes a link into the tree once five messages in a row came only when asked for', () => {
    const { broadcast, gossip, have, prune, tick } = made(1);
    prune(1);
    const asked = [1, 2, 3, 4, 5, 6].flatMap((id) => {
      have(1, id, 1, id * 1000);
      const asks = sent(tick(id * 1000 + 50)).filter((each) => !each.startsWith('have'));
      gossip(1, id, 2, id * 1000 + 60);
      return asks;
    });
    expect(asked).toEqual([...Array.from({ length: 5 }, () => 'want 1'), 'graft 1']);
    expect([...broadcast.eager]).toEqual([idOf(1)]);
  });

  it('takes a link in at once where one of the tree was lost', () => {
    const { broadcast, have, prune, tick } = made(1, 2);
    prune(2);
    broadcast.neighbourDown(idOf(1));
    have(2, 1);
    expect(sent(tick(50))).toEqual(['graft 2']);
    expect([...broadcast.eager]).toEqual([idOf(2)]);
  });

  it('gives who asks what it has, and pushes to him from then on if that is what he wants', () => {
    const { broadcast, prune, publish, receive } = made(1);
    prune(1);
    publish(1);
    expect(sent(receive(1, { type: 'want', id: messageOf(1) }))).toEqual(['gossip 1']);
    expect(broadcast.eager.size).toBe(0);
    expect(sent(receive(1, { type: 'graft', id: messageOf(1) }))).toEqual(['gossip 1']);
    expect(broadcast.eager.size).toBe(1);
    expect(receive(1, { type: 'want', id: messageOf(9) })).toEqual([]);
  });

  it('tells of what came from history, and pushes it to nobody: most have had it for long', () => {
    const { broadcast, gossip, tick } = made(1, 2);
    expect(broadcast.obtained(messageOf(1), PAYLOAD, 0)).toEqual([]);
    expect(sent(tick(5))).toEqual(['have 1', 'have 2']);
    expect(delivered(gossip(1, 1))).toBe(0);
  });
});

describe('broadcast, as others had to learn it,', () => {
  it('begins with all links again where it was alone', () => {
    const { broadcast, prune, publish } = made(1);
    prune(1);
    broadcast.neighbourDown(idOf(1));
    broadcast.neighbourUp(idOf(1));
    expect(sent(publish(1))).toEqual(['gossip 1']);
  });

  it('keeps nothing of a neighbour who went: neither what he told nor what he was to be told', () => {
    const { broadcast, have, prune, publish, tick } = made(1);
    have(1, 1);
    prune(1);
    publish(2);
    broadcast.neighbourDown(idOf(1));
    expect([broadcast.missing, broadcast.eager.size, broadcast.lazy.size]).toEqual([0, 0, 0]);
    expect(tick(1000)).toEqual([]);
  });

  it('is not grown by those who tell of what never comes', () => {
    const { broadcast, receive, tick } = made(1, 2);
    for (const peer of [1, 2, 3]) {
      const messages = Array.from({ length: 50_000 }, (_, at) => ({
        id: messageOf(peer * 1e6 + at),
        round: 1,
      }));
      receive(peer, { type: 'have', messages });
    }
    expect(broadcast.missing).toBe(2048);
    for (let now = 50; now < 500; now += 25) tick(now);
    expect(broadcast.missing).toBe(0);
  });

  it('waits for no message longer because somebody lied that he has it', () => {
    const { have, tick } = made(1, 2);
    have(1, 1, -1e9);
    have(2, 1, 3);
    expect([sent(tick(50)), sent(tick(75))]).toEqual([['want 1'], ['want 2']]);
  });

  it.each([Number.NaN, -5, 0, 2 ** 53, Number.POSITIVE_INFINITY])(
    'delivers a message of round %d once, and is not disturbed',
    (round) => {
      const { gossip, have } = made(1, 2);
      have(2, 1, round);
      expect(delivered(gossip(1, 1, round))).toBe(1);
      expect(delivered(gossip(1, 1, round))).toBe(0);
    },
  );

  it('asks nobody who is no neighbour', () => {
    const { have, tick } = made(1);
    have(9, 1);
    expect(tick(1000)).toEqual([]);
  });

  it('passes word of more than can be said at once on without waiting', () => {
    const { broadcast, prune, publish } = made(1);
    prune(1);
    for (let id = 0; id < 64; id += 1) publish(id, 1);
    expect(broadcast.dueAt).toBe(1);
  });

  it('delivers each message once and never holds a link twice, whatever comes in whatever order', () => {
    const id: fc.Arbitrary<MessageId> = fc.nat(5).map(messageOf);
    const round = fc.integer({ min: -2, max: 12 });
    const message: fc.Arbitrary<BroadcastMessage> = fc.oneof(
      fc.record({ type: fc.constant('gossip'), id, round, payload: fc.constant(PAYLOAD) }),
      fc.record({
        type: fc.constant('have'),
        messages: fc.array(fc.record({ id, round }), { maxLength: 4 }),
      }),
      fc.record({ type: fc.constantFrom('want', 'graft'), id }),
      fc.constant<BroadcastMessage>({ type: 'prune' }),
    );
    const step = fc.tuple(fc.nat(5), fc.option(message), fc.nat(60), fc.boolean());
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const { broadcast } = made(0, 1, 2, 3);
        const seen = new Set<MessageId>();
        let now = 0;
        for (const [peer, each, passed, isUp] of steps) {
          now += passed;
          if (each === null) broadcast[isUp ? 'neighbourUp' : 'neighbourDown'](idOf(peer));
          const effects = each === null ? [] : broadcast.receive(idOf(peer), each, now);
          for (const effect of [...effects, ...broadcast.tick(now)]) {
            if (effect.type !== 'deliver') continue;
            expect(seen).not.toContain(effect.id);
            seen.add(effect.id);
          }
          expect([...broadcast.eager].filter((one) => broadcast.lazy.has(one))).toEqual([]);
        }
      }),
    );
  });
});
