/** A peer of a test's network as a process of its own, which can be killed without anybody being asked. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SettingsInput } from '#config/load.js';
import type { Network, PeerHome } from './network.js';
import { type Program, type ProgramOptions, startProgram } from './program.js';

/** Starts `p2p start` with the folders of `home`; `args` are added, `settings` put in place of the network's. */
export async function startPeerProgram(
  network: Network,
  home: PeerHome,
  settings: SettingsInput = {},
  args: readonly string[] = [],
  options: ProgramOptions = {},
): Promise<Program> {
  const config = join(home.data, '..', 'peer.json');
  writeFileSync(config, JSON.stringify({ ...(await network.settings(home)), ...settings }));
  return startProgram(['start', '--config', config, '--json', ...args], options);
}
