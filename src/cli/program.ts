/** The command line itself: flags, help texts, and one line for whatever is wrong with them. */
import { Command, CommanderError } from 'commander';
import type { Flags } from '#config/load.js';
import { EXIT, P2pError } from '#src/domain/errors.js';
import { nearest } from '#src/domain/nearest.js';
import type { DemoOptions } from './demo.js';
import { complain, type ProcessStreams } from './process-streams.js';
import type { StartOptions } from './start.js';
import { START_NOTES } from './start-notes.js';
import type { TrackerCommand } from './tracker.js';
import { addTracker, trackerCommand } from './tracker-flags.js';
import { addUdpReceive, addUdpSend, type Given, udpOptions } from './udp-flags.js';
import type { UdpReceiveOptions } from './udp-receive.js';
import type { UdpSendOptions } from './udp-send.js';

export type Actions = {
  readonly version: string;
  start(options: StartOptions, streams: ProcessStreams): Promise<number>;
  demo(options: DemoOptions, streams: ProcessStreams): Promise<number>;
  keygen(file: string | undefined, streams: ProcessStreams): Promise<number>;
  tracker(command: TrackerCommand, streams: ProcessStreams): Promise<number>;
  udpSend(options: UdpSendOptions, streams: ProcessStreams): Promise<number>;
  udpReceive(options: UdpReceiveOptions, streams: ProcessStreams): Promise<number>;
};

/** One line a paragraph: they are folded to the terminal's width. */
const ABOUT = [
  'Share files with the machines around you: no server, no set-up, every chunk proven.',
  'Start one on each machine; they find each other. Then type commands: `list` shows what there is, `download NAME` fetches it from everyone who has a piece.',
].join('\n\n');

const EXAMPLES = `
Examples:
  p2p demo                          see it work, on this machine alone
  p2p start --share ~/Public        share everything in a folder
  p2p start --peer 192.168.1.5:27460
  echo 'download film.mkv' | p2p start --exit-on-eof

\`p2p help start\` lists the flags, docs/settings.md every setting.`;

/** How a flag of `start` names its setting; the rest is about the terminal alone. */
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
  logLevel: 'logLevel',
};

/** Never rejects. @param argv what follows the program's name. @returns the exit code. */
export async function runProgram(
  argv: readonly string[],
  actions: Actions,
  streams: ProcessStreams,
): Promise<number> {
  let code = 0;
  const program = programFor(actions, streams, (ended) => {
    code = ended;
  });
  try {
    if (argv.length === 0) program.outputHelp();
    else await program.parseAsync([...argv], { from: 'user' });
    return code;
  } catch (error) {
    // Help and version end by throwing too, with 0.
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    complain(
      streams.stderr,
      error instanceof CommanderError ? plain(error, program, argv[0]) : error,
    );
    return error instanceof CommanderError || error instanceof P2pError
      ? EXIT.usage
      : EXIT.software;
  }
}

function programFor(
  actions: Actions,
  streams: ProcessStreams,
  ended: (code: number) => void,
): Command {
  const program = emptyProgram(actions.version, streams);
  addStart(program).action(async (given: Given) => {
    ended(await actions.start(startOptions(given), streams));
  });
  addDemo(program).action(async (given: Given) => {
    ended(await actions.demo({ keep: given['keep'] === true }, streams));
  });
  addKeygen(program).action(async (file: string | undefined) => {
    ended(await actions.keygen(file, streams));
  });
  addTracker(program).action(async (given: Given) => {
    ended(await actions.tracker(trackerCommand(given), streams));
  });
  addUdpSend(program).action(async (file: string, to: string, given: Given) => {
    ended(await actions.udpSend({ file, to, ...udpOptions(given) }, streams));
  });
  addUdpReceive(program).action(async (port: string, given: Given) => {
    const options = { port, ...udpOptions(given), yes: given['yes'] === true };
    const { to, host } = given as { readonly to: string; readonly host: string };
    ended(await actions.udpReceive({ ...options, to, host }, streams));
  });
  program
    .command('help [command]')
    .description('show help, for one command if it is named')
    .action((name: string | undefined) => helpFor(program, name));
  return program;
}

