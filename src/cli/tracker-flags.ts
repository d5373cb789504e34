/** The flags of `p2p tracker`, and its help text. */
import type { Command } from 'commander';
import type { Given } from './peer-flags.js';
import type { TrackerCommand } from './tracker.js';

const NOTES = `
It shows what to give to peers, as --tracker ID@HOST:PORT; they tell it where
they can be reached, and it tells them of each other. It holds no files and sees
no messages, but learns the address, port and id of every peer.

Commands while it runs, one a line: status   members   exit

Examples:
  p2p tracker
  p2p tracker --port 4000 --flag our-house --json
  p2p start --tracker ID@192.168.1.5:4000 --tracker-flag our-house`;

/** How a flag names its setting. */
const SETTING_OF: Readonly<Record<string, string>> = {
  port: 'port',
  host: 'host',
  flag: 'tracker.flag',
  data: 'data',
};

export function addTracker(program: Command): Command {
  return program
    .command('tracker')
    .description('help peers find each other where broadcast does not carry')
    .option('--port <n>', 'port to listen on (default: 27440)')
    .option('--host <addr>', 'address to listen on; 127.0.0.1: this machine only')
    .option('--flag <word>', 'what peers have to know (or P2P_TRACKER_FLAG)')
    .option('--data <dir>', 'where its identity lies')
    .option('--json', 'one JSON object a line on stdout, for programs')
    .allowExcessArguments(false)
    .addHelpText('after', NOTES);
}

export function trackerCommand(given: Given): TrackerCommand {
  const flags: Record<string, string> = {};
  for (const [flag, setting] of Object.entries(SETTING_OF)) {
    const value = given[flag];
    if (typeof value === 'string') flags[setting] = value;
  }
  return { flags, json: given['json'] === true };
}
