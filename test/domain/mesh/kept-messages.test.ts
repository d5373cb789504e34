import { describe, expect, it } from 'vitest';
import type { PeerId } from '#src/domain/ids.js';
import { KeptMessages } from '#src/domain/mesh/kept-messages.js';
import { idOf } from '#test/support/mesh-contacts.js';
import { randomFrom } from '#test/support/random.js';

const [anna, ben] = ['anna', 'ben'] as [string, string] as [PeerId, PeerId];
const place = (author: PeerId, sequence: number, sentAt = sequence) => ({
  author,
  epoch: 1,
  sequence,
  sentAt,
});
const row = (author: PeerId, from: number, to: number) => ({
  author,
  epoch: 1,
  runs: [{ from, to }],
});

describe('messages kept for others', () => {
  it('are given by rows, in the order of each author', () => {
    const kept = new KeptMessages();
    for (const sequence of [3, 1, 2]) kept.add(place(anna, sequence), Uint8Array.of(sequence));
    kept.add(place(ben, 7), Uint8Array.of(70));
    kept.add(place(ben, 7), Uint8Array.of(71));
    const given = [...kept.of([row(ben, 1, 100), row(anna, 2, 9)])];
    expect(given).toEqual([70, 2, 3].map((byte) => Uint8Array.of(byte)));
    expect([...kept.of([{ ...row(anna, 1, 9), epoch: 2 }])]).toEqual([]);
  });

  it('are at most 2,000 and 2 MiB, the newest', () => {
    const kept = new KeptMessages();
    for (let sequence = 1; sequence <= 2500; sequence += 1) {
      kept.add(place(anna, sequence), new Uint8Array(10));
    }
    expect(kept.size).toBe(2000);
    const run = [row(anna, 0, Number.MAX_SAFE_INTEGER)];
    expect([...kept.of([row(anna, 1, 2501)])]).toHaveLength(2000);
    // A run that claims more than there can be is walked no further.
    expect([...kept.of(run)]).toEqual([]);
    for (let sequence = 1; sequence <= 1000; sequence += 1) {
      kept.add(place(ben, sequence, 5000 + sequence), new Uint8Array(4096));
    }
    expect(kept.size).toBe(512);
  });

  it('are the same, and told alike, in whatever order they came', () => {
    const messages = Array.from({ length: 3000 }, (_, at) =>
      place(idOf(at % 1500), 1 + (at % 7), at),
    );
    const random = randomFrom(1);
    const orders = [messages, messages.toReversed(), messages.toSorted(() => random() - 0.5)];
    const [one, ...others] = orders.map((order) => {
      const kept = new KeptMessages();
      for (const each of order) kept.add(each, new Uint8Array(10));
      return kept.rows;
    });
    for (const other of others) expect(other).toEqual(one);
    expect(one?.length).toBeLessThanOrEqual(1024);
  });

  it('are told of in rows that everybody reads, however many gaps an author makes', () => {
    const kept = new KeptMessages();
    for (let sequence = 1; sequence <= 1000; sequence += 2) {
      kept.add(place(anna, sequence), new Uint8Array(10));
    }
    expect(kept.rows.map(({ runs }) => runs.length)).toEqual([64]);
    expect(kept.rows[0]?.runs.at(-1)).toEqual({ from: 999, to: 1000 });
  });
});
