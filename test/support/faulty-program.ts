/** A peer as a process of its own whose file operations fail when the test says so. */
import { once } from 'node:events';
import type { SettingsInput } from '#config/load.js';
import type { Fault, Outcome } from './faulty-files.js';
import type { Network, PeerHome } from './network.js';
import { startPeerProgram } from './peer-program.js';
import type { Program } from './program.js';

export type FaultyProgram = Program & {
  /** One operation fails from now on, as `breakFiles`. */
  breakFiles(fault: Fault): Promise<void>;
  mendFiles(): Promise<Outcome>;
};

const PRELOAD = new URL('./faulty-files.js', import.meta.url).href;

export async function startFaultyPeer(
  network: Network,
  home: PeerHome,
  settings: SettingsInput = {},
): Promise<FaultyProgram> {
  const env = { NODE_OPTIONS: `--import ${PRELOAD}`, P2P_TEST_FAULTY_FILES: 'yes' };
  const program = await startPeerProgram(network, home, settings, [], { env, hasChannel: true });
  const ask = async (message: Fault | 'mend'): Promise<unknown> => {
    const answer = once(program.child, 'message');
    program.child.send(message);
    const [said] = await answer;
    return said;
  };
  return {
    ...program,
    breakFiles: async (fault) => void (await ask(fault)),
    mendFiles: async () => (await ask('mend')) as Outcome,
  };
}
