import { describe, expect, it } from 'vitest';
import { DownloadMachine } from '#src/domain/download/download.js';
import type { DownloadOut, SourceEvent } from '#src/domain/download/download-events.js';
import type { ChunkIndex, PeerId } from '#src/domain/ids.js';
import { MiB } from '#src/domain/limits.js';
import { randomFrom } from '#test/support/random.js';

const alice = 'alice' as PeerId;
const bob = 'bob' as PeerId;
const carol = 'carol' as PeerId;

const TIMEOUT_MS = 60_000;

function machineOf(manifestHere: boolean, slots = 4, isDraft = false): DownloadMachine {
  const settings = { timeoutMs: TIMEOUT_MS, random: randomFrom(1), manifestHere, isDraft };
  const machine = new DownloadMachine(settings, 0);
  machine.step({ type: 'slots', count: slots }, 0);
  return machine;
}

function hear(machine: DownloadMachine, peer: PeerId, event: SourceEvent, now = 0) {
  return machine.step({ type: 'heard', peer, event }, now);
}

function connect(machine: DownloadMachine, peer: PeerId, now = 0): readonly DownloadOut[] {
  machine.step({ type: 'peer-known', peer }, now);
  return hear(machine, peer, { type: 'connected', rttMs: 1 }, now);
}

function stage(machine: DownloadMachine, chunks: number, have: readonly number[] = [], now = 0) {
  const bytes = chunks * MiB;
  const here = have.reduce((sum, value, at) => sum + (at % 2 === 1 ? value : 0), 0);
  const event = { type: 'staged', chunks, chunkBytes: MiB, bytes, have } as const;
  return machine.step({ ...event, haveBytes: here * MiB }, now);
}

function stored(index: number): SourceEvent {
  return { type: 'chunk-stored', index: index as ChunkIndex, bytes: MiB, ms: 1 };
}

function typesOf(out: readonly DownloadOut[]): readonly string[] {
  return out.map(({ type }) => type);
}

function startedIn(out: readonly DownloadOut[]): readonly PeerId[] {
  return out.flatMap((order) => (order.type === 'start-request' ? order.peer : []));
}

/** A download of four chunks that alice, connected, has. */
function fetching(slots = 4): DownloadMachine {
  const machine = machineOf(true, slots);
  stage(machine, 4);
  connect(machine, alice);
  hear(machine, alice, { type: 'source-has', ranges: [0, 4] });
  return machine;
}

