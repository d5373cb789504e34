import { expect, it } from 'vitest';
import { Announcing } from '#src/domain/mesh/announcing.js';
import { idOf, messageOf } from '#test/support/mesh-contacts.js';

const [ANNA, BEN] = [idOf(1), idOf(2)];
const word = (id: number) => ({ id: messageOf(id), round: 1 });

it('gathers word of messages for 5 ms, and tells it once, to nobody who knows it', () => {
  const announcing = new Announcing();
  announcing.tell([ANNA, BEN], word(1), undefined, 0);
  announcing.tell([ANNA, BEN], word(2), BEN, 4);
  expect([announcing.dueAt, announcing.due(4)]).toEqual([5, []]);
  expect(announcing.due(5)).toEqual([
    [ANNA, [word(1), word(2)]],
    [BEN, [word(1)]],
  ]);
  expect([announcing.dueAt, announcing.due(1000)]).toEqual([Number.POSITIVE_INFINITY, []]);
});

it('tells the sixty-fourth word for one neighbour at once, and the others with it', () => {
  const announcing = new Announcing();
  for (let id = 1; id < 64; id += 1) announcing.tell([ANNA], word(id), undefined, 1);
  announcing.tell([BEN], word(1), undefined, 1);
  expect(announcing.dueAt).toBe(6);
  announcing.tell([ANNA], word(64), undefined, 2);
  expect(announcing.dueAt).toBe(2);
  expect(announcing.due(2).map(([to, words]) => [to, words.length])).toEqual([
    [ANNA, 64],
    [BEN, 1],
  ]);
});

it('tells nothing to a neighbour who has gone', () => {
  const announcing = new Announcing();
  announcing.tell([ANNA, BEN], word(1), undefined, 0);
  announcing.forgetPeer(ANNA);
  expect(announcing.due(5).map(([to]) => to)).toEqual([BEN]);
});
