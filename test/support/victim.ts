/**
 * A peer as a process of its own that is attacked while it fetches an honest file from an honest peer: afterwards
 * it lives, all of its actors are in their first life, the file is whole, nothing else was written, and what the
 * attack made it hold is free again.
 */
import { join } from 'node:path';
import { expect, vi } from 'vitest';
import type { SettingsInput } from '#config/load.js';
import { MiB } from '#src/domain/limits.js';
import type { Ports } from '#src/domain/ports.js';
import { sha256, writeRandom } from './big-file.js';
import { hangUp } from './hostile-peer.js';
import { createNetwork, type PeerHome } from './network.js';
import { createOracle, type Oracle, resourcesOf } from './oracle.js';
import { startPeerProgram } from './peer-program.js';
import type { Program } from './program.js';
import { rounds } from './rounds.js';

const FILE = 'honest.bin';
/** What the victim itself shares. */
export const OWN = 'own.bin';
const FILE_BYTES = 24 * MiB;

/** What caches, pools and a heap that was never tidied hold beside what was there before. */
const MORE_BYTES = 320 * MiB;
/** Threads of the pool and files of the reader that stay for the next. */
const MORE_HANDLES = 48;

const PATIENCE_MS = 60_000;

/** An attack takes seconds here, many times that on a slow machine, and as long as it takes where all is tried. */
export const ATTACK_MS = rounds({ small: 180_000, full: 3_600_000 });

export type Victim = {
  readonly program: Program;
  readonly peerId: string;
  readonly ports: Ports;
  readonly home: PeerHome;
  readonly oracle: Oracle;
  /** The owner of the honest file. */
  readonly honest: { readonly peerId: string; readonly data: string };
  readonly discoveryPort: number;
  /** Runs the attack during the honest download, then sees that nothing came of it. */
  outlives(attack: () => Promise<void>): Promise<void>;
};

export async function startVictim(settings: SettingsInput = {}): Promise<Victim> {
  const network = await createNetwork(1, undefined, {
    prepare: ({ share }) => void writeRandom(join(share, FILE), FILE_BYTES),
  });
  const [honest] = network.peers;
  if (honest === undefined) throw new Error('nobody is honest');
  const home = network.home('victim');
  writeRandom(join(home.share, OWN), 1 * MiB);
  const program = await startPeerProgram(network, home, {
    transfer: { timeoutMs: 5000 },
    ...settings,
  });
  const { peerId, ports } = await program.heard.until('ready');
  await program.heard.until('share-added', { where: ({ name }) => name === OWN });
  await program.heard.until('peer-up', { where: (up) => up.peerId === honest.peerId });
  const process = pidOf(program);
  const oracle = await createOracle({
    root: network.folder,
    downloads: [home.downloads],
    expected: new Map([[FILE, await sha256(join(honest.home.share, FILE))]]),
    ignored: [home.data, honest.home.data],
  });
  const before = resourcesOf(process);

  async function outlives(attack: () => Promise<void>): Promise<void> {
    program.send(`download ${FILE} #honest`);
    await attack();
    hangUp();
    await program.heard.until('download-completed', {
      where: ({ ref }) => ref === 'honest',
      withinMs: PATIENCE_MS,
    });
    program.send('status #alive');
    await program.heard.until('status', { withinMs: PATIENCE_MS });
    expect(program.heard.of('actor-restarted')).toEqual([]);
    await oracle.checkWhole(home.downloads);
    await vi.waitFor(
      () => {
        const after = resourcesOf(process);
        expect(after.handles).toBeLessThan(before.handles + MORE_HANDLES);
        expect(after.sockets).toBeLessThanOrEqual(before.sockets + 4);
      },
      { timeout: PATIENCE_MS, interval: 100 },
    );
    expect(resourcesOf(process).residentBytes).toBeLessThan(before.residentBytes + MORE_BYTES);
  }
  return {
    program,
    peerId,
    ports,
    home,
    oracle,
    honest: { peerId: honest.peerId, data: honest.home.data },
    discoveryPort: network.discoveryPort,
    outlives,
  };
}

function pidOf({ child }: Program): number {
  if (child.pid === undefined) throw new Error('the victim did not start');
  return child.pid;
}