describe('a download', () => {
  it('goes from its manifest to the last chunk and finishes', () => {
    const machine = machineOf(false);
    expect(machine.step({ type: 'peer-known', peer: alice }, 0)).toEqual([
      { type: 'start-request', peer: alice, restart: false, attempt: 1 },
    ]);
    expect(hear(machine, alice, { type: 'connected', rttMs: 1 })).toEqual([
      { type: 'ask-manifest', peer: alice },
    ]);
    expect(hear(machine, alice, { type: 'manifest-stored' })).toEqual([{ type: 'stage' }]);
    expect(stage(machine, 1)).toEqual([{ type: 'ask-have', peer: alice, holds: [] }]);
    expect(hear(machine, alice, { type: 'source-has', ranges: [0, 1] })).toEqual([
      { type: 'ask-chunks', peer: alice, chunks: [0] },
    ]);
    const last = hear(machine, alice, stored(0), 1000);
    expect(typesOf(last)).toEqual(['chunk-here', 'progress', 'stop-request', 'finish']);
    expect(machine.brought).toEqual([{ peerId: alice, chunks: 1 }]);
    machine.step({ type: 'finished' }, 1100);
    expect(machine.phase).toBe('ended');
    expect(machine.step({ type: 'tick' }, TIMEOUT_MS * 9)).toEqual([]);
  });

  it('takes parts of a chunk for progress, and gives up once they stop', () => {
    const machine = fetching();
    hear(machine, alice, { type: 'chunk-arriving', bytes: 65_536 }, TIMEOUT_MS - 1);
    expect(typesOf(machine.step({ type: 'tick' }, 2 * TIMEOUT_MS - 2))).not.toContain('fail');
    expect(typesOf(machine.step({ type: 'tick' }, 2 * TIMEOUT_MS - 1))).toContain('fail');
  });

  it('gives up on parts alone, however many, once they are more than a chunk', () => {
    const machine = fetching();
    let out: readonly DownloadOut[] = [];
    for (let now = 0; now <= 3 * TIMEOUT_MS; now += 20_000) {
      hear(machine, alice, { type: 'chunk-arriving', bytes: MiB / 2 }, now);
      out = [...out, ...machine.step({ type: 'tick' }, now)];
    }
    expect(typesOf(out)).toContain('fail');
  });

  it('finishes at once when everything is here, or there is nothing to fetch', () => {
    expect(typesOf(stage(machineOf(true), 3, [0, 3]))).toEqual(['finish']);
    expect(typesOf(stage(machineOf(true), 0))).toEqual(['finish']);
  });

  it('of a draft that is all here waits for its sender, and for one who is away only so long', () => {
    const machine = machineOf(true, 4, true);
    machine.step({ type: 'peer-known', peer: alice }, 0);
    expect(typesOf(stage(machine, 3, [0, 3]))).toContain('finish');
    expect([machine.phase, machine.state]).toEqual(['unsealed', 'running']);
    expect(machine.step({ type: 'tick' }, 9 * TIMEOUT_MS)).toEqual([]);
    machine.step({ type: 'peer-gone', peer: alice }, 9 * TIMEOUT_MS);
    expect(machine.state).toBe('waiting');
    expect(machine.step({ type: 'tick' }, 10 * TIMEOUT_MS - 1)).toEqual([]);
    const over = machine.step({ type: 'tick' }, 10 * TIMEOUT_MS);
    expect(over.at(-1)).toMatchObject({ type: 'fail', code: 'no-sources' });
  });

  it.each(['withdrawn', 'too-large'])(
    'ends by the doing of its sender, and not of our disk, where it is %s',
    (code) => {
      const machine = machineOf(true, 4, true);
      stage(machine, 3, [0, 3]);
      const error = { code, message: 'alice has taken it back' };
      expect(machine.step({ type: 'failed', error }, 0)).toEqual([{ type: 'fail', ...error }]);
    },
  );

  it('ends when finishing fails, and finishes anew in another run with what is staged', () => {
    const machine = machineOf(true);
    stage(machine, 3, [0, 3]);
    const error = { code: 'ENOSPC', message: 'no space left' };
    expect(machine.step({ type: 'failed', error }, 1)).toEqual([
      { type: 'fail', code: 'disk-full', message: expect.stringMatching(/disk is full.*ENOSPC/) },
    ]);
    expect(typesOf(stage(machineOf(true), 3, [0, 3]))).toEqual(['finish']);
  });

  it.each([
    ['ENOSPC', 'disk-full'],
    ['EDQUOT', 'disk-full'],
    ['EROFS', 'denied'],
    ['EIO', 'io'],
  ])('calls a disk that says %s %s', (code, failure) => {
    const out = hear(fetching(), alice, { type: 'write-failed', error: { code, message: 'm' } });
    expect(out.at(-1)).toMatchObject({ type: 'fail', code: failure });
    expect(out.at(-1)).toHaveProperty('message', expect.stringContaining(code));
  });

  it.each<[string, SourceEvent]>([
    ['was convicted meanwhile', { type: 'chunk-wrong', index: 1 as ChunkIndex }],
    ['brought the last chunk before', stored(0)],
  ])('does not finish after a failed write for a source that %s', (_, before) => {
    const machine = machineOf(true);
    stage(machine, 1);
    connect(machine, alice);
    hear(machine, alice, { type: 'source-has', ranges: [0, 1] });
    hear(machine, alice, before);
    const error = { code: 'EIO', message: 'i/o error' };
    const out = hear(machine, alice, { type: 'write-failed', error });
    expect(out.at(-1)).toMatchObject({ type: 'fail', code: 'io' });
    expect(machine.phase).toBe('ended');
  });

  it('lets sources with nothing to bring make room for those that wait, by turns', () => {
    const machine = machineOf(true, 1);
    stage(machine, 4);
    connect(machine, alice);
    for (const peer of [bob, carol]) machine.step({ type: 'peer-known', peer }, 0);
    const peers: PeerId[] = [alice];
    for (let now = 0; now <= 40_000; now += 250) {
      for (const order of machine.step({ type: 'tick' }, now)) {
        if (order.type !== 'stop-request') continue;
        const { peer } = order;
        const [next] = startedIn(
          machine.step({ type: 'request-ended', peer, crashed: false }, now),
        );
        if (next === undefined) continue;
        peers.push(next);
        hear(machine, next, { type: 'connected', rttMs: 1 }, now);
      }
    }
    expect(peers.slice(0, 4)).toEqual([alice, bob, carol, alice]);
  });

  it('leaves a source alone that owes something, and one for whom nobody waits', () => {
    const owing = fetching(1);
    owing.step({ type: 'peer-known', peer: bob }, 0);
    const alone = machineOf(true, 1);
    stage(alone, 4);
    connect(alone, alice);
    for (const machine of [owing, alone]) {
      for (let now = 0; now <= 20_000; now += 250) {
        expect(typesOf(machine.step({ type: 'tick' }, now))).not.toContain('stop-request');
      }
    }
  });

  it('lets one that owes a chunk and sends but parts of it make room too, later each time', () => {
    const part = { type: 'chunk-arriving', bytes: 65_536 } as const;
    const machine = fetching(1);
    machine.step({ type: 'peer-known', peer: bob }, 0);
    const stays: [PeerId, number][] = [];
    let working = alice;
    let since = 0;
    for (let now = 0; stays.length < 3; now += 1000) {
      const out = [...hear(machine, working, part, now), ...machine.step({ type: 'tick' }, now)];
      if (!typesOf(out).includes('stop-request')) continue;
      stays.push([working, now - since]);
      const ended = { type: 'request-ended', peer: working, crashed: false } as const;
      [working = alice] = startedIn(machine.step(ended, now));
      since = now;
      hear(machine, working, { type: 'connected', rttMs: 1 }, now);
      hear(machine, working, { type: 'source-has', ranges: [0, 1] }, now);
    }
    expect(stays).toEqual([
      [alice, 30_000],
      [bob, 30_000],
      [alice, 60_000],
    ]);
  });

  it('asks for the manifest of one source after the other until one brings it', () => {
    const machine = machineOf(false);
    const asked: PeerId[] = [];
    const note = (out: readonly DownloadOut[]) => {
      for (const order of out) if (order.type === 'ask-manifest') asked.push(order.peer);
    };
    for (const peer of [alice, bob, carol]) note(connect(machine, peer));
    for (let now = 0; now <= 10_000; now += 250) note(machine.step({ type: 'tick' }, now));
    expect(asked.slice(0, 4)).toEqual([alice, bob, carol, alice]);
  });

  it('asks another source at once when the one asked for the manifest fails', () => {
    const machine = machineOf(false);
    connect(machine, alice);
    connect(machine, bob);
    const error = { code: 'protocol', message: 'lies' };
    const out = hear(machine, alice, { type: 'source-failed', error }, 10);
    expect(out).toEqual([{ type: 'ask-manifest', peer: bob }]);
  });

  it.each([
    ['protocol', false],
    ['hostile', true],
  ])('convicts the sender of a manifest that is %s, and asks another', (code, isAttack) => {
    const machine = machineOf(false);
    connect(machine, alice);
    connect(machine, bob);
    const error = { code, message: 'lies' };
    expect(hear(machine, alice, { type: 'manifest-wrong', error }, 10)).toEqual([
      { type: 'convict', peer: alice, lie: 'manifest', isAttack },
      { type: 'stop-request', peer: alice },
      { type: 'ask-manifest', peer: bob },
    ]);
    expect(hear(machine, alice, { type: 'manifest-stored' }, 11)).toEqual([]);
  });

  it('lets sources that give nothing make room for one that waits, and not before', () => {
    const machine = machineOf(true, 2);
    stage(machine, 4);
    for (const peer of [alice, bob]) connect(machine, peer);
    const stopped = (from: number, to: number) => {
      const out: DownloadOut[] = [];
      for (let now = from; now < to; now += 250) out.push(...machine.step({ type: 'tick' }, now));
      return out.flatMap((order) => (order.type === 'stop-request' ? [order.peer] : []));
    };
    expect(stopped(0, 20_000)).toEqual([]);
    hear(machine, bob, { type: 'source-has', ranges: [0, 1] }, 20_000);
    machine.step({ type: 'peer-known', peer: carol }, 20_000);
    expect(stopped(20_000, 29_000)).toEqual([alice]);
    const out = machine.step({ type: 'request-ended', peer: alice, crashed: false }, 29_000);
    expect(out).toMatchObject([{ type: 'start-request', peer: carol }]);
  });

  it('lets those go that do not bring the manifest, where another waits', () => {
    const machine = machineOf(false, 1);
    connect(machine, alice);
    machine.step({ type: 'peer-known', peer: bob }, 0);
    expect(typesOf(machine.step({ type: 'tick' }, 9_000))).not.toContain('stop-request');
    const out = machine.step({ type: 'tick' }, 10_000);
    expect(out).toContainEqual({ type: 'stop-request', peer: alice });
    const next = machine.step({ type: 'request-ended', peer: alice, crashed: false }, 10_001);
    expect(next).toMatchObject([{ type: 'start-request', peer: bob }]);
  });

  it('convicts the sender of a wrong chunk, drops it for good, and asks another', () => {
    const machine = fetching();
    connect(machine, bob);
    const out = hear(machine, alice, { type: 'chunk-wrong', index: 0 as ChunkIndex });
    expect(out).toEqual([
      { type: 'convict', peer: alice, lie: 'chunk', isAttack: false },
      { type: 'stop-request', peer: alice },
    ]);
    const next = hear(machine, bob, { type: 'source-has', ranges: [0, 4] });
    expect(typesOf(next)).toEqual(['ask-chunks']);
    machine.step({ type: 'request-ended', peer: alice, crashed: false }, 1);
    machine.step({ type: 'peer-known', peer: alice }, 2);
    expect(typesOf(machine.step({ type: 'tick' }, 40_000))).not.toContain('start-request');
  });

  it('tries a source that failed again after one second, two, four, never more than thirty', () => {
    const machine = fetching();
    const waits: number[] = [];
    let now = 0;
    for (let attempt = 0; attempt < 8; attempt += 1) {
      machine.step({ type: 'request-ended', peer: alice, crashed: false }, now);
      const ended = now;
      let out: readonly DownloadOut[] = [];
      while (!typesOf(out).includes('start-request')) {
        now += 250;
        // What arrives from elsewhere keeps the download itself from being given up.
        out = machine.step({ type: 'slots', count: 4 }, now);
      }
      waits.push((now - ended) / 1000);
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 30, 30, 30]);
  });

  it('replaces a crashed request actor at once, but not for ever', () => {
    const machine = fetching();
    const crash = (now: number) =>
      machine.step({ type: 'request-ended', peer: alice, crashed: true }, now);
    const restart = { type: 'start-request', peer: alice, restart: true } as const;
    expect(crash(1)).toContainEqual({ ...restart, attempt: 2 });
    expect(crash(2)).toContainEqual({ ...restart, attempt: 3 });
    expect(typesOf(crash(3))).not.toContain('start-request');
  });

  it('holds no failure against a source that was stopped to free its slot', () => {
    const machine = fetching();
    connect(machine, bob);
    hear(machine, bob, { type: 'source-has', ranges: [0, 4] });
    const fewer = machine.step({ type: 'slots', count: 1 }, 1);
    const [stopped] = fewer.filter((order) => order.type === 'stop-request');
    expect(typesOf(fewer)).toContain('stop-request');
    // Its slot is taken until it has gone; asking for fewer once more stops nobody else.
    expect(machine.step({ type: 'slots', count: 1 }, 2)).toEqual([]);
    expect(machine.step({ type: 'slots', count: 2 }, 3)).toEqual([]);
    const peer = stopped?.type === 'stop-request' ? stopped.peer : alice;
    const back = machine.step({ type: 'request-ended', peer, crashed: false }, 4);
    expect(back).toEqual([{ type: 'start-request', peer, restart: false, attempt: 2 }]);
  });

  it('asks others at once for what a stopped source owed', () => {
    const machine = fetching();
    connect(machine, bob);
    hear(machine, bob, { type: 'source-has', ranges: [0, 4] });
    hear(machine, bob, stored(3), 1);
    const fewer = machine.step({ type: 'slots', count: 1 }, 2);
    expect(fewer.filter(({ type }) => type === 'stop-request')).toEqual([
      { type: 'stop-request', peer: alice },
    ]);
  });

  it('does not connect to a peer that is gone, however much it has brought', () => {
    const machine = fetching();
    hear(machine, alice, stored(0), 1);
    machine.step({ type: 'request-ended', peer: alice, crashed: false }, 2);
    machine.step({ type: 'peer-gone', peer: alice }, 3);
    expect(typesOf(machine.step({ type: 'tick' }, 30_000))).not.toContain('start-request');
    const back = machine.step({ type: 'peer-known', peer: alice }, 31_000);
    expect(typesOf(back)).toContain('start-request');
  });

  it('forgets a peer that went while it was connected once its request has ended', () => {
    const machine = fetching();
    machine.step({ type: 'peer-gone', peer: alice }, 1);
    machine.step({ type: 'request-ended', peer: alice, crashed: false }, 2);
    expect(typesOf(machine.step({ type: 'tick' }, 30_000))).not.toContain('start-request');
  });

  it('is not given up while our own disk is read to see what is there', () => {
    const machine = machineOf(true);
    connect(machine, alice);
    expect(machine.step({ type: 'tick' }, 10 * TIMEOUT_MS)).toEqual([]);
    expect(typesOf(stage(machine, 4, [], 10 * TIMEOUT_MS))).toEqual(['ask-have']);
  });

  it('is not given up while it waits for a slot, and says that it waits', () => {
    const machine = machineOf(true, 0);
    stage(machine, 4);
    machine.step({ type: 'peer-known', peer: alice }, 0);
    expect(machine.step({ type: 'tick' }, 5 * TIMEOUT_MS)).toContainEqual({
      type: 'waiting',
      reason: 'slot',
    });
  });

  it('names the last failure when nobody could be reached', () => {
    const machine = fetching();
    const error = { code: 'unreachable', message: 'nothing listens there' };
    hear(machine, alice, { type: 'source-failed', error });
    machine.step({ type: 'request-ended', peer: alice, crashed: false }, 1);
    const out = machine.step({ type: 'tick' }, TIMEOUT_MS + 1);
    expect(out.at(-1)).toMatchObject({ type: 'fail', code: 'no-sources' });
    expect(JSON.stringify(out)).toContain('nothing listens there');
  });

  it('counts a chunk once, whoever was faster', () => {
    const machine = fetching();
    hear(machine, alice, stored(0), 1);
    expect(machine.progress(1).doneBytes).toBe(MiB);
    expect(typesOf(hear(machine, alice, stored(0), 2))).not.toContain('chunk-here');
    expect(machine.progress(2)).toMatchObject({ have: 1, doneBytes: MiB });
  });

  it('tells progress at most ten times a second, and once a second when nothing moves', () => {
    const machine = machineOf(true);
    stage(machine, 1000);
    connect(machine, alice);
    hear(machine, alice, { type: 'source-has', ranges: [0, 1000] });
    let told = 0;
    const count = (out: readonly DownloadOut[]) => {
      told += out.filter(({ type }) => type === 'progress').length;
    };
    for (let at = 0; at < 500; at += 1) count(hear(machine, alice, stored(at), 1000 + at * 2));
    expect(told).toBe(10);
    told = 0;
    for (let now = 2000; now < 12_000; now += 250) count(machine.step({ type: 'tick' }, now));
    expect(told).toBeGreaterThanOrEqual(9);
    expect(told).toBeLessThanOrEqual(14);
    expect(machine.progress(12_000).bytesPerSecond).toBeLessThan(100_000_000);
  });
});

