import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PeerId } from '#src/domain/ids.js';
import { Ordering } from '#src/domain/mesh/ordering.js';
import { type Place, Reception } from '#src/domain/mesh/reception.js';
import { idOf } from '#test/support/mesh-contacts.js';

const AUTHOR = idOf(1);

function place(sequence: number, epoch = 1, author = AUTHOR): Place {
  return { author, epoch, sequence };
}

function made() {
  const reception = new Reception();
  const shown: Place[] = [];
  const ordering = new Ordering<Place>(reception, (each) => shown.push(each));
  const take = (each: Place, now = 0) => {
    if (reception.accept(each, 1)) ordering.take(each, now);
  };
  const sequences = () => shown.map(({ sequence }) => sequence);
  return { reception, shown, ordering, take, sequences };
}

describe('what an author says', () => {
  it('is shown in his order, and at once where nothing is missing', () => {
    const { take, sequences, ordering } = made();
    for (const sequence of [1, 2, 5, 3]) take(place(sequence));
    expect(sequences()).toEqual([1, 2, 3]);
    take(place(4));
    expect(sequences()).toEqual([1, 2, 3, 4, 5]);
    expect(ordering.dueAt).toBe(Number.POSITIVE_INFINITY);
  });

  it('waits 2 s for what is missing, and does not wait for it again', () => {
    const { take, sequences, ordering } = made();
    take(place(1));
    take(place(3), 100);
    expect(ordering.dueAt).toBe(2100);
    ordering.tick(2099);
    expect(sequences()).toEqual([1]);
    ordering.tick(2100);
    take(place(4), 2200);
    take(place(2), 2300);
    expect(sequences()).toEqual([1, 3, 4, 2]);
  });

  it('waits for nobody else', () => {
    const { take, shown } = made();
    take(place(3));
    take(place(1, 1, idOf(2)));
    expect(shown).toEqual([place(1, 1, idOf(2))]);
  });

  it('follows what earlier lives have heard', () => {
    const { reception, take, sequences } = made();
    reception.acceptRow({ author: AUTHOR, epoch: 1, runs: [{ from: 1, to: 8 }], at: 1 });
    take(place(8));
    expect(sequences()).toEqual([8]);
  });

  it('of a new count comes after what waits of the one before', () => {
    const { take, shown } = made();
    take(place(2, 1));
    take(place(1, 2));
    expect(shown).toEqual([]);
    take(place(1, 1));
    expect(shown).toEqual([place(1, 1), place(2, 1), place(1, 2)]);
  });

  it('is shown once a hundred of his wait, or five hundred of all', () => {
    const { take, shown, ordering } = made();
    for (let sequence = 2; sequence <= 102; sequence += 1) take(place(sequence));
    expect(shown).toHaveLength(101);
    for (let author = 2; author <= 700; author += 1) take(place(7, 1, idOf(author)));
    expect(ordering.size).toBe(500);
    expect(shown).toHaveLength(101 + 199);
  });

  it('is shown whole, each once, in order as long as nothing is later than 2 s, however it is shuffled', () => {
    const moment = fc.record({
      author: fc.constantFrom(idOf(1), idOf(2), idOf(3)),
      delay: fc.nat(1999),
    });
    const lost = fc.array(fc.nat(79), { maxLength: 5 });
    fc.assert(
      fc.property(fc.array(moment, { maxLength: 80 }), lost, (moments, missing) => {
        const { take, shown, ordering } = made();
        const counts = new Map<PeerId, number>();
        const all = moments.map(({ author, delay }, at) => {
          const sequence = (counts.get(author) ?? 0) + 1;
          counts.set(author, sequence);
          return { message: place(sequence, 1, author), at: at + delay };
        });
        const sent = all.filter((_, at) => !missing.includes(at));
        for (const { message, at } of sent.toSorted((one, other) => one.at - other.at)) {
          ordering.tick(at);
          take(message, at);
          take(message, at);
        }
        ordering.tick(10_000);
        expect(ordering.size).toBe(0);
        for (const author of counts.keys()) {
          const ofAuthor = shown.filter((each) => each.author === author);
          const expected = sent.filter(({ message }) => message.author === author);
          if (missing.length === 0) {
            expect(ofAuthor).toEqual(expected.map(({ message }) => message));
          } else {
            const sequences = ofAuthor.map(({ sequence }) => sequence);
            expect(sequences.toSorted((a, b) => a - b)).toEqual(
              expected.map(({ message }) => message.sequence),
            );
          }
        }
      }),
    );
  });
});
