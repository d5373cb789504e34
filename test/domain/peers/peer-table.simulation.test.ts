import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PeerId } from '#src/domain/ids.js';
import { nextDueAt } from '#src/domain/peers/dial-plan.js';
import { stepPeerTable } from '#src/domain/peers/peer-table.js';
import {
  type Effect,
  EMPTY_TABLE,
  type Event,
  type Table,
} from '#src/domain/peers/peer-table-state.js';
import { portsFrom } from '#src/domain/ports.js';
import { instanceOf, peerOf } from '#test/support/made-up-peers.js';

type Sent = { readonly host: string; readonly port: number; readonly expect?: PeerId };

const peer = fc.integer({ min: 0, max: 3 }).map(peerOf);
const instance = fc.integer({ min: 1, max: 3 }).map(instanceOf);
const host = fc.integer({ min: 1, max: 6 }).map((n) => `10.0.0.${n}`);
const ports = fc.constant(portsFrom(27460));
const port = fc.constant(27460);
const flag = fc.constantFrom('start', 'alive', 'alive', 'stop');
const reason = fc.constantFrom('lost', 'lost', 'stopped', 'blocked', 'replaced', 'full');
const code = fc.constantFrom('unreachable', 'unreachable', 'identity', 'refused', 'self', 'full');
const kind = <T extends string>(type: T) => fc.constant(type);

const happening: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ type: kind('heard'), peerId: peer, instance, host, ports, flag }),
  },
  fc.record({ type: kind('silent'), peerId: peer, instance }),
  {
    weight: 3,
    arbitrary: fc.record({
      type: kind('link-up'),
      features: fc.constant([]),
      peerId: peer,
      name: fc.constant('x'),
      host,
      ports,
      instance,
      dialled: fc.boolean(),
    }),
  },
  { weight: 3, arbitrary: fc.record({ type: kind('link-down'), peerId: peer, reason }) },
  { weight: 3, arbitrary: fc.record({ type: kind('dial-failed'), host, port, code }) },
  { weight: 3, arbitrary: fc.record({ type: kind('first-page'), peerId: peer }) },
  fc.record({ type: kind('add'), host, port, ref: fc.constant('r') }),
  fc.record({
    type: kind('remembered'),
    peers: fc.array(fc.record({ host, port, peerId: peer }), { maxLength: 3 }),
  }),
  fc.record({ type: kind('blocked'), peerIds: fc.array(peer, { maxLength: 2 }) }),
  fc.record({ type: kind('trusted'), peerIds: fc.array(peer, { maxLength: 2 }) }),
  fc.record({ type: kind('needed'), peerId: peer, address: fc.record({ host, port }) }),
  fc.record({ type: kind('needed-no-more'), peerId: peer }),
  fc.record({ type: kind('mesh-restarted') }),
  fc.record({ type: kind('discovery-restarted') }),
  { weight: 4, arbitrary: fc.record({ type: kind('tick') }) },
);
const moments = fc.array(
  fc.tuple(happening, fc.integer({ min: 0, max: 12_000 }), fc.integer({ min: 0, max: 99 })),
  { maxLength: 120 },
);

/** Watches a table from outside, as the mesh and the user do. */
function watch() {
  const up = new Set<PeerId>();
  let open: readonly (Sent & { at: number })[] = [];
  const answer = (event: Event, now: number) => {
    open = open.filter((dial) => now - dial.at < 30_000);
    if (event.type === 'mesh-restarted') open = [];
    if (event.type === 'dial-failed')
      open = open.filter((dial) => dial.host !== event.host || dial.port !== event.port);
    if (event.type === 'link-up' && event.dialled)
      open = open.filter((dial) => dial.expect !== event.peerId && dial.host !== event.host);
  };
  const check = (effect: Effect, table: Table, now: number) => {
    if (effect.type === 'peer-up') {
      expect(up.has(effect.peerId)).toBe(false);
      up.add(effect.peerId);
    }
    if (effect.type === 'peer-down') expect(up.delete(effect.peerId)).toBe(true);
    if (effect.type !== 'dial') return;
    const { host, port, expect: peerId } = effect;
    expect(open.filter((dial) => dial.host === host && dial.port === port)).toEqual([]);
    expect(table.own.has(`${host}:${port}`)).toBe(false);
    if (peerId !== undefined) {
      expect(open.filter((dial) => dial.expect === peerId)).toEqual([]);
      expect(table.rows.get(peerId)?.link).toBeUndefined();
      expect(table.blocked.has(peerId)).toBe(false);
    }
    open = [...open, { ...effect, at: now }];
  };
  return { up, answer, check, open: () => open };
}

