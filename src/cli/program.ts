/** The command line itself: flags, help texts, and one line for whatever is wrong with them. */
import { Command, CommanderError } from 'commander';
import { EXIT, P2pError } from '#src/domain/errors.js';
import { nearest } from '#src/domain/nearest.js';
import type { CtlOptions } from './ctl.js';
import { addCtl, ctlOptions } from './ctl-flags.js';
import type { DemoOptions } from './demo.js';
import {
  addGet,
  addReceive,
  addSend,
  getOptions,
  receiveOptions,
  sendOptions,
} from './oneshot-flags.js';
import type { GetOptions } from './oneshot-get.js';
import type { ReceiveOptions } from './oneshot-receive.js';
import type { SendOptions } from './oneshot-send.js';
import { addStart, type Given, startOptions } from './peer-flags.js';
import { complain, type ProcessStreams } from './process-streams.js';
import type { StartOptions } from './start.js';
import type { TrackerCommand } from './tracker.js';
import { addTracker, trackerCommand } from './tracker-flags.js';
import { addUdpReceive, addUdpSend, udpOptions } from './udp-flags.js';
import type { UdpReceiveOptions } from './udp-receive.js';
import type { UdpSendOptions } from './udp-send.js';

export type Actions = {
  readonly version: string;
  start(options: StartOptions, streams: ProcessStreams): Promise<number>;
  send(options: SendOptions, streams: ProcessStreams): Promise<number>;
  receive(options: ReceiveOptions, streams: ProcessStreams): Promise<number>;
  get(options: GetOptions, streams: ProcessStreams): Promise<number>;
  ctl(options: CtlOptions, streams: ProcessStreams): Promise<number>;
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
  p2p send film.mkv --to kitchen    send it to a peer that runs, and end
  p2p receive --once                wait for one file or folder, and end
  p2p get film.mkv                  fetch what a peer shares, and end

\`p2p help start\` lists the flags, docs/settings.md every setting.`;

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
  addOneshots(program, actions, streams, ended);
  addCtl(program).action(async (words: readonly string[], given: Given) => {
    ended(await actions.ctl(ctlOptions(words, given), streams));
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

function addOneshots(
  program: Command,
  actions: Actions,
  streams: ProcessStreams,
  ended: (code: number) => void,
): void {
  addSend(program).action(async (paths: readonly string[], given: Given) => {
    ended(await actions.send(sendOptions(paths, given), streams));
  });
  addReceive(program).action(async (given: Given) => {
    ended(await actions.receive(receiveOptions(given), streams));
  });
  addGet(program).action(async (what: string, given: Given) => {
    ended(await actions.get(getOptions(what, given), streams));
  });
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
    .enablePositionalOptions()
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
