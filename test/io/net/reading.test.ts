import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { HearingTurns } from '#src/io/net/hearing-turns.js';
import { Reading } from '#src/io/net/reading.js';

/** A turn holds ten messages; each byte is one. */
function createReading(turns = new HearingTurns(10)) {
  const heard: number[] = [];
  const socket = { isRead: false };
  const reading = new Reading(
    {
      pause: () => Object.assign(socket, { isRead: false }) as never,
      resume: () => Object.assign(socket, { isRead: true }) as never,
    },
    (bytes) => heard.push(...bytes) && bytes.length,
    turns,
  );
  reading.want(true);
  return { reading, heard, socket };
}

describe('what a session reads', () => {
  it.each([
    ['an array', Uint8Array.of(1, 2)],
    ['a Buffer', Buffer.of(1, 2)],
  ])(
    'waits for a later turn, unread meanwhile, where others took this one: %s',
    async (_, shared) => {
      const turns = new HearingTurns(10);
      turns.heard(10, 0);
      const { reading, heard, socket } = createReading(turns);
      reading.take(shared);
      // The memory is the socket's again.
      shared.fill(0);
      reading.take(Uint8Array.of(3));
      expect(heard).toEqual([]);
      expect(socket.isRead).toBe(false);
      await setImmediate();
      expect(heard).toEqual([1, 2, 3]);
      expect(socket.isRead).toBe(true);
    },
  );

  it('is heard before the end of it, and not once more', async () => {
    const turns = new HearingTurns(10);
    turns.heard(10, 0);
    const { reading, heard } = createReading(turns);
    reading.take(Uint8Array.of(1));
    reading.catchUp();
    expect(heard).toEqual([1]);
    await setImmediate();
    expect(heard).toEqual([1]);
  });

  it('stays unread after its turn where its owner wants no more', async () => {
    const turns = new HearingTurns(10);
    turns.heard(10, 0);
    const { reading, heard, socket } = createReading(turns);
    reading.take(Uint8Array.of(1));
    reading.want(false);
    await setImmediate();
    expect(heard).toEqual([1]);
    expect(socket.isRead).toBe(false);
  });
});
