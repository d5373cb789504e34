import { describe, expect, it } from 'vitest';
import type { PeerId } from '#src/domain/ids.js';
import { KeptMessages } from '#src/domain/mesh/kept-messages.js';

const [anna, ben] = ['anna', 'ben'] as [string, string] as [PeerId, PeerId];
const place = (author: PeerId, sequence: number) => ({ author, epoch: 1, sequence });
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
      kept.add(place(ben, sequence), new Uint8Array(4096));
    }
    expect(kept.size).toBe(512);
  });
});