describe('a download that is paused', () => {
  it('stops whoever it asked, asks nobody, and is never given up', () => {
    const machine = fetching();
    expect(machine.step({ type: 'pause' }, 1)).toEqual([{ type: 'stop-request', peer: alice }]);
    expect([machine.phase, machine.state]).toEqual(['paused', 'paused']);
    machine.step({ type: 'request-ended', peer: alice, crashed: false }, 2);
    machine.step({ type: 'slots', count: 4 }, 3);
    expect(machine.step({ type: 'peer-known', peer: bob }, 4)).toEqual([]);
    expect(machine.step({ type: 'tick' }, 9 * TIMEOUT_MS)).toEqual([]);
  });

  it('goes on where it was, with all its patience', () => {
    const machine = fetching();
    hear(machine, alice, stored(0), 1);
    machine.step({ type: 'pause' }, 1);
    machine.step({ type: 'request-ended', peer: alice, crashed: false }, 2);
    expect(machine.step({ type: 'resume' }, 9 * TIMEOUT_MS)).toEqual([]);
    const out = machine.step({ type: 'slots', count: 1 }, 9 * TIMEOUT_MS);
    expect(startedIn(out)).toEqual([alice]);
    expect(machine.progress(9 * TIMEOUT_MS)).toMatchObject({ have: 1, chunks: 4 });
    const tick = machine.step({ type: 'tick' }, 10 * TIMEOUT_MS - 1);
    expect(typesOf(tick)).not.toContain('fail');
  });

  it('counts what was on its way, and finishes if that was the last of it', () => {
    const machine = fetching();
    machine.step({ type: 'pause' }, 1);
    for (const index of [0, 1, 2]) {
      expect(typesOf(hear(machine, alice, stored(index), 2))).toContain('chunk-here');
    }
    expect(machine.state).toBe('paused');
    expect(typesOf(hear(machine, alice, stored(3), 3))).toContain('finish');
    expect(machine.phase).toBe('finishing');
  });

  it('while it is staged has what is there, and asks for the rest once it goes on', () => {
    const machine = machineOf(true, 0);
    machine.step({ type: 'pause' }, 0);
    expect(stage(machine, 4, [0, 2])).toEqual([]);
    expect([machine.phase, machine.have.count]).toEqual(['paused', 2]);
    machine.step({ type: 'resume' }, 1);
    machine.step({ type: 'slots', count: 1 }, 1);
    expect(typesOf(connect(machine, alice, 2))).toContain('ask-have');
  });

  it('while its manifest is on the way stages it, and still asks nobody', () => {
    const machine = machineOf(false);
    connect(machine, alice);
    machine.step({ type: 'pause' }, 1);
    expect(hear(machine, alice, { type: 'manifest-stored' }, 2)).toEqual([{ type: 'stage' }]);
    expect([machine.phase, machine.state]).toEqual(['paused', 'paused']);
  });

  it('fails where the disk does, and not once it is being put in its place', () => {
    const machine = fetching();
    machine.step({ type: 'pause' }, 1);
    const error = { code: 'EIO', message: 'broken' };
    expect(machine.step({ type: 'failed', error }, 2).at(-1)).toMatchObject({ type: 'fail' });
    const whole = machineOf(true);
    stage(whole, 1, [0, 1]);
    expect(whole.step({ type: 'pause' }, 1)).toEqual([]);
    expect(whole.phase).toBe('finishing');
  });
});

describe('the state of a download', () => {
  it('is waiting until somebody is connected, and running while only our disk is busy', () => {
    const machine = machineOf(false);
    expect(machine.state).toBe('waiting');
    connect(machine, alice);
    expect(machine.state).toBe('running');
    hear(machine, alice, { type: 'manifest-stored' });
    machine.step({ type: 'request-ended', peer: alice, crashed: false }, 1);
    expect([machine.phase, machine.state]).toEqual(['preparing', 'running']);
    stage(machine, 4);
    expect(machine.state).toBe('waiting');
  });
});
