import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { Identity } from '#src/io/identity.js';
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
import { laySiege } from '#test/support/siege.js';

/** On each of the four ports. */
const CALLS = rounds({ small: 40, full: 1000 });
const AT_ONCE = 32;
/** One after the other. */
const HELLOS = rounds({ small: 300, full: 10_000 });
const IDENTITIES = 8;
const PATIENCE_MS = 600_000;

type Stage = { readonly name: string; readonly call: Call };
type Call = (port: number, role: Role, nth: number) => Promise<Socket | Hand>;

function stages(hello: Buffer, identities: readonly Identity[]): readonly Stage[] {
  const identity = (nth: number) => {
    const one = identities[nth % identities.length];
    if (one === undefined) throw new Error('nobody calls');
    return one;
  };
  const saying = (words: () => Buffer) => async (port: number) => {
    const socket = await callPort(port);
    socket.write(words());
    return socket;
  };
  return [
    { name: 'silence', call: callPort },
    { name: 'a client hello and silence', call: saying(() => hello) },
    { name: 'bytes at random', call: saying(() => randomBytes(300)) },
    {
      name: 'one byte a second',
      call: async (port) => {
        const socket = await callPort(port);
        saySlowly(socket, hello);
        return socket;
      },
    },
    { name: 'TLS and silence', call: (port, _, nth) => knock(port, identity(nth)) },
    {
      name: 'a hello and silence',
      call: (port, role, nth) => introduce(port, role, identity(nth)),
    },
  ];
}

describe('a peer whose ports are flooded with connections', () => {
  it(
    'that get nowhere, in every stage of it, fetches and serves, and has forgotten them afterwards',
    async () => {
      const identities = await Promise.all(Array.from({ length: IDENTITIES }, newIdentity));
      const all = stages(await clientHello(), identities);
      const siege = await laySiege(all.length);
      const { mesh, transfer, distributor, receiver } = siege.victim.ports;
      const ports = [
        [mesh, 'link'],
        [transfer, 'transfer'],
        [distributor, 'status'],
        [receiver, 'give'],
      ] as const;
      for (const { name, call } of all) {
        await siege.endures(name, async () => {
          const held: (Socket | Hand)[] = [];
          const dial = ([port, role]: readonly [number, Role]) =>
            callAll(CALLS, AT_ONCE, async (nth) => {
              // Whoever is one too many is hung up on, in the middle of whatever he says.
              await call(port, role, nth).then(
                (line) => held.push(line),
                () => undefined,
              );
            });
          await Promise.all(ports.map(dial));
          for (const line of held) if ('destroy' in line) line.destroy();
          for (const line of held) if ('stopReading' in line) line.end();
        });
      }
      await siege.recovers();
    },
    PATIENCE_MS,
  );

  it(
    'that begin with a broken client hello goes on in the same process, with as many handles',
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