function run(
  script: readonly (readonly [Event, number, number])[],
  most = Number.POSITIVE_INFINITY,
) {
  const watched = watch();
  let table: Table = { ...EMPTY_TABLE, most };
  let now = 0;
  for (const [event, wait, percent] of script) {
    now += wait;
    watched.answer(event, now);
    const step = stepPeerTable(table, event, now, percent / 100);
    table = step.state;
    for (const effect of step.effects) watched.check(effect, table, now);
    expect(nextDueAt(table), 'nothing due is left waiting').toBeGreaterThan(now);
    expect(table.rows.size).toBeLessThanOrEqual(1024);
    const told = [...table.rows.values()].filter((row) => row.told);
    expect(new Set(told.map((row) => row.peerId))).toEqual(watched.up);
    expect(told.every((row) => row.link !== undefined)).toBe(true);
  }
  return { table, now };
}

/** It computes for seconds what a slow and busy machine needs minutes for. */
const TIMEOUT_MS = 300_000;

describe('the peer table under anything that may happen', { timeout: TIMEOUT_MS }, () => {
  it('never dials one target or peer twice at once, and up and down alternate', () => {
    fc.assert(
      // Fewer places than there are peers, or enough.
      fc.property(moments, fc.constantFrom(2, 100), (script, most) => void run(script, most)),
      { numRuns: 400 },
    );
  });

  it('links every announced peer within a minute once dials succeed', () => {
    fc.assert(
      fc.property(moments, (script) => {
        let { table, now } = run([...script, [{ type: 'blocked', peerIds: [] }, 0, 0]]);
        const end = now + 60_000;
        const host = '10.0.7.7';
        const alive = { type: 'heard', instance: instanceOf(9), host, flag: 'alive' } as const;
        const queue: Event[] = [{ ...alive, peerId: peerOf(7), ports: portsFrom(27460) }];
        while (table.rows.get(peerOf(7))?.link === undefined) {
          expect(now).toBeLessThan(end);
          const step = stepPeerTable(table, queue.shift() ?? { type: 'tick' }, now, 0.5);
          table = step.state;
          for (const effect of step.effects) if (effect.type === 'dial') queue.push(answer(effect));
          if (queue.length === 0) now = nextDueAt(table);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('keeps at most 1,024 rows, and those with links (CVE-2023-40583)', () => {
    let table = EMPTY_TABLE;
    for (let n = 0; n < 3000; n++) {
      const at = { host: `10.1.${n >> 8}.${n & 255}`, ports: portsFrom(27460) };
      const who = { peerId: peerOf(n), instance: instanceOf(n) };
      const link = {
        type: 'link-up',
        name: 'x',
        features: [],
        dialled: false,
        ...who,
        ...at,
      } as const;
      const hint = { type: 'heard', flag: 'alive', ...who, ...at } as const;
      table = stepPeerTable(table, n < 100 ? link : hint, n, 0.5).state;
    }
    expect(table.rows.size).toBe(1024);
    expect([...table.rows.values()].filter((row) => row.link)).toHaveLength(100);
  });
});

/** Only peer 7's address answers. */
function answer({ host, port }: Sent): Event {
  if (host !== '10.0.7.7') return { type: 'dial-failed', host, port, code: 'unreachable' };
  return {
    type: 'link-up',
    features: [],
    peerId: peerOf(7),
    name: 'seven',
    host,
    ports: portsFrom(port),
    instance: instanceOf(9),
    dialled: true,
  };
}