function addDemo(program: Command): Command {
  return program
    .command('demo')
    .description('four peers on this machine: a file spreads and is fetched from three at once')
    .option('--keep', 'keep the folder with the fetched files')
    .allowExcessArguments(false);
}

function addKeygen(program: Command): Command {
  return program
    .command('keygen [file]')
    .description('make a key for a private network: print it, or write it to a new file')
    .allowExcessArguments(false);
}

function emptyProgram(version: string, { stdout }: ProcessStreams): Command {
  return new Command('p2p')
    .description(ABOUT)
    .version(version, '--version', 'show the version')
    .helpOption('-h, --help', 'show this help')
    .helpCommand(false)
    .addHelpText('after', EXAMPLES)
    .showSuggestionAfterError(true)
    .configureHelp({ subcommandTerm: termOf })
    .exitOverride()
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      // Everything wrong is told by `complain`, in one line.
      writeErr: () => {},
      getOutHelpWidth: () => Math.min(80, stdout.columns ?? 80),
    });
}

/** That each has options goes without saying, and leaves their descriptions room on 80 columns. */
function termOf(command: Command): string {
  const given = command.registeredArguments.map((argument) =>
    argument.required ? `<${argument.name()}>` : `[${argument.name()}]`,
  );
  return [command.name(), ...given].join(' ');
}

function addStart(program: Command): Command {
  const all = (value: string, before: readonly string[] = []): readonly string[] => [
    ...before,
    value,
  ];
  return program
    .command('start')
    .description('start a peer; it takes commands on stdin until `exit`')
    .option('--config <file>', 'settings from a JSON file')
    .option('--port <n>', 'first of its four ports, or auto (default: first free from 27460)')
    .option('--discovery-port <n>', 'UDP port where peers find each other (default: 27450)')
    .option('--host <addr>', 'address to listen on; 127.0.0.1: this machine only')
    .option('--name <name>', "name shown to others (default: the host's)")
    .option('--share <path>', 'share a file, or everything in a folder; repeatable', all)
    .option(
      '--downloads <dir>',
      'where downloads go (default: downloads in --data if given, else ~/p2p-downloads)',
    )
    .option('--data <dir>', 'where identity and index lie')
    .option('--peer <host:port>', 'dial this peer as well; repeatable', all)
    .option('--tracker <[id@]host:port>', 'register with this tracker; repeatable', all)
    .option('--tracker-flag <word>', 'the word that the trackers were started with')
    .option('--json', 'one JSON object a line on stdout, for programs')
    .option('--exit-on-eof', 'at the end of input wait for downloads, then end')
    .option('--drills', 'allow `drill kill|hang ACTOR`')
    .option('--no-color', 'no colours')
    .option('--log-level <level>', 'silent, error, warn, info or debug (default: info)')
    .allowExcessArguments(false)
    .addHelpText('after', START_NOTES);
}

function startOptions(given: Given): StartOptions {
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
    exitOnEof: given['exitOnEof'] === true,
    color: given['color'] !== false,
  };
}

function helpFor(program: Command, name: string | undefined): void {
  if (name === undefined) {
    program.outputHelp();
    return;
  }
  const names = program.commands.map((command) => command.name());
  const command = program.commands.find((each) => each.name() === name.toLowerCase());
  if (command === undefined) {
    const meant = nearest(name, names);
    throw new P2pError(
      'usage',
      `there is no command ${name}; ${meant === undefined ? `there are ${names.join(', ')}` : `did you mean ${meant}?`}`,
    );
  }
  command.outputHelp();
}

/** commander's sentence without its prefix, its suggestion in the same line, and where help is. */
function plain(error: CommanderError, program: Command, first: string | undefined): P2pError {
  const sentence = error.message
    .replace(/^error: /, '')
    .replaceAll(/\s*\n\s*/g, ' ')
    .replace(/\.$/, '');
  const isCommand = program.commands.some((command) => command.name() === first);
  return new P2pError('usage', `${sentence}; see \`p2p ${isCommand ? `${first} ` : ''}--help\``);
}
