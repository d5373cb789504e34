import { describe, expect, it } from 'vitest';
import type { PeerId } from '#src/domain/ids.js';
import {
  newTracker,
  stepTracker,
  type TrackerEffect,
  type TrackerEvent,
  type TrackerState,
} from '#src/domain/tracker/tracker-client.js';
import type { Member } from '#src/domain/tracker/tracker-message.js';

const SELF = 'me' as PeerId;
const SETTINGS = { self: SELF, heartbeatMs: 15_000 };
const ERROR = { code: 'unreachable', message: 'away' };

const member = (id: number | string, host = '192.168.1.5'): Member => ({
  peerId: `peer ${id}` as PeerId,
  host,
  port: 27_460,
});
const members = (count: number) => Array.from({ length: count }, (_, id) => member(id));

/** A client whose time is turned by hand. */
function client(random = 0) {
  let state: TrackerState = newTracker(0);
  let now = 0;
  const told: TrackerEffect[] = [];
  return {
    get state() {
      return state;
    },
    told,
    of: (type: TrackerEffect['type']) => told.filter((effect) => effect.type === type),
    after: (ms: number) => {
      now += ms;
    },
    take(event: TrackerEvent): readonly TrackerEffect[] {
      const step = stepTracker(state, event, SETTINGS, now, random);
      state = step.state;
      told.push(...step.effects);
      return step.effects;
    },
    /** Goes on to when it wants to be woken. */
    wake() {
      now = Math.max(now, state.dueAt);
      return this.take({ type: 'due' });
    },
  };
}

function registered(host = '192.168.1.1') {
  const one = client();
  one.take({ type: 'due' });
  one.take({ type: 'registered', host });
  return one;
}

describe('the client of a tracker', () => {
  it('dials, registers, asks at each heartbeat, and hands on what it hears', () => {
    const one = client();
    expect(one.take({ type: 'due' })).toEqual([{ type: 'dial' }]);
    expect(one.take({ type: 'due' })).toEqual([]);
    expect(one.take({ type: 'registered', host: '192.168.1.1' })).toEqual([]);
    const known = members(20);
    expect(one.take({ type: 'members', members: known })).toEqual([
      { type: 'hint', members: known },
    ]);
    expect(one.state.dueAt).toBe(15_000);
    expect(one.take({ type: 'due' })).toEqual([]);
    expect(one.wake()).toEqual([{ type: 'ask' }]);
    expect(one.take({ type: 'members', members: [] })).toEqual([]);
  });

  it('hangs up on a tracker that talks unasked, and asks no second time before it is answered', () => {
    const one = registered();
    expect(one.wake()).toEqual([]);
    one.take({ type: 'members', members: members(1) });
    expect(one.take({ type: 'members', members: members(1) })).toEqual([{ type: 'hang-up' }]);
    expect(one.of('hint')).toHaveLength(1);
  });

  it('takes no word of itself, of nobody, or of what is nearer than the tracker (SSRF)', () => {
    const near = [member(1, '127.0.0.1'), member(2, '169.254.169.254'), member(3, '10.0.0.1')];
    const nobody = [member(4, '0.0.0.0'), member(5, '224.0.0.1'), member(6, '::')];
    const ours: Member = { peerId: SELF, host: '8.8.8.8', port: 27_460 };
    const fine = member(7, '8.8.8.8');
    const all = [...near, ...nobody, ours, fine];
    const hinted = (host: string) => {
      const one = registered(host);
      return one.take({ type: 'members', members: all });
    };
    expect(hinted('203.0.113.1')).toEqual([{ type: 'hint', members: [fine] }]);
    expect(hinted('192.168.1.1')).toEqual([{ type: 'hint', members: [near[2], fine] }]);
    expect(hinted('127.0.0.1')).toEqual([{ type: 'hint', members: [...near, fine] }]);
  });

  it('dials for a hostile tracker no faster than one a second, however many it names', () => {
    const one = registered();
    let hints = 0;
    const hear = () => {
      for (const effect of one.take({ type: 'members', members: members(20) })) {
        if (effect.type === 'hint') hints += effect.members.length;
      }
    };
    hear();
    for (let beat = 0; beat < 100; beat += 1) {
      one.wake();
      hear();
    }
    // What it may at once, and one for each second since.
    expect(one.state.dueAt).toBe(101 * 15_000);
    expect(hints).toBeLessThanOrEqual(40 + 1500);
    expect(hints).toBeGreaterThan(1500);
  });

  it('tells once that the tracker is away, goes on trying ever more rarely, and tells once that it is back', () => {
    const one = client();
    one.take({ type: 'due' });
    const waits: number[] = [];
    let before = 0;
    for (let failure = 0; failure < 9; failure += 1) {
      one.take({ type: 'failed', error: ERROR });
      waits.push(one.state.dueAt - before);
      before = one.state.dueAt;
      expect(one.wake()).toEqual([{ type: 'dial' }]);
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60].map((seconds) => seconds * 1000));
    expect(one.of('tell-away')).toEqual([{ type: 'tell-away', error: ERROR }]);
    one.take({ type: 'failed', error: { code: 'refused', message: 'another flag' } });
    expect(one.of('tell-away')).toHaveLength(2);
    one.wake();
    one.take({ type: 'registered', host: '192.168.1.1' });
    expect(one.of('tell-back')).toEqual([]);
    one.take({ type: 'members', members: [] });
    one.wake();
    one.take({ type: 'members', members: [] });
    expect(one.of('tell-back')).toHaveLength(1);
  });

  it('is not worn down by a tracker that lets it in and hangs up, again and again', () => {
    const one = client();
    for (let round = 0; round < 20; round += 1) {
      one.wake();
      one.take({ type: 'registered', host: '192.168.1.1' });
      one.take({ type: 'members', members: [] });
      one.take({ type: 'failed', error: ERROR });
    }
    // Two lines each time, but a minute apart in the end.
    expect(one.state.dueAt).toBeGreaterThan(12 * 60_000);
    one.wake();
    one.take({ type: 'registered', host: '192.168.1.1' });
    one.after(60_000);
    one.take({ type: 'members', members: [] });
    expect(one.state.failures).toBe(0);
  });

  it('comes at other times than others whose heartbeat is the same', () => {
    const late = client(0.99);
    late.take({ type: 'due' });
    late.take({ type: 'registered', host: '192.168.1.1' });
    expect(late.state.dueAt).toBeLessThan(12_000);
    expect(late.state.dueAt).toBeGreaterThan(11_000);
  });
});
