import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { setTimeout as passed } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { MiB } from '#src/domain/limits.js';
import {
  atBase,
  createJudgedNetwork,
  ended,
  fetched,
  leave,
  offered,
  pidOf,
} from '#test/support/judged-network.js';
import { resourcesOf } from '#test/support/oracle.js';
import { startPeerProgram } from '#test/support/peer-program.js';
import { HOST } from '#test/support/places.js';

vi.setConfig({ testTimeout: 120_000 });

/** A clock tick of /proc/PID/stat on every Linux there is. */
const TICK_MS = 10;

/** After so long the crowd is let in or refused, which costs something once. */
const SETTLED_MS = 500;

/** How long it is watched, and how much of one processor a peer may use that can do nothing. */
const WATCHED_MS = 2000;
const MOST_SHARE = 0.2;

/** A peer at rest has 60 open, the first 40 from its start to its end. */
const FEWER = 40;
const ENOUGH = 1024;

const limited = (handles: number) => ['sh', '-c', `ulimit -n ${handles}; exec "$@"`, 'sh'] as const;

/** Processor time of a process in milliseconds. */
function usedMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // Behind the name in brackets; user and system time are the 14th and 15th field of all.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

async function crowd(ports: readonly number[], count: number): Promise<readonly Socket[]> {
  const sockets = Array.from({ length: count }, (_, at) =>
    connect(ports[at % ports.length] ?? 0, HOST),
  );
  for (const socket of sockets) socket.on('error', () => {}).resume();
  await Promise.all(
    sockets.map(
      (socket) => new Promise((resolve) => socket.once('connect', resolve).once('close', resolve)),
    ),
  );
  return sockets;
}

/** Changes what a running process may have open; what it has open already it keeps. Its hard limit stays. */
function limitTo(pid: number, handles: number): void {
  execFileSync('prlimit', ['--pid', String(pid), `--nofile=${handles}:`]);
}

describe('a peer with few handles', () => {
  it('does not start with 64, and says in one line why', async () => {
    const judged = await createJudgedNetwork(['poor']);
    const peer = await startPeerProgram(judged.network, judged.home('poor'), {}, [], {
      before: limited(64),
    });
    expect(await peer.exit).toEqual({ code: 70, signal: null });
    expect(peer.stderr()).toMatch(/^p2p: [^\n]*64 files and sockets[^\n]*ulimit -n[^\n]*\n$/);
    await judged.oracle.check();
  });

  it('starts where 64 is only what is usual and more is allowed', async () => {
    const judged = await createJudgedNetwork(['modest']);
    const before = ['sh', '-c', 'ulimit -S -n 64; exec "$@"', 'sh'] as const;
    await leave(await judged.start(judged.home('modest'), { options: { before } }));
  });

  it('loses nothing where it may suddenly have fewer than it has, and goes on once it may', async () => {
    const judged = await createJudgedNetwork(['owner', 'asker'], {
      transfer: { timeoutMs: 3000 },
    });
    const owner = await judged.start(judged.home('owner'));
    const asker = await judged.start(judged.home('asker'));
    for (const name of ['warm-up', 'film of asker', 'film of owner']) {
      await judged.film(owner.home, name, 16 * MiB);
      await offered(asker, name);
    }
    asker.send('download warm-up');
    await ended(asker, 'warm-up');
    const bases = [owner, asker].map((peer) => resourcesOf(pidOf(peer)));
    for (const poor of [asker, owner]) {
      const film = `film of ${poor.home.name}`;
      const from = asker.heard.all.length;
      limitTo(pidOf(poor), FEWER);
      asker.send(`download "${film}"`);
      const first = await ended(asker, film, from);
      // Whoever fetches needs some; whoever gives may have a free one left for it.
      if (poor === asker) expect(first).toMatchObject({ message: expect.stringMatching('EMFILE') });
      limitTo(pidOf(poor), ENOUGH);
      const again = asker.heard.all.length;
      asker.send(`download "${film}"`);
      expect(await ended(asker, film, again)).toMatchObject({ type: 'download-completed' });
      await judged.oracle.check();
    }
    await judged.oracle.checkWhole(asker.home.downloads);
    await atBase(owner, bases[0] ?? resourcesOf(0));
    await atBase(asker, bases[1] ?? resourcesOf(0));
    await Promise.all([leave(asker), leave(owner)]);
  });

  it('does not spin where strangers want them all, and serves once these have gone (libuv #690, Bee #2399)', async () => {
    const judged = await createJudgedNetwork(['poor', 'asker']);
    const home = judged.home('poor');
    const poor = await judged.start(home, { options: { before: limited(128) } });
    const { ports } = await poor.heard.until('ready');
    const { discovery: _, ...listening } = ports;
    await judged.film(home, 'film', 4 * MiB);
    await poor.heard.until('share-added');
    const before = resourcesOf(pidOf(poor));
    const sockets = await crowd(Object.values(listening), 200);
    await passed(SETTLED_MS);
    const began = usedMs(pidOf(poor));
    const beganAt = performance.now();
    await passed(WATCHED_MS);
    const share = (usedMs(pidOf(poor)) - began) / (performance.now() - beganAt);
    const { handles } = resourcesOf(pidOf(poor));
    console.info(
      `${before.handles} handles, ${handles} in the crowd; ${(share * 100).toFixed(1)} %`,
    );
    expect(share).toBeLessThan(MOST_SHARE);
    for (const socket of sockets) socket.destroy();
    const asker = await judged.start(judged.home('asker'));
    await fetched(asker, 'film');
    await judged.oracle.checkWhole(asker.home.downloads);
    expect(poor.heard.of('actor-restarted')).toEqual([]);
    await atBase(poor, before);
    await Promise.all([leave(asker), leave(poor)]);
  });
});
