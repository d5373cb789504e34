import { describe, expect, it } from 'vitest';
import { SeenMessages } from '#src/domain/mesh/seen-messages.js';
import { messageOf } from '#test/support/mesh-contacts.js';

const MiB = 2 ** 20;
const SMALL = new Uint8Array(1);

describe('seen messages', () => {
  it('are known for ten minutes, and can be asked for during thirty seconds', () => {
    const seen = new SeenMessages();
    seen.add(messageOf(1), 3, SMALL, 0);
    expect([seen.roundOf(messageOf(1)), seen.payloadOf(messageOf(1))]).toEqual([3, SMALL]);
    seen.add(messageOf(2), 0, SMALL, 30_001);
    expect([seen.has(messageOf(1)), seen.payloadOf(messageOf(1))]).toEqual([true, undefined]);
    seen.add(messageOf(3), 0, SMALL, 600_001);
    expect(seen.has(messageOf(1))).toBe(false);
  });

  it('are at most 100,000', () => {
    const seen = new SeenMessages();
    for (let id = 0; id < 100_500; id += 1) seen.add(messageOf(id), 0, SMALL, 0);
    expect(seen.size).toBe(100_000);
    expect([seen.has(messageOf(499)), seen.has(messageOf(500))]).toEqual([false, true]);
  });

  it('keep at most eight mebibytes, of the latest', () => {
    const seen = new SeenMessages();
    for (let id = 0; id < 20; id += 1) seen.add(messageOf(id), 0, new Uint8Array(MiB), id);
    const kept = Array.from({ length: 20 }, (_, id) => seen.payloadOf(messageOf(id)));
    expect(kept.map((payload) => payload !== undefined)).toEqual(
      Array.from({ length: 20 }, (_, id) => id >= 12),
    );
  });
});
