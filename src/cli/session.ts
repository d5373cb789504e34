/**
 * One run of `p2p start` after the peer is up: lines from stdin become commands, events become output, and
 * `session-state` decides when it ends. Commands run side by side, so that a long `share` never holds up a
 * `list`; each starts in its turn.
 */
import { P2pError, toRecord } from '#src/domain/errors.js';
import type { Peer } from '#src/peer/api.js';
import type { Output } from './answer.js';
import { type CommandLine, parseCommandLine } from './command-line.js';
import { type Context, checkUsage, type Outcome, withRef } from './commands/command.js';
import { commandNamed, commandsFor } from './commands/table.js';
import { createExpected } from './expected.js';
import { createLineSplitter, type Line } from './line-splitter.js';
import { type SessionEvent, type Signal, STARTING, step } from './session-state.js';

export type SessionOptions = {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean; destroy?(): unknown };
  readonly output: Output;
  readonly json: boolean;
  readonly exitOnEof: boolean;
  readonly drills: boolean;
  readonly cwd: string;
  readonly home: string;
  /** Ends the process now. */
  readonly abort: (code: number) => void;
};

export type Session = {
  signal(signal: Signal): void;
  /** Stdout takes nothing any more. */
  outputClosed(): void;
  /** Resolves with the exit code once the peer has ended and the last line is told. */
  readonly ended: Promise<number>;
};

export function startSession(peer: Peer, options: SessionOptions): Session {
  const { input, output } = options;
  const expected = createExpected();
  const commands = commandsFor(options.drills);
  let state = STARTING;
  let byeRef: string | undefined;

  const context: Context = {
    peer,
    output,
    expected,
    commands,
    cwd: options.cwd,
    home: options.home,
    drills: options.drills,
    exit(ref) {
      byeRef = ref;
      feed({ type: 'exit-asked' });
    },
  };

  function feed(event: SessionEvent): void {
    const next = step(state, event);
    state = next.state;
    for (const effect of next.effects) {
      if (effect.type === 'close') void peer.close();
      else if (effect.type === 'abort') options.abort(effect.code);
      else
        void peer
          .idle()
          .then(({ failed }) => feed({ type: 'downloads-ended', failed: failed > 0 }));
    }
  }

  function fault(error: unknown, ref: string | undefined): void {
    // What is still running when the peer closes fails for that reason, which nobody has to be told.
    if (state.phase === 'closing') return;
    output.tell({ type: 'error', ...toRecord(error), ...withRef(ref) });
  }

  async function outcomeOf(line: CommandLine): Promise<Outcome> {
    try {
      const command = commandNamed(line.command, commands);
      checkUsage(command, line);
      return await command.run(line, context);
    } catch (error) {
      fault(error, line.ref);
      return line.command === 'download' ? 'failed' : 'done';
    }
  }

  function take(line: Line): void {
    if (state.phase === 'closing') return;
    if (line.kind === 'too-long') {
      fault(
        new P2pError('usage', 'a line on stdin has more than 64 KiB; it was skipped'),
        undefined,
      );
      return;
    }
    const parsed = parseCommandLine(line.text, options.json);
    if (parsed.kind === 'nothing') return;
    if (parsed.kind === 'fault') {
      fault(new P2pError('usage', parsed.message), parsed.ref);
      return;
    }
    feed({ type: 'command-started' });
    void outcomeOf(parsed.line).then((outcome) =>
      feed({ type: 'command-ended', failed: outcome === 'failed' }),
    );
  }

  const exits = options.exitOnEof || input.isTTY === true;
  readLines(input, take, () => feed({ type: 'input-ended', exits }));
  peer.events.subscribe((event) => {
    // The session's own last line has the exit code of the process.
    if (event.type !== 'bye') output.tell(expected.answered(event));
  });

  const ended = peer.closed.then((code) => {
    feed({ type: 'peer-ended', code });
    input.destroy?.();
    const exitCode = code === 0 ? state.code : code;
    output.tell({ type: 'bye', exitCode, ...withRef(byeRef) });
    output.end();
    return exitCode;
  });
  return {
    signal: (signal) => feed({ type: 'signalled', signal }),
    outputClosed: () => feed({ type: 'output-closed' }),
    ended,
  };
}

/** An input that breaks has ended: there is nothing else to be had from it. */
function readLines(
  input: SessionOptions['input'],
  take: (line: Line) => void,
  end: () => void,
): void {
  const splitter = createLineSplitter();
  let over = false;
  const finish = (): void => {
    if (over) return;
    over = true;
    for (const line of splitter.end()) take(line);
    end();
  };
  input.setEncoding('utf8');
  input.on('data', (text: string) => {
    for (const line of splitter.push(text)) take(line);
  });
  input.once('end', finish);
  input.once('close', finish);
  input.on('error', finish);
}
