/** `p2p ctl COMMAND`: one command of the terminal for a peer that runs, and an exit code. */

import { randomBytes } from 'node:crypto';
import { EXIT } from '#src/domain/errors.js';
import { type ControlClient, controlClient } from '#src/peer/remote/control-client.js';
import { controlOf } from '#src/peer/remote/control-place.js';
import { type CommandedPeer, remotePeer } from '#src/peer/remote/remote-peer.js';
import type { Status } from '#src/peer/rows.js';
import type { Output } from './answer.js';
import type { CommandLine } from './command-line.js';
import { commandOf } from './command-words.js';
import { type Command, checkUsage } from './commands/command.js';
import { help, helpOn } from './commands/help.js';
import { commandNamed } from './commands/named.js';
import { commandsFor } from './commands/table.js';
import { CtlAnswers } from './ctl-answers.js';
import { exitCodeOf } from './exit-code.js';
import { complain, type ProcessStreams } from './process-streams.js';
import { EXIT_ABORTED } from './session-state.js';
import { outputFor, type PeerOptions, settingsOf } from './start.js';

export type CtlOptions = PeerOptions & { readonly words: readonly string[] };

/** What it asked for was not done, and that was told. */
const EXIT_FAILED = 1;

/** Never rejects. @returns the exit code. */
export async function ctl(options: CtlOptions, streams: ProcessStreams): Promise<number> {
  let client: ControlClient | undefined;
  // The command goes on in the peer: only this terminal leaves.
  const stopListening = streams.onSignals((signal) => streams.abort(EXIT_ABORTED[signal]));
  try {
    const settings = settingsOf(options, streams);
    const line = commandOf(options.words);
    if (line.command === help.name)
      return showHelp(line, outputFor(options, settings, streams, undefined));
    const { name } = options.flags;
    const named = typeof name === 'string' ? name : undefined;
    client = controlClient(await controlOf(settings, streams.env, named));
    return await run(line, outputFor(options, settings, streams, undefined), streams, client);
  } catch (error) {
    complain(streams.stderr, error);
    const code = exitCodeOf(error);
    // What a peer that runs says is no trouble of this program's.
    return code !== EXIT.usage && client?.isThere === true ? EXIT_FAILED : code;
  } finally {
    client?.close();
    stopListening();
  }
}

/** No peer is asked for it: none may run, or several. */
function showHelp(line: CommandLine, output: Output): number {
  const commands = commandsFor(true);
  checkUsage(help, line);
  output.tell(helpOn(line, commands));
  output.end();
  return 0;
}

async function run(
  typed: CommandLine,
  output: Output,
  streams: ProcessStreams,
  client: ControlClient,
): Promise<number> {
  const ref = `ctl-${randomBytes(8).toString('hex')}`;
  const line = { ...typed, ref };
  const commands = commandsFor(true);
  const command = commandNamed(line.command, commands);
  checkUsage(command, line);
  const { peerId } = (await client.ask('getStatus', {})) as Status;
  const told = { line, commands, answers: new CtlAnswers(ref, output), client };
  try {
    return await carryOut(command, told, remotePeer(peerId, client.ask), streams);
  } catch (error) {
    throw await client.why(error);
  }
}

type ToldHere = {
  readonly line: CommandLine & { readonly ref: string };
  readonly commands: readonly Command[];
  readonly answers: CtlAnswers;
  readonly client: ControlClient;
};

async function carryOut(
  command: Command,
  { line, commands, answers, client }: ToldHere,
  peer: CommandedPeer,
  { cwd, home }: ProcessStreams,
): Promise<number> {
  // Events name peers by their ids: who they are was told before this terminal came.
  for (const row of await peer.peers()) answers.hear({ type: 'peer-up', ...row });
  await client.events(
    (event) => answers.hear(event),
    () => answers.ended(),
  );
  await client.ask('markEvents', { ref: answers.beginning });
  let isEnding = false;
  const outcome = await command.run(line, {
    peer,
    output: answers,
    // What answers as an event comes with its reference.
    expected: { expect: () => ({ settle: () => false }), answered: () => undefined },
    commands,
    drills: true,
    cwd,
    home,
    exit: () => {
      isEnding = true;
    },
  });
  try {
    if (isEnding) await client.end();
    else await Promise.all([answers.marked(), client.ask('markEvents', { ref: line.ref })]);
  } finally {
    answers.end();
  }
  return outcome === 'failed' || answers.isFailed ? EXIT_FAILED : 0;
}
