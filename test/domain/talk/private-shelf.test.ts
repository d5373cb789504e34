import { describe, expect, it } from 'vitest';
import type { PeerId } from '#src/domain/ids.js';
import { PrivateShelf, type Shelved } from '#src/domain/talk/private-shelf.js';

const [ANNA, BEN] = ['a', 'b'].map((letter) => `${letter.repeat(51)}q` as PeerId) as [
  PeerId,
  PeerId,
];

let last = 0;
function item(other: PeerId, bytes = 10, isWaiting = false): Shelved {
  last += 1;
  return { key: String(last).padStart(6, '0'), other, bytes, isWaiting };
}

const keys = (items: readonly Shelved[]) => items.map(({ key }) => key);

describe('private messages that are kept', () => {
  it('are the newest of each peer', () => {
    const shelf = new PrivateShelf<Shelved>({ ofOne: 2, ofAll: 100, bytes: 1000 });
    const [first, second, third, other] = [item(ANNA), item(ANNA), item(ANNA), item(BEN)];
    expect(shelf.put(first)).toEqual([]);
    shelf.put(second);
    shelf.put(other);
    expect(shelf.put(third)).toEqual([first]);
    expect(keys(shelf.all(ANNA))).toEqual(keys([second, third]));
    expect(keys(shelf.all())).toEqual(keys([second, third, other]));
  });

  it.each([
    ['number', { ofOne: 100, ofAll: 4, bytes: 10_000 }],
    ['bytes', { ofOne: 100, ofAll: 100, bytes: 40 }],
  ])('are driven out, where all are too many in %s, by whoever has most', (_, limits) => {
    const shelf = new PrivateShelf<Shelved>(limits);
    const bens = item(BEN);
    shelf.put(bens);
    for (let time = 0; time < 20; time += 1) shelf.put(item(ANNA));
    expect(shelf.all(BEN)).toEqual([bens]);
    expect(shelf.all(ANNA)).toHaveLength(3);
  });

  it('stay while they wait, and go as others do once they do not', () => {
    const shelf = new PrivateShelf<Shelved>({ ofOne: 1, ofAll: 100, bytes: 1000 });
    const waiting = item(ANNA, 10, true);
    shelf.put(waiting);
    const [one, two] = [item(ANNA), item(ANNA)];
    expect(shelf.put(one)).toEqual([one]);
    expect(shelf.put({ ...waiting, isWaiting: false })).toEqual([]);
    expect(keys(shelf.put(two))).toEqual([waiting.key]);
    expect(shelf.all()).toEqual([two]);
  });
});
