import { describe, expect, it } from 'vitest';
import { nextDueAt } from '#src/domain/peers/dial-plan.js';
import { isSettling, peerLines, stepPeerTable } from '#src/domain/peers/peer-table.js';
import {
  type Effect,
  EMPTY_TABLE,
  type Event,
  type Table,
} from '#src/domain/peers/peer-table-state.js';
import { portsFrom } from '#src/domain/ports.js';
import { instanceOf, peerOf } from '#test/support/made-up-peers.js';

const peerId = peerOf(1);
const at = (host: string, port = 27460) => ({ host, ports: portsFrom(port) });
const heard = (flag: 'start' | 'alive' | 'stop', instance = 1, host = '10.0.0.2'): Event => ({
  type: 'heard',
  peerId,
  instance: instanceOf(instance),
  flag,
  ...at(host),
});
const linkUp = (instance = 1, dialled = true, host = '10.0.0.2'): Event => ({
  type: 'link-up',
  features: [],
  peerId,
  name: 'ann',
  instance: instanceOf(instance),
  dialled,
  ...at(host),
});
const failed = (host = '10.0.0.2', code = 'unreachable'): Event => ({
  type: 'dial-failed',
  host,
  port: 27460,
  code,
});
const linkDown = (reason: 'lost' | 'stopped' = 'lost'): Event => ({
  type: 'link-down',
  peerId,
  reason,
});
const firstPage: Event = { type: 'first-page', peerId };
const tick: Event = { type: 'tick' };
const add = (ref?: string, host = '10.0.0.9'): Event => ({
  type: 'add',
  host,
  port: 27460,
  ...(ref !== undefined && { ref }),
});
const dial = (host = '10.0.0.2', expected = true) => ({
  type: 'dial',
  host,
  port: 27460,
  ...(expected && { expect: peerId }),
});

/** A table that is stepped along, with the middle of every jitter. */
function table() {
  let state: Table = EMPTY_TABLE;
  const step = (event: Event, now: number): readonly Effect[] => {
    const next = stepPeerTable(state, event, now, 0.5);
    state = next.state;
    return next.effects;
  };
  return {
    step,
    all: (now: number, ...events: readonly Event[]) => events.flatMap((event) => step(event, now)),
    due: () => nextDueAt(state),
    lines: () => peerLines(state, 0),
    state: () => state,
  };
}

describe('who may be up in a moment', () => {
  it('is whoever is dialled for the first time or still tells his catalogue', () => {
    const { all, state } = table();
    expect(isSettling(state(), 0)).toBe(false);
    all(0, heard('alive'));
    expect(isSettling(state(), 0)).toBe(true);
    all(1, linkUp());
    expect(isSettling(state(), 0)).toBe(true);
    all(2, firstPage);
    expect(isSettling(state(), 0)).toBe(false);
  });

  it('is not who is gone and could not be reached when it was last tried', () => {
    const { all, state, lines } = table();
    all(0, heard('alive'), linkUp(), firstPage);
    all(20_000, linkDown());
    expect(isSettling(state(), 0)).toBe(true);
    all(20_001, failed());
    expect(lines().map((line) => line.state)).toEqual(['connecting']);
    expect(isSettling(state(), 0)).toBe(false);
  });
});

