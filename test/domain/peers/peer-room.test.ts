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

const MOST = 3;
const MINUTE_MS = 60_000;

const at = (n: number) => ({ host: `10.0.${n >> 8}.${n & 255}`, ports: portsFrom(27_460) });
const about = (n: number) => ({ peerId: peerOf(n), instance: instanceOf(1), ...at(n) });
const heard = (n: number): Event => ({ type: 'heard', flag: 'alive', ...about(n) });
const linkUp = (n: number): Event => ({
  type: 'link-up',
  features: [],
  name: `peer ${n}`,
  dialled: true,
  ...about(n),
});
const firstPage = (n: number): Event => ({ type: 'first-page', peerId: peerOf(n) });
const full = (n: number): Event => ({ type: 'link-down', peerId: peerOf(n), reason: 'full' });
const tick: Event = { type: 'tick' };

/** A table for three links, with the middle of every jitter. */
function table(most = MOST) {
  let state: Table = { ...EMPTY_TABLE, most };
  const step = (event: Event, now = 0): readonly Effect[] => {
    const next = stepPeerTable(state, event, now, 0.5);
    state = next.state;
    return next.effects;
  };
  const states = () => peerLines(state, 0).map((line) => line.state);
  const dials = (effects: readonly Effect[]) =>
    effects.flatMap((effect) => (effect.type === 'dial' ? [effect.host] : []));
  const filled = () => {
    for (let n = 0; n < most; n += 1)
      for (const event of [heard, linkUp, firstPage]) step(event(n));
  };
  return { step, states, dials, filled, state: () => state, due: () => nextDueAt(state) };
}

describe('where as many are linked as may be', () => {
  it('who is heard is known and not dialled, until a link ends', () => {
    const { step, states, dials, filled, state } = table();
    filled();
    for (let n = 10; n < 1000; n += 1) expect(dials(step(heard(n)))).toEqual([]);
    expect(new Set(states())).toEqual(new Set(['up', 'known']));
    expect(isSettling(state(), 0)).toBe(false);
    const gone: Event = { type: 'link-down', peerId: peerOf(0), reason: 'stopped' };
    expect(dials(step(gone, 30_000))).toHaveLength(1);
  });

  it('never are more dialled than there is room for, those on their way counted', () => {
    const { step, dials } = table();
    const all = Array.from({ length: 50 }, (_, n) => dials(step(heard(n))));
    expect(all.flat()).toHaveLength(MOST);
  });

  it.each<[string, Event, Event | undefined]>([
    ['trusted', { type: 'trusted', peerIds: [peerOf(20)] }, heard(20)],
    ['needed', { type: 'needed', peerId: peerOf(20) }, heard(20)],
    [
      'needed where it is said to be',
      { type: 'needed', peerId: peerOf(20), address: { host: '10.0.0.20', port: 27_460 } },
      undefined,
    ],
    ['added by hand', { type: 'add', host: '10.0.0.20', port: 27_460 }, undefined],
  ])('who is %s is dialled all the same', (_what, first, then) => {
    const { step, dials, filled } = table();
    filled();
    const effects = [...step(first), ...(then === undefined ? [] : step(then))];
    expect(dials(effects)).toEqual(['10.0.0.20']);
  });

  it('the mesh is told whom to keep whenever that changes, and only then', () => {
    const { step } = table();
    const keeps = (event: Event) => step(event).filter(({ type }) => type === 'keep');
    const peerId = peerOf(20);
    expect(keeps({ type: 'needed', peerId })).toEqual([{ type: 'keep', peers: [peerId] }]);
    expect(keeps({ type: 'trusted', peerIds: [peerId] })).toEqual([]);
    expect(keeps(heard(20))).toEqual([]);
    expect(keeps({ type: 'needed-no-more', peerId })).toEqual([]);
    expect(keeps({ type: 'trusted', peerIds: [] })).toEqual([{ type: 'keep', peers: [] }]);
  });
});

describe('a peer whose link ended for want of a place', () => {
  it('is told once, is known from then on, and dialled again 10 to 20 minutes later', () => {
    const { step, states, due, dials } = table();
    for (const event of [heard, linkUp, firstPage]) step(event(1));
    expect(step(full(1), 1000)).toEqual([{ type: 'peer-down', peerId: peerOf(1), reason: 'full' }]);
    expect(states()).toEqual(['known']);
    for (let now = 16_000; now < 10 * MINUTE_MS; now += 15_000)
      expect(dials(step(heard(1), now))).toEqual([]);
    expect(due()).toBe(1000 + 15 * MINUTE_MS);
    expect(dials(step(tick, due()))).toEqual(['10.0.0.1']);
  });

  it('before it was up is no news to anybody', () => {
    const { step, states } = table();
    step(heard(1));
    step(linkUp(1));
    expect(step(full(1), 1000)).toEqual([]);
    expect(states()).toEqual(['known']);
  });

  it('is what a dial finds out as well', () => {
    const { step, states, due } = table();
    step(heard(1));
    expect(step({ type: 'dial-failed', host: '10.0.0.1', port: 27_460, code: 'full' })).toEqual([]);
    expect(states()).toEqual(['known']);
    expect(due()).toBe(15 * MINUTE_MS);
  });

  it('leaves all strangers in peace for a while: two that are full never knock in turn', () => {
    const { step, dials } = table();
    let knocks = 0;
    const count = (effects: readonly Effect[], now: number) => {
      for (const host of dials(effects)) {
        knocks += 1;
        const n = Number(host.split('.').at(-1));
        step(linkUp(n), now);
        count(step(full(n), now + 5000), now + 5000);
      }
    };
    for (let n = 0; n < 200; n += 1) count(step(heard(n)), 0);
    const atOnce = knocks;
    expect(atOnce).toBeLessThanOrEqual(MOST);
    for (let now = 1000; now < 10 * MINUTE_MS; now += 1000) count(step(tick, now), now);
    // One each 45 s and its 5 s as a guest, whatever number is known.
    expect(knocks - atOnce).toBeLessThan(MOST * 14);
    expect(knocks - atOnce).toBeGreaterThan(5);
  });

  it('is dialled at once where it is needed', () => {
    const { step, dials } = table();
    for (const event of [heard, linkUp, firstPage]) step(event(1));
    step(full(1), 1000);
    const address = { host: '10.0.0.1', port: 27_460 };
    expect(dials(step({ type: 'needed', peerId: peerOf(1), address }, 2000))).toEqual(['10.0.0.1']);
  });
});

describe('a crowd of invented peers', () => {
  it('pushes nobody who is trusted out of the table', () => {
    const { step, state } = table();
    step({ type: 'trusted', peerIds: [peerOf(5000)] });
    step(heard(5000));
    for (let n = 0; n < 2000; n += 1) step(heard(n), 1000 + n);
    expect(state().rows.size).toBe(1024);
    expect(state().rows.has(peerOf(5000))).toBe(true);
    expect(state().rows.has(peerOf(0))).toBe(false);
  });
});
