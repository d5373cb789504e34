/** The flags of `ctl`, and its help text. */
import type { Command } from 'commander';
import type { CtlOptions } from './ctl.js';
import { type Given, peerOptions } from './peer-flags.js';

const NOTES = `
COMMAND is any that \`p2p start\` takes on its input: \`p2p ctl help\` lists them.
Flags of ctl itself come before it. It ends with 0 once that is done, with 1
where it could not be and said why, 64 where nothing of that name is known or
the command is wrong, 69 where no peer runs. Ctrl-C leaves the peer at it.
After \`exit\` and \`stop\` that peer has ended, and can be started again at once.

Examples:
  p2p ctl list
  p2p ctl download film.mkv
  p2p ctl --port 27464 --json transfers`;

export function addCtl(program: Command): Command {
  return program
    .command('ctl <command...>')
    .description('give a command to a peer that runs on this machine')
    .option('--port <n>', 'the first port of that peer, where several run')
    .option('--name <name>', 'or its name')
    .option('--data <dir>', 'the data folder it was started with')
    .option('--config <file>', 'the settings it was started with')
    .option('--json', 'one JSON object a line on stdout, for programs')
    .option('--no-color', 'no colours')
    .option('--log-level <level>', 'silent, error, warn, info or debug (default: info)')
    .passThroughOptions()
    .addHelpText('after', NOTES);
}

export function ctlOptions(words: readonly string[], given: Given): CtlOptions {
  return { ...peerOptions(given), words };
}