describe('whom to dial', () => {
  it('dials who is heard to be alive at once, expecting that very peer', () => {
    expect(table().step(heard('alive'), 0)).toEqual([dial()]);
  });

  it('leaves the dialling to a newcomer for 450 ms, and does it itself if he does not', () => {
    const { step, due } = table();
    expect(step(heard('start'), 0)).toEqual([]);
    expect(due()).toBe(450);
    expect(step(heard('start'), 250)).toEqual([]);
    expect(step(tick, 450)).toEqual([dial()]);
  });

  it('does not dial a newcomer who has dialled', () => {
    const { all, step, due } = table();
    all(0, heard('start'), linkUp(1, false));
    expect(step(tick, 450)).toEqual([]);
    expect(due()).toBe(Number.POSITIVE_INFINITY);
  });

  it('never has two dials to one peer on their way, whatever it announces meanwhile', () => {
    const { all } = table();
    all(0, heard('alive'));
    expect(all(1, heard('alive'), heard('alive', 1, '10.0.0.3'), heard('start', 2))).toEqual([]);
  });

  it('backs off 1, 2, 4 ... 60 s less an eighth when a dial fails', () => {
    const { step, due } = table();
    step(heard('alive'), 0);
    const waits: number[] = [];
    for (let i = 0, now = 0; i < 9; i++) {
      expect(step(failed(), now)).toEqual([]);
      waits.push((due() - now) / 875);
      now = due();
      expect(step(tick, now)).toEqual([dial()]);
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60]);
  });

  it.each([
    ['a new instance', heard('alive', 2)],
    ['a new address', heard('alive', 1, '10.0.0.3')],
  ])('forgets the back-off when it hears %s', (_what, news) => {
    const { all } = table();
    all(0, heard('alive'), failed());
    expect(all(10, heard('alive'))).toEqual([]);
    expect(all(20, news)).toMatchObject([{ type: 'dial' }]);
  });

  it('tries the four latest addresses in turn', () => {
    const { all, step, due } = table();
    all(0, heard('alive', 1, '10.0.0.1'));
    for (const n of [2, 3, 4, 5]) all(n, heard('alive', 1, `10.0.0.${n}`));
    const tried = new Set<string>();
    step(failed('10.0.0.1'), 10);
    for (let i = 0, now = 10; i < 8; i++) {
      now = Math.max(now, due());
      for (const effect of step(tick, now)) {
        if (effect.type !== 'dial') continue;
        tried.add(effect.host);
        step(failed(effect.host), now);
      }
    }
    expect([...tried].toSorted()).toEqual(['10.0.0.2', '10.0.0.3', '10.0.0.4', '10.0.0.5']);
  });

  it('dials a lost link again at once, then with back-off while it is announced', () => {
    const { all, step, due } = table();
    all(0, heard('alive'), linkUp(), firstPage);
    expect(step(linkDown(), 20_000)).toEqual([
      { type: 'peer-down', peerId, reason: 'lost' },
      dial(),
    ]);
    step(failed(), 20_001);
    expect(due()).toBe(20_001 + 875);
    step({ type: 'silent', peerId, instance: instanceOf(1) }, 20_002);
    expect(due()).toBe(Number.POSITIVE_INFINITY);
  });

  it('tries once more, and not for ever, whom discovery no longer hears after its restart', () => {
    const { all, due, lines } = table();
    all(0, heard('alive'), failed());
    all(10, { type: 'discovery-restarted' });
    expect(due()).toBe(875);
    all(875, tick, failed());
    expect(due()).toBe(Number.POSITIVE_INFINITY);
    expect(lines()).toEqual([]);
  });

  it('goes on with whom discovery hears again after its restart', () => {
    const { all, due } = table();
    all(0, heard('alive'), failed());
    all(10, { type: 'discovery-restarted' }, heard('alive'), failed());
    expect(due()).toBe(10 + 875);
  });

  it('lets a link stand when discovery restarts, and forgets its peer once it is lost', () => {
    const { all, step, due } = table();
    all(0, heard('alive'), linkUp(), firstPage);
    expect(step({ type: 'discovery-restarted' }, 10)).toEqual([]);
    all(20_000, linkDown(), failed());
    expect(due()).toBe(Number.POSITIVE_INFINITY);
  });

  it('does not spin with a peer that ends every link as soon as it stands', () => {
    const { all, due } = table();
    all(0, heard('alive'), linkUp(), linkDown());
    expect(due()).toBe(875);
    all(875, tick, linkUp(), linkDown());
    expect(due()).toBe(875 + 2 * 875);
  });

  it('drops an address where somebody else answers', () => {
    const { all, due } = table();
    all(0, heard('alive'), failed('10.0.0.2', 'identity'));
    expect(due()).toBe(Number.POSITIVE_INFINITY);
  });

  it('never dials again what turned out to be itself (Syncthing #1209)', () => {
    const { all, due } = table();
    expect(all(0, add('r'), failed('10.0.0.9', 'self'))).toContainEqual({
      type: 'answer-add',
      ref: 'r',
      code: 'self',
    });
    expect(due()).toBe(Number.POSITIVE_INFINITY);
    expect(all(9, add('s'), heard('alive', 1, '10.0.0.9'))).toEqual([
      { type: 'answer-add', ref: 's', code: 'self' },
    ]);
  });

  it('dials at most 28 strangers at once, and the rest as answers come', () => {
    const { step } = table();
    let dials = 0;
    for (let n = 0; n < 100; n++) {
      const event = { ...heard('alive', 1, `10.0.1.${n}`), peerId: peerOf(n) } as Event;
      dials += step(event, 0).filter((effect) => effect.type === 'dial').length;
    }
    expect(dials).toBe(28);
    expect(step(failed('10.0.1.0'), 1)).toHaveLength(1);
  });

  it('dials who is trusted or added by hand while a crowd of strangers does not answer', () => {
    const { step, all } = table();
    all(0, { type: 'trusted', peerIds: [peerOf(200)] });
    for (let n = 0; n < 100; n++)
      step({ ...heard('alive', 1, `10.0.1.${n}`), peerId: peerOf(n) } as Event, 0);
    expect(
      step({ ...heard('alive', 1, '10.0.2.1'), peerId: peerOf(200) } as Event, 1),
    ).toMatchObject([{ type: 'dial', host: '10.0.2.1' }]);
    expect(step(add('r', '10.0.2.2'), 2)).toMatchObject([{ type: 'dial', host: '10.0.2.2' }]);
  });

  it('takes a dial without an answer for failed after 30 s', () => {
    const { step, due } = table();
    step(heard('alive'), 0);
    expect(due()).toBe(30_000);
    step(tick, 30_000);
    expect(due()).toBe(30_875);
  });

  it('dials nobody who is blocked, and at once when he is blocked no longer', () => {
    const { all, step } = table();
    all(0, { type: 'blocked', peerIds: [peerId] });
    expect(all(1, heard('alive'), tick)).toEqual([]);
    expect(step({ type: 'blocked', peerIds: [] }, 2)).toEqual([dial()]);
  });

  it('dials everybody anew when the mesh has started anew', () => {
    const { all, step } = table();
    all(0, heard('alive'), linkUp(), firstPage, add());
    expect(step({ type: 'mesh-restarted' }, 50)).toEqual([
      { type: 'peer-down', peerId, reason: 'lost' },
      dial('10.0.0.9', false),
      dial(),
    ]);
  });
});

