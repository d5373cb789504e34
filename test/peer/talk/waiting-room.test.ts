import { expect, it } from 'vitest';
import type { PeerId } from '#src/domain/ids.js';
import type { Kept } from '#src/peer/talk/private-messages.js';
import { requireRoom, waitingCalled } from '#src/peer/talk/waiting-room.js';

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

it('one that waits is called by the beginning of its id, and by nothing that several have or none', () => {
  const one = (id: string, isWaiting = true) => ({ isWaiting, record: { id } }) as Kept;
  const kept = [one('01234567'), one('0123abcd'), one('ffff0000', false)];
  expect(waitingCalled('0123A', kept)).toBe(kept[1]);
  const fault = (code: string, message: RegExp) =>
    expect.objectContaining({ code, message: expect.stringMatching(message) });
  expect(() => waitingCalled('0123', kept)).toThrow(fault('ambiguous', /means 2 messages/));
  expect(() => waitingCalled('012', kept)).toThrow(fault('not-found', /too short for an id/));
  expect(() => waitingCalled('ffff', kept)).toThrow(fault('not-found', /no message .* ffff waits/));
});
