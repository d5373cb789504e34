import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Identity } from '#src/io/disk/identity.js';
import type { Role } from '#src/wire/hello.js';
import {
  callAll,
  callPort,
  clientHello,
  garbageHello,
  hungUp,
  saySlowly,
} from '#test/support/callers.js';
import { type Hand, introduce, knock } from '#test/support/hostile-peer.js';
import { newIdentity } from '#test/support/identities.js';
import { resourcesOf } from '#test/support/oracle.js';
import { rounds } from '#test/support/rounds.js';
import { type End, laySiege } from '#test/support/siege.js';

/** On each of the four ports. */
const CALLS = rounds({ small: 40, full: 1000 });
const AT_ONCE = 32;
/** What a slow line says before others call: fewer seconds than it may take to prove itself. */
const DRIPS = rounds({ small: 2, full: 8 });
/** Lines that say that much, at the least: a quarter of those that are let in. */
const SLOW_LINES = 40;
/** Whoever was hung up on has called again by then. */
const AGAIN_MS = 1000;
/** One after the other. */
const HELLOS = rounds({ small: 300, full: 100_000 });
const IDENTITIES = 8;
const PATIENCE_MS = 600_000;

const SAID_ALL = Promise.resolve();

type Stage = { readonly name: string; readonly call: Call };
type Call = (port: number, role: Role, nth: number) => Promise<Line>;
type Line = {
  readonly closed: Promise<void>;
  /** Resolves once it has said what it is held for, or is hung up on. */
  readonly talked: Promise<void>;
  end(): void;
};
type Door = readonly [port: number, role: Role];

/** @param slow counts the lines that have dripped for long enough. */
function stages(
  hello: Buffer,
  identities: readonly Identity[],
  slow: { lines: number },
): readonly Stage[] {
  const identity = (nth: number) => {
    const one = identities[nth % identities.length];
    if (one === undefined) throw new Error('nobody calls');
    return one;
  };
  const saying = (words: () => Buffer) => async (port: number) => {
    const socket = await callPort(port);
    socket.write(words());
    return lineOf(socket);
  };
  return [
    { name: 'silence', call: async (port) => lineOf(await callPort(port)) },
    { name: 'a client hello and silence', call: saying(() => hello) },
    { name: 'bytes at random', call: saying(() => randomBytes(300)) },
    {
      name: 'one byte a second',
      call: async (port) => {
        const socket = await callPort(port);
        const line = lineOf(socket);
        const said = new Promise<void>((resolve) => {
          saySlowly(socket, hello, (bytes) => {
            if (bytes !== DRIPS) return;
            slow.lines += 1;
            resolve();
          });
        });
        return { ...line, talked: Promise.race([said, line.closed]) };
      },
    },
    {
      name: 'TLS and silence',
      call: async (port, _, nth) => lineTo(await knock(port, identity(nth))),
    },
    {
      name: 'a hello and silence',
      call: async (port, role, nth) => lineTo(await introduce(port, role, identity(nth))),
    },
  ];
}

function lineOf(socket: Socket): Line {
  return { closed: hungUp(socket), talked: SAID_ALL, end: () => void socket.destroy() };
}

function lineTo(hand: Hand): Line {
  return { closed: hand.closed, talked: SAID_ALL, end: () => hand.end() };
}

/** Calls on every port, so often on each, and holds every line that is not hung up on. */
function createCrowd(doors: readonly Door[], call: Call) {
  const held = new Set<Line>();
  const dial = ([port, role]: Door) =>
    callAll(CALLS, AT_ONCE, async (nth) => {
      // Whoever is one too many is hung up on, in the middle of whatever he says.
      const line = await call(port, role, nth).catch(() => undefined);
      if (line === undefined) return;
      held.add(line);
      void line.closed.then(() => held.delete(line));
    });
  return {
    call: async () => void (await Promise.all(doors.map(dial))),
    talked: async () => void (await Promise.all(Array.from(held, ({ talked }) => talked))),
    leave() {
      for (const line of held) line.end();
    },
  };
}

function wait({ come }: End): Promise<void> {
  return Promise.race([come, sleep(AGAIN_MS)]);
}

describe('a peer whose ports are flooded with connections', () => {
  it(
    'that get nowhere, in every stage of it, fetches and serves, and forgets them (CVE-2024-37890, CVE-2018-12122, CVE-2020-26164)',
    async () => {
      const identities = await Promise.all(Array.from({ length: IDENTITIES }, newIdentity));
      const slow = { lines: 0 };
      const all = stages(await clientHello(), identities, slow);
      const siege = await laySiege(all.length + 1);
      await siege.endures('nothing', () => Promise.resolve());
      const { mesh, transfer, distributor, receiver } = siege.victim.ports;
      const doors: readonly Door[] = [
        [mesh, 'link'],
        [transfer, 'transfer'],
        [distributor, 'status'],
        [receiver, 'give'],
      ];
      for (const { name, call } of all) {
        const crowd = createCrowd(doors, call);
        // The house is full of them before anybody fetches.
        await crowd.call();
        await siege.endures(name, async (end) => {
          do {
            await crowd.talked();
            await Promise.all([crowd.call(), wait(end)]);
          } while (!end.isHere());
          crowd.leave();
        });
      }
      expect(slow.lines).toBeGreaterThan(SLOW_LINES);
      await siege.recovers();
    },
    PATIENCE_MS,
  );

  it(
    'that begin with a broken client hello goes on, with as many handles (CVE-2026-21637, CVE-2025-59465)',
    async () => {
      const siege = await laySiege(1);
      const hello = await clientHello();
      const { pid, ports } = siege.victim;
      await siege.endures('broken client hellos', async () => {
        for (let n = 0; n < HELLOS; n += 1) {
          const socket = await callPort([ports.mesh, ports.transfer][n % 2] ?? 0);
          socket.write(garbageHello(hello));
          await hungUp(socket);
        }
      });
      expect(resourcesOf(pid).sockets).toBeLessThan(40);
      await siege.recovers();
    },
    PATIENCE_MS,
  );
});
