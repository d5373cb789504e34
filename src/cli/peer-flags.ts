/** The flags of `start`, and those of them that every command has that starts a peer. */
import type { Command } from 'commander';
import type { Flags } from '#config/load.js';
import type { PeerOptions, StartOptions } from './start.js';
import { START_NOTES } from './start-notes.js';

/** Flags as they are given, of any command. */
export type Given = Readonly<Record<string, string | readonly string[] | boolean>>;

/** How a flag names its setting; the rest is about the terminal alone. */
const SETTING_OF: Readonly<Record<string, string>> = {
  port: 'port',
  discoveryPort: 'discovery.port',
  host: 'host',
  name: 'name',
  share: 'share',
  downloads: 'downloads.folder',
  data: 'data',
  peer: 'peers',
  tracker: 'trackers',
  trackerFlag: 'tracker.flag',
  drills: 'drills',
  ui: 'ui.enabled',
  logLevel: 'logLevel',
  accept: 'inbox.accept',
};

export function addStart(program: Command): Command {
  const command = program
    .command('start')
    .description('start a peer; it takes commands on stdin until `exit`')
    .option('--share <path>', 'share a file, or everything in a folder; repeatable', all)
    .option(
      '--downloads <dir>',
      'where downloads go (default: downloads in --data if given, else ~/p2p-downloads)',
    )
    .option('--exit-on-eof', 'at the end of input wait for downloads, then end')
    .option('--ui', 'serve a page on this machine, and print its address')
    .option('--drills', 'allow `drill kill|hang ACTOR`')
    .allowExcessArguments(false)
    .addHelpText('after', START_NOTES);
  return addPeerFlags(command);
}

export function addPeerFlags(command: Command): Command {
  return command
    .option('--config <file>', 'settings from a JSON file')
    .option('--port <n>', 'first of its four ports, or auto (default: first free from 27460)')
    .option('--discovery-port <n>', 'UDP port where peers find each other (default: 27450)')
    .option('--host <addr>', 'address to listen on; 127.0.0.1: this machine only')
    .option('--name <name>', "name shown to others (default: the host's)")
    .option('--data <dir>', 'where identity and index lie')
    .option('--peer <host:port>', 'dial this peer as well; repeatable', all)
    .option('--tracker <[id@]host:port>', 'register with this tracker; repeatable', all)
    .option('--tracker-flag <word>', 'the word that the trackers were started with')
    .option('--json', 'one JSON object a line on stdout, for programs')
    .option('--no-color', 'no colours')
    .option('--log-level <level>', 'silent, error, warn, info or debug (default: info)');
}

export function startOptions(given: Given): StartOptions {
  return { ...peerOptions(given), exitOnEof: given['exitOnEof'] === true };
}

export function peerOptions(given: Given): PeerOptions {
  const flags: Record<string, Flags[string]> = {};
  for (const [flag, setting] of Object.entries(SETTING_OF)) {
    const value = given[flag];
    if (value !== undefined && value !== false) flags[setting] = value;
  }
  const config = given['config'];
  return {
    config: typeof config === 'string' ? config : undefined,
    flags,
    json: given['json'] === true,
    color: given['color'] !== false,
  };
}

export function all(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}
