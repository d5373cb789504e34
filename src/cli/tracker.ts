/** `p2p tracker`: lets peers find each other where announcements do not pass, until it is stopped. */
import { loadSettings } from '#config/load.js';
import { P2pError, toRecord } from '#src/domain/errors.js';
import { unreachable } from '#src/domain/unreachable.js';
import { startTracker, type Tracker } from '#src/peer/network/tracker.js';
import { type CommandLine, parseCommandLine } from './command-line.js';
import { exitCodeOf } from './exit-code.js';
import { jsonLine } from './json-line.js';
import { createLineSplitter } from './line-splitter.js';
import { complain, type ProcessStreams } from './process-streams.js';
import {
  EXIT_ABORTED,
  type SessionEffect,
  type SessionEvent,
  type Signal,
  STARTING,
  step,
} from './session-state.js';
import { type TrackerLine, trackerSentence } from './tracker-lines.js';

export type TrackerCommand = {
  /** As they were typed. */
  readonly flags: Readonly<Record<string, string>>;
  readonly json: boolean;
};

/** Never rejects. @returns the exit code. */
export async function tracker(command: TrackerCommand, streams: ProcessStreams): Promise<number> {
  try {
    return await new TrackerRun(command, streams).run();
  } catch (error) {
    complain(streams.stderr, error);
    return exitCodeOf(error);
  }
}

/** Its settings come from flags and from two variables: what else is set on a machine is set for peers. */
async function started({ flags }: TrackerCommand, { env, cwd }: ProcessStreams): Promise<Tracker> {
  const { P2P_TRACKER_FLAG, P2P_TRACKER_HEARTBEAT_MS } = env;
  const own = { P2P_TRACKER_FLAG, P2P_TRACKER_HEARTBEAT_MS };
  const flagNames = { 'tracker.flag': '--flag' };
  const settings = loadSettings({ flags, flagNames, env: own, cwd });
  const { host, port, data, tracker: common } = settings;
  if (port === 'auto') throw new P2pError('usage', '--port of a tracker is a number');
  return startTracker({ host, port, data, ...common });
}

class TrackerRun {
  readonly #command: TrackerCommand;
  readonly #streams: ProcessStreams;
  #state = STARTING;
  #tracker: Tracker | undefined;
  #ended: (code: number) => void = () => undefined;

  constructor(command: TrackerCommand, streams: ProcessStreams) {
    this.#command = command;
    this.#streams = streams;
  }

  async run(): Promise<number> {
    const { stdin, stdout, stderr, onSignals } = this.#streams;
    const ended = new Promise<number>((resolve) => {
      this.#ended = resolve;
    });
    const stopListening = onSignals((signal) => this.#signalled(signal));
    stdout.on('error', () => this.#feed({ type: 'output-closed' }));
    // Complaints that nobody can read are no reason to fall over.
    stderr.on('error', () => {});
    try {
      const running = await started(this.#command, this.#streams);
      this.#tracker = running;
      const { peerId, host, port, address } = running;
      this.#tell({ type: 'ready', peerId, host, port, address, room: running.status().room });
      running.events.subscribe((news) => this.#tell(news));
      this.#read(stdin);
      // A signal that came while it was starting.
      if (this.#state.phase === 'closing') this.#close(running);
      const exitCode = await ended;
      this.#tell({ type: 'bye', exitCode });
      return exitCode;
    } finally {
      stopListening();
      stdin.destroy?.();
    }
  }

  #signalled(signal: Signal): void {
    if (this.#tracker === undefined && this.#state.phase === 'closing') {
      this.#streams.abort(EXIT_ABORTED[signal]);
    }
    this.#feed({ type: 'signalled', signal });
  }

  #feed(event: SessionEvent): void {
    const { state, effects } = step(this.#state, event);
    this.#state = state;
    for (const effect of effects) this.#carryOut(effect);
  }

  #carryOut(effect: SessionEffect): void {
    switch (effect.type) {
      case 'close':
        if (this.#tracker !== undefined) this.#close(this.#tracker);
        return;
      case 'abort':
        return this.#streams.abort(effect.code);
      case 'await-downloads':
        return this.#feed({ type: 'downloads-ended', failed: false });
      default:
        return unreachable(effect);
    }
  }

  #close(running: Tracker): void {
    running.close().then(() => this.#ended(this.#state.code), this.#ended.bind(this, 70));
  }

  #read(input: ProcessStreams['stdin']): void {
    const splitter = createLineSplitter();
    const take = (lines: ReturnType<typeof splitter.push>) => {
      for (const line of lines) if (line.kind === 'line') this.#take(line.text);
    };
    input.setEncoding('utf8');
    input.on('data', (text: string) => take(splitter.push(text)));
    input.once('end', () => {
      take(splitter.end());
      this.#feed({ type: 'input-ended', exits: input.isTTY === true });
    });
    input.on('error', () => {});
  }

  #take(text: string): void {
    const parsed = parseCommandLine(text, this.#command.json);
    if (parsed.kind === 'nothing' || this.#tracker === undefined) return;
    const ref = parsed.kind === 'fault' ? parsed.ref : parsed.line.ref;
    try {
      if (parsed.kind === 'fault') throw new P2pError('usage', parsed.message);
      this.#obey(parsed.line, this.#tracker);
    } catch (error) {
      this.#tell({ type: 'error', ...toRecord(error), ...(ref !== undefined && { ref }) });
    }
  }

  #obey({ command, ref }: CommandLine, running: Tracker): void {
    const own = ref === undefined ? {} : { ref };
    switch (command) {
      case 'status':
        return this.#tell({ type: 'status', ...running.status(), ...own });
      case 'members':
        return this.#tell({ type: 'members', members: running.members(), ...own });
      case 'exit':
      case 'stop':
        return this.#feed({ type: 'exit-asked' });
      default:
        throw new P2pError(
          'unknown-command',
          `there is no command ${command}; there are status, members and exit`,
        );
    }
  }

  #tell(line: TrackerLine): void {
    const text = this.#command.json ? jsonLine(line) : `${trackerSentence(line)}\n`;
    this.#streams.stdout.write(text);
  }
}
