/** A victim and an honest peer, each a process of its own, with files for the other, and whatever a test throws. */
import { join } from 'node:path';
import type { SettingsInput } from '#config/load.js';
import { MiB } from '#src/domain/limits.js';
import type { Ports } from '#src/domain/ports.js';
import { sha256, writeRandom } from './big-file.js';
import { type Delays, measureDelays } from './delays.js';
import { createNetwork, type Network } from './network.js';
import { startPeerProgram } from './peer-program.js';
import type { Program } from './program.js';

/** A download among attackers on a shared machine. */
const DOWNLOAD_MS = 60_000;

type Side = 'victim' | 'honest';

export type Besieged = {
  readonly program: Program;
  readonly pid: number;
  readonly peerId: string;
  readonly ports: Ports;
  readonly downloads: string;
};

export type Siege = {
  readonly network: Network;
  readonly victim: Besieged;
  readonly honest: Besieged;
  /** Of the victim's threads. */
  readonly delays: Delays;
  /** One downloads the other's next file. @returns how long that took. @throws where the bytes differ. */
  fetch(by: Side): Promise<number>;
};

type SiegeOptions = {
  readonly settings?: SettingsInput;
  /** Of each file. */
  readonly bytes?: number;
  /** Shared by each: one for every time it is fetched from. */
  readonly files?: number;
};

export async function laySiege({
  settings = {},
  bytes = 8 * MiB,
  files = 2,
}: SiegeOptions = {}): Promise<Siege> {
  const network = await createNetwork(0);
  const delays = measureDelays();
  const start = async (side: Side): Promise<Besieged> => {
    const home = network.home(side);
    for (let n = 1; n <= files; n += 1) writeRandom(join(home.share, fileOf(side, n)), bytes);
    const env = side === 'victim' ? delays.env : {};
    const program = await startPeerProgram(network, home, settings, [], { env });
    const { peerId, ports } = await program.heard.until('ready');
    for (let n = 1; n <= files; n += 1)
      await program.heard.until('share-added', { where: ({ name }) => name === fileOf(side, n) });
    return { program, pid: program.child.pid ?? 0, peerId, ports, downloads: home.downloads };
  };
  // What is sent to a shared port's address and not to all goes to who bound it last: the victim.
  const honest = await start('honest');
  const sides = { honest, victim: await start('victim') };
  await sides.victim.program.heard.until('peer-up');
  await sides.honest.program.heard.until('peer-up');
  const fetched = { victim: 0, honest: 0 };
  return {
    network,
    ...sides,
    delays,
    async fetch(by) {
      const from = by === 'victim' ? 'honest' : 'victim';
      fetched[by] += 1;
      const name = fileOf(from, fetched[by]);
      const { program } = sides[by];
      const began = performance.now();
      program.send(`download "${name}"`);
      const done = await program.heard.until('download-completed', {
        withinMs: DOWNLOAD_MS,
        where: (said) => said.name === name,
      });
      const ms = performance.now() - began;
      const print = await sha256(join(network.folder, from, 'share', name));
      if ((await sha256(done.path)) !== print) throw new Error(`${name} arrived wrong`);
      return ms;
    },
  };
}

function fileOf(side: Side, n: number): string {
  return `of the ${side} ${n}.bin`;
}
