import { expect, it } from 'vitest';
import type { PeerId } from '#src/domain/ids.js';
import type { TrackerEvent } from '#src/domain/tracker/tracker-client.js';
import { newStanding, standingAfter } from '#src/domain/tracker/tracker-standing.js';

const SELF = 'me' as PeerId;

const member = (id: number | string) => ({ peerId: `${id}` as PeerId, host: 'h', port: 4000 });
const members = (...ids: readonly (number | string)[]): TrackerEvent => {
  return { type: 'members', members: ids.map(member) };
};
const failed = (code: string): TrackerEvent => {
  return { type: 'failed', error: { code, message: `because ${code}` } };
};

function after(...events: readonly TrackerEvent[]) {
  const heardOf = new Set<PeerId>();
  return events.reduce(
    (standing, event) => standingAfter(standing, event, heardOf, SELF),
    newStanding('h:1'),
  );
}

it('a tracker is being tried until it says who is there, or turns this peer away, or is not there', () => {
  const row = { address: 'h:1', members: 0 };
  expect(after({ type: 'due' }, { type: 'registered', host: 'h' })).toEqual({
    ...row,
    state: 'trying',
  });
  expect(after(members())).toEqual({ ...row, state: 'registered' });
  for (const code of ['refused', 'identity', 'limit']) {
    const why = `because ${code}`;
    expect(after(members(), failed(code))).toEqual({ ...row, state: 'refused', why });
  }
  const away = { ...row, state: 'away', why: 'because unreachable' };
  expect(after(members(), failed('unreachable'), { type: 'due' })).toEqual(away);
  expect(after(failed('unreachable'), members())).toEqual({ ...row, state: 'registered' });
});

it('whom a tracker has told of is counted once each, without this peer, and not without end', () => {
  expect(after(members('a', 'b', SELF), members('b', 'c')).members).toBe(3);
  const many = Array.from({ length: 300 }, (_, at) =>
    members(...Array.from({ length: 20 }, (_, id) => at * 20 + id)),
  );
  expect(after(...many).members).toBe(4096);
});

it('a tracker stands as before where nothing of it changed', () => {
  const heardOf = new Set<PeerId>();
  const registered = standingAfter(newStanding('h:1'), members('a'), heardOf, SELF);
  expect(standingAfter(registered, members('a'), heardOf, SELF)).toBe(registered);
  const away = standingAfter(registered, failed('unreachable'), heardOf, SELF);
  expect(standingAfter(away, failed('unreachable'), heardOf, SELF)).toBe(away);
});
