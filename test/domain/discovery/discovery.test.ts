import { describe, expect, it } from 'vitest';
import type { Announcement, Flag } from '#src/domain/discovery/announcement.js';
import {
  openDiscovery,
  SEQUENCE_STRIDE,
  stepDiscovery,
  wakeAt,
} from '#src/domain/discovery/discovery.js';
import type { Effect, Event } from '#src/domain/discovery/discovery-state.js';
import { portsFrom } from '#src/domain/ports.js';
import { instanceOf, peerOf } from '#test/support/made-up-peers.js';

const HEARTBEAT_MS = 15_000;
const OWN_KEY = 'ff'.repeat(32);

/** A machine in virtual time: `run` lets it wake whenever it wants to. */
function machine() {
  const instance = instanceOf(0);
  let state = openDiscovery(
    { key: OWN_KEY, instance, heartbeatMs: HEARTBEAT_MS, expiryMs: 45_000 },
    1000,
  );
  let now = 0;
  const said: (Effect & { at: number })[] = [];
  const step = (event: Event): readonly Effect[] => {
    const next = stepDiscovery(state, event, now, 0.5);
    state = next.state;
    said.push(...next.effects.map((effect) => ({ ...effect, at: now })));
    return next.effects;
  };
  const hear = (announcement: Announcement, source = '10.0.0.2', sameMachine = false) => {
    const checked = step({ type: 'received', claim: announcement, source, sameMachine });
    if (checked[0]?.type !== 'verify') return checked;
    return step({ type: 'proven', announcement, source });
  };
  const run = (untilMs: number) => {
    while (wakeAt(state) <= untilMs) {
      now = Math.max(now, wakeAt(state));
      step({ type: 'wake' });
    }
    now = untilMs;
  };
  const spoken = () =>
    said.flatMap((one) => (one.type === 'announce' ? [{ at: one.at, flag: one.flag }] : []));
  return { step, hear, run, said, spoken, state: () => state };
}

function from(n: number, sequence: number, flag: Flag = 'alive', instance = 1): Announcement {
  const key = n.toString(16).padStart(64, '0');
  const ports = portsFrom(27460);
  const run = { instance: instanceOf(instance), sequence };
  return { peerId: peerOf(n), key, flag, ports, ...run, load: 0, component: 0 };
}

const types = (effects: readonly Effect[]) => effects.map((effect) => effect.type);

describe('when discovery announces', () => {
  it('says start at 0, 250 and 1000 ms, then alive at every heartbeat', () => {
    const { step, run, spoken } = machine();
    step({ type: 'opened' });
    run(40_000);
    expect(spoken()).toEqual([
      { at: 0, flag: 'start' },
      { at: 250, flag: 'start' },
      { at: 1000, flag: 'start' },
      { at: 16_000, flag: 'alive' },
      { at: 31_000, flag: 'alive' },
    ]);
  });

  it('numbers what it says upwards, with room for every interface', () => {
    const { step, run, said } = machine();
    step({ type: 'opened' });
    run(20_000);
    const numbers = said.flatMap((one) => (one.type === 'announce' ? [one.sequence] : []));
    expect(numbers).toEqual([0, 1, 2, 3].map((n) => 1000 + n * SEQUENCE_STRIDE));
  });

  it('answers a newcomer it had not heard with one early alive, and no second within a second', () => {
    const { step, hear, run, spoken } = machine();
    step({ type: 'opened' });
    run(5000);
    for (const n of [1, 2, 3]) hear(from(n, 1, 'start'));
    hear(from(1, 2, 'start'));
    run(5500);
    hear(from(4, 1, 'start'));
    run(8000);
    expect(spoken().slice(3)).toEqual([
      { at: 5070, flag: 'alive' },
      { at: 6070, flag: 'alive' },
    ]);
  });

  it('does not answer an alive', () => {
    const { step, hear, run, spoken } = machine();
    step({ type: 'opened' });
    run(5000);
    hear(from(1, 1));
    run(8000);
    expect(spoken()).toHaveLength(3);
  });

  it('says alive at once when an interface appears, but nothing before it has opened', () => {
    const { step, run, spoken } = machine();
    step({ type: 'interfaces-changed' });
    expect(spoken()).toEqual([]);
    step({ type: 'opened' });
    run(5000);
    step({ type: 'interfaces-changed' });
    expect(spoken().at(-1)).toEqual({ at: 5000, flag: 'alive' });
  });

  it('says stop three times, then finishes, and says nothing else any more', () => {
    const { step, hear, run, spoken, said } = machine();
    step({ type: 'opened' });
    run(100);
    step({ type: 'stop' });
    hear(from(1, 1, 'start'));
    step({ type: 'interfaces-changed' });
    run(60_000);
    expect(spoken().slice(1)).toEqual([
      { at: 100, flag: 'stop' },
      { at: 140, flag: 'stop' },
      { at: 180, flag: 'stop' },
    ]);
    expect(said.filter((one) => one.type === 'finish')).toHaveLength(1);
  });

  it('carries the standing it was told last, and says nothing more often for that', () => {
    const { step, said, run } = machine();
    step({ type: 'opened' });
    run(1000);
    const before = said.length;
    step({ type: 'set-standing', load: 3, component: 7 });
    step({ type: 'set-standing', load: 4, component: 8 });
    expect(said).toHaveLength(before);
    run(20_000);
    expect(said[before]).toMatchObject({ type: 'announce', flag: 'alive', load: 4, component: 8 });
  });

  it('says once that no interface can announce, and again after it could', () => {
    const { step } = machine();
    const said = [0, 0, 2, 0].map((reached) => types(step({ type: 'announced', reached })));
    expect(said).toEqual([['mute'], [], [], ['mute']]);
  });
});