describe('addresses given by hand', () => {
  it('are dialled whoever is there, and answered once the peer is proven', () => {
    const { step, all } = table();
    expect(step(add('r'), 0)).toEqual([dial('10.0.0.9', false)]);
    expect(step(linkUp(1, true, '10.0.0.9'), 5)).toEqual([
      { type: 'answer-add', ref: 'r', peerId },
      { type: 'keep', peers: [peerId] },
    ]);
    expect(all(9, add('s'))).toEqual([{ type: 'answer-add', ref: 's', peerId }]);
  });

  it('are answered with the failure, and tried for ever all the same', () => {
    const { step, due } = table();
    step(add('r'), 0);
    expect(step(failed('10.0.0.9'), 0)).toEqual([
      { type: 'answer-add', ref: 'r', code: 'unreachable' },
    ]);
    for (let i = 0; i < 50; i++) {
      const now = due();
      expect(step(tick, now)).toEqual([dial('10.0.0.9', false)]);
      step(failed('10.0.0.9'), now);
      expect(due() - now).toBeLessThanOrEqual(60_000);
    }
  });

  it('are dialled again after the peer has stopped', () => {
    const { all, step, due } = table();
    all(0, add(), linkUp(1, true, '10.0.0.9'), firstPage, linkDown('stopped'));
    expect(step(tick, due())).toEqual([dial('10.0.0.9', false)]);
  });

  it('are dialled at once when asked for again during the back-off', () => {
    const { all, step } = table();
    all(0, add(), failed('10.0.0.9'));
    expect(step(add('r'), 10)).toEqual([dial('10.0.0.9', false)]);
  });
});

