import { expect, it } from 'vitest';
import type { PeerId } from '#src/domain/ids.js';
import type { Kept } from '#src/peer/private-messages.js';
import { requireRoom } from '#src/peer/waiting-room.js';

const idOf = (at: number) => `${String(at).padStart(51, 'x')}q` as PeerId;

/** Only what counts here. */
const keptFor = (at: number, count: number, isWaiting = true) =>
  Array.from({ length: count }, () => ({ other: idOf(at), isWaiting }) as Kept);

it('a hundred may wait for one peer, those being stored among them, and a thousand for all', () => {
  const full = expect.objectContaining({ code: 'limit' });
  expect(() => requireRoom(keptFor(1, 99), idOf(1), [])).not.toThrow();
  expect(() => requireRoom(keptFor(1, 99), idOf(1), [idOf(1)])).toThrow(full);
  expect(() => requireRoom(keptFor(1, 100), idOf(1), [])).toThrow(full);
  expect(() => requireRoom(keptFor(1, 100), idOf(2), [])).not.toThrow();
  // What is being stored for one is no other's.
  expect(() => requireRoom(keptFor(1, 99), idOf(1), [idOf(2), idOf(2)])).not.toThrow();
  // What was delivered waits no more.
  expect(() => requireRoom(keptFor(1, 500, false), idOf(1), [])).not.toThrow();
  const all = Array.from({ length: 20 }, (_, at) => keptFor(at, 50)).flat();
  expect(() => requireRoom(all, idOf(99), [])).toThrow(full);
  expect(() => requireRoom(all.slice(1), idOf(99), [])).not.toThrow();
});