describe('what discovery believes', () => {
  it('passes on a fresh announcement, once however often it arrives', () => {
    const { hear } = machine();
    expect(types(hear(from(1, 5)))).toEqual(['heard']);
    expect(hear(from(1, 5))).toEqual([]);
    expect(hear(from(1, 4))).toEqual([]);
    expect(types(hear(from(1, 6)))).toEqual(['heard']);
  });

  it('takes a new instance that counts anew, and still no recording of the old one (go-libp2p-pubsub #524)', () => {
    const { hear } = machine();
    hear(from(1, 50));
    expect(types(hear(from(1, 1, 'start', 2)))).toEqual(['heard']);
    expect(hear(from(1, 50, 'alive', 1))).toEqual([]);
  });

  it('hears the true one after a forged copy, for only what is proven counts as heard (go-libp2p-pubsub #155)', () => {
    const { hear, step } = machine();
    const claim = from(1, 9);
    // Its signature does not fit: it is never told to be proven.
    step({ type: 'received', claim, source: '10.0.0.3', sameMachine: false });
    expect(types(hear(claim))).toEqual(['heard']);
  });

  it('passes on one goodbye of three, and an alive of the same instance after it', () => {
    const { hear } = machine();
    hear(from(1, 1));
    const said = [2, 3, 4].map((sequence) => types(hear(from(1, sequence, 'stop'))));
    expect(said).toEqual([['heard'], [], []]);
    expect(types(hear(from(1, 5)))).toEqual(['heard']);
  });

  it('checks no signature of its own datagrams (Syncthing #168)', () => {
    const { hear } = machine();
    expect(hear({ ...from(1, 1), instance: instanceOf(0) })).toEqual([]);
  });

  it('warns once of another instance with its own key, but not of its own former goodbye', () => {
    const { hear } = machine();
    const twin = { ...from(1, 1), key: OWN_KEY };
    expect(hear({ ...twin, flag: 'stop' })).toEqual([]);
    expect(types(hear(twin))).toEqual(['twin']);
    expect(hear({ ...twin, sequence: 2 })).toEqual([]);
  });

  it('says who has been silent for the expiry time, but not who said goodbye', () => {
    const { hear, run, said } = machine();
    hear(from(1, 1));
    hear(from(2, 1, 'stop'));
    run(44_999);
    hear(from(3, 1));
    run(45_000);
    const silent = said.filter((one) => one.type === 'silent');
    expect(silent).toEqual([
      { type: 'silent', peerId: peerOf(1), instance: instanceOf(1), at: 45_000 },
    ]);
  });
});

describe('what discovery refuses to check', () => {
  it('more than 8 at once and 2 a second from one source, though others are heard (GHSA-jh82)', () => {
    const { hear, run } = machine();
    const many = (n: number) =>
      Array.from({ length: n }, (_, i) => hear(from(n * 1000 + i, 1))).filter((e) => e.length > 0);
    expect(many(20)).toHaveLength(8);
    expect(types(hear(from(9, 1), '10.0.0.3'))).toEqual(['heard']);
    run(1000);
    expect(many(21)).toHaveLength(2);
  });

  it('not by source for peers of this machine, who share its address', () => {
    const { hear } = machine();
    const heard = Array.from({ length: 100 }, (_, i) => hear(from(i, 1), '127.0.0.1', true));
    expect(heard.every((effects) => effects.length === 1)).toBe(true);
  });

  it('more than 100 at once in all, and says that there is a flood, once a minute', () => {
    const { hear, state, said } = machine();
    for (let i = 0; i < 5000; i++) hear(from(i, 1), `10.1.${i >> 8}.${i & 255}`);
    expect(said.filter((one) => one.type === 'verify')).toHaveLength(100);
    expect(said.filter((one) => one.type === 'flood')).toHaveLength(1);
    expect(state().intake.bySource.size).toBeLessThanOrEqual(1024);
  });

  it('keeps 1,024 peers and 1,024 sources, the longest silent going first (CVE-2023-40583)', () => {
    const { hear, run, state, said } = machine();
    for (let i = 0; i < 3000; i++) {
      run(i * 10);
      hear(from(i, 1), `10.1.${i >> 8}.${i & 255}`);
    }
    expect(state().heard.size).toBe(1024);
    expect(state().intake.bySource.size).toBeLessThanOrEqual(1024);
    expect(said.find((one) => one.type === 'silent')).toMatchObject({ peerId: peerOf(0) });
  });
});