describe('remembered addresses', () => {
  const remembered: Event = {
    type: 'remembered',
    peers: [{ host: '10.0.0.5', port: 27460, peerId }],
  };

  it('are tried three times, for that peer only, then dropped', () => {
    const { all, step, due } = table();
    expect(all(0, remembered)).toEqual([dial('10.0.0.5')]);
    step(failed('10.0.0.5'), 0);
    for (let i = 0; i < 2; i++) {
      const now = due();
      expect(step(tick, now)).toEqual([dial('10.0.0.5')]);
      step(failed('10.0.0.5'), now);
    }
    expect(due()).toBe(Number.POSITIVE_INFINITY);
  });

  it('are not tried when their peer is linked already', () => {
    const { all } = table();
    expect(all(0, linkUp(1, false), remembered)).toEqual([]);
  });
});

describe('what the user is told', () => {
  it('says that a peer is up only after its first page, and remembers where it is', () => {
    const { all, step } = table();
    expect(all(0, heard('start'), linkUp(1, false))).toEqual([]);
    expect(step(firstPage, 1)).toEqual([
      { type: 'peer-up', peerId, name: 'ann', host: '10.0.0.2', port: 27460 },
      { type: 'remember', peerId, host: '10.0.0.2', port: 27460 },
    ]);
    expect(step(firstPage, 2)).toEqual([]);
  });

  it('believes a stop of the instance that is linked, and says it once', () => {
    const { all, step } = table();
    all(0, heard('alive'), linkUp(), firstPage);
    expect(step(heard('stop'), 1)).toEqual([
      { type: 'close-link', peerId, reason: 'stopped' },
      { type: 'peer-down', peerId, reason: 'stopped' },
    ]);
    expect(all(2, linkDown('stopped'), heard('stop'), tick)).toEqual([]);
  });

  it('only probes after a stop of another instance, and after silence', () => {
    const { all, step } = table();
    all(0, heard('alive'), linkUp(), firstPage);
    const probe = { type: 'probe', peerId };
    expect(step(heard('stop', 2), 1)).toEqual([probe]);
    expect(step({ type: 'silent', peerId, instance: instanceOf(1) }, 2)).toEqual([probe]);
  });

  it('says replaced, then up again, when another instance takes the link', () => {
    const { all, step } = table();
    all(0, heard('alive'), linkUp(), firstPage);
    expect(step(linkUp(2, false), 1)).toEqual([{ type: 'peer-down', peerId, reason: 'replaced' }]);
    expect(step(firstPage, 2)[0]).toMatchObject({ type: 'peer-up' });
    expect(step(linkUp(2, false), 3)).toEqual([]);
  });

  it('closes and says blocked', () => {
    const { all, step } = table();
    all(0, heard('alive'), linkUp(), firstPage);
    const closing = { type: 'close-link', peerId, reason: 'blocked' };
    const down = { type: 'peer-down', peerId, reason: 'blocked' };
    expect(step({ type: 'blocked', peerIds: [peerId] }, 1)).toEqual([closing, down]);
    expect(step(linkUp(), 2)).toEqual([closing]);
  });

  it('shows names and addresses as proven, whatever is announced (CVE-2025-32900)', () => {
    const { all, lines } = table();
    all(0, heard('alive'), linkUp(), firstPage);
    for (const n of [6, 7, 8, 9, 10]) all(n, heard('alive', n, `10.6.6.${n}`));
    expect(lines()).toEqual([{ peerId, name: 'ann', host: '10.0.0.2', port: 27460, state: 'up' }]);
  });

  it('shows who has gone for ten minutes', () => {
    const { all, step, lines } = table();
    all(0, heard('alive'), linkUp());
    expect(lines()[0]?.state).toBe('connecting');
    all(1, firstPage, heard('stop'));
    expect(lines()[0]?.state).toBe('down');
    step(tick, 600_001);
    expect(lines()).toHaveLength(1);
    step(tick, 600_002);
    expect(lines()).toEqual([]);
  });
});
