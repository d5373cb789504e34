/** `p2p start`: settings, peer, session, exit code. */
import { type Flags, loadSettings, type Settings } from '#config/load.js';
import { toRecord } from '#src/domain/errors.js';
import type { Output } from './answer.js';
import { exitCodeOf } from './exit-code.js';
import { createHumanOutput } from './human-output.js';
import { createJsonOutput } from './json-output.js';
import { canRedraw, complain, type ProcessStreams, wantsColor } from './process-streams.js';
import { type Session, type SessionOptions, startSession } from './session.js';
import type { Signal } from './session-state.js';

/** What every command has that starts a peer. */
export type PeerOptions = {
  readonly config?: string | undefined;
  readonly flags: Flags;
  readonly json: boolean;
  readonly color: boolean;
};

export type StartOptions = PeerOptions & { readonly exitOnEof: boolean };

/** Never rejects. @returns the exit code. */
export async function start(options: StartOptions, streams: ProcessStreams): Promise<number> {
  try {
    return await run(options, settingsOf(options, streams), streams);
  } catch (error) {
    complain(streams.stderr, error);
    return exitCodeOf(error);
  }
}

/** @throws P2pError `usage`, `config` */
export function settingsOf(
  { config: file, flags }: PeerOptions,
  { env, cwd }: Pick<ProcessStreams, 'env' | 'cwd'>,
): Settings {
  return loadSettings({ file, flags, env, cwd });
}

async function run(
  options: StartOptions,
  settings: Settings,
  streams: ProcessStreams,
): Promise<number> {
  let session: Session | undefined;
  // What comes while the peer is still starting is done as soon as it has.
  let early: Signal | undefined;
  let outputGone = false;
  const stopListening = streams.onSignals((signal) => {
    if (session !== undefined) session.signal(signal);
    else if (early === undefined) early = signal;
    else streams.abort(signal === 'SIGINT' ? 130 : 143);
  });
  streams.stdout.on('error', (error) => {
    // A reader who has gone is no trouble; a full disk is, and the exit code alone would hide it.
    if (toRecord(error).code !== 'EPIPE') complain(streams.stderr, error);
    outputGone = true;
    session?.outputClosed();
  });
  // Complaints that nobody can read are no reason to fall over.
  streams.stderr.on('error', () => {});
  try {
    const peer = await streams.createPeer(settings);
    session = startSession(peer, sessionOptions(options, settings, streams));
    if (early !== undefined) session.signal(early);
    if (outputGone) session.outputClosed();
    return await session.ended;
  } finally {
    stopListening();
  }
}

function sessionOptions(
  options: StartOptions,
  settings: Settings,
  streams: ProcessStreams,
): SessionOptions {
  return {
    input: streams.stdin,
    output: outputFor(options, settings, streams, streams.stdin),
    json: options.json,
    exitOnEof: options.exitOnEof,
    drills: settings.drills,
    cwd: streams.cwd,
    home: streams.home,
    abort: streams.abort,
  };
}

/** @param input where lines are typed while it tells something; undefined where none are read. */
export function outputFor(
  options: PeerOptions,
  settings: Settings,
  { stdout, stderr, env }: ProcessStreams,
  input: ProcessStreams['stdin'] | undefined,
): Output {
  const level = settings.logLevel;
  if (options.json) return createJsonOutput(stdout, level);
  return createHumanOutput({
    stdout,
    stderr,
    level,
    typed: input?.isTTY === true ? input : undefined,
    redraws: canRedraw(stdout, env),
    color: wantsColor(stdout, env, options.color),
  });
}
