/**
 * One run of `p2p start` after the peer is up: lines from stdin become commands, events become output, and
 * `session-state` decides when it ends. Commands run side by side, so that a long `share` never holds up a
 * `list`; each starts in its turn.
 */
import { P2pError, toRecord } from '#src/domain/errors.js';
import { unreachable } from '#src/domain/unreachable.js';
import type { Peer } from '#src/peer/api.js';
import type { Output } from './answer.js';
import { type CommandLine, parseCommandLine } from './command-line.js';
import { type Context, checkUsage, type Outcome, withRef } from './commands/command.js';
import { commandNamed } from './commands/named.js';
import { commandsFor } from './commands/table.js';
import { createExpected } from './expected.js';
import { createLineSplitter, type Line } from './line-splitter.js';
import {
  type SessionEffect,
  type SessionEvent,
  type Signal,
  STARTING,
  step,
} from './session-state.js';

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

const WAITING = {
  type: 'notice',
  code: 'waiting',
  message: 'input has ended; waiting for running downloads, Ctrl-C ends at once',
} as const;

export function startSession(peer: Peer, options: SessionOptions): Session {
  const { input, output } = options;
  const loop = createLoop(peer, options.abort);
  let byeRef: string | undefined;
  const context: Context = {
    ...options,
    peer,
    expected: createExpected(),
    commands: commandsFor(options.drills),
    exit(ref) {
      byeRef = ref;
      loop.feed({ type: 'exit-asked' });
    },
  };
  tellEvents(peer, context);
  const exits = options.exitOnEof || input.isTTY === true;
  readLines(
    input,
    (line) => take(line, context, loop, options.json),
    () => {
      if (exits && peer.status().downloads.length > 0) output.tell(WAITING);
      loop.feed({ type: 'input-ended', exits });
    },
  );
  const ended = peer.closed.then(async (code) => {
    const exitCode = loop.end(code);
    await loop.answered();
    input.destroy?.();
    output.tell({ type: 'bye', exitCode, ...withRef(byeRef) });
    output.end();
    return exitCode;
  });
  return {
    signal: (signal) => loop.feed({ type: 'signalled', signal }),
    outputClosed: () => loop.feed({ type: 'output-closed' }),
    ended,
  };
}

function tellEvents(peer: Peer, { output, expected }: Context): void {
  // All ports are bound, or there would be no peer; whether its own event can still be heard is its business.
  const { peerId, name, host, ports, private: isPrivate } = peer;
  output.tell({ type: 'ready', peerId, name, host, ports, private: isPrivate });
  peer.events.subscribe((event) => {
    // The session's own last line has the exit code of the process.
    if (event.type === 'ready' || event.type === 'bye') return;
    const answer = expected.answered(event);
    if (answer === undefined) output.tell(event);
    else output.answer(answer);
  });
}

/** The state machine with its effects carried out. */
type Loop = {
  feed(event: SessionEvent): void;
  closing(): boolean;
  /** A command that runs, until it has told its answer. */
  run(command: Promise<Outcome>): void;
  /** Resolves once every command has told its answer: the end of the peer ends each of them. */
  answered(): Promise<unknown>;
  /** @returns the exit code of the process, from the peer's own. */
  end(code: number): number;
};

function createLoop(peer: Peer, abort: (code: number) => void): Loop {
  let state = STARTING;
  const running = new Set<Promise<void>>();

  function feed(event: SessionEvent): void {
    const next = step(state, event);
    state = next.state;
    for (const effect of next.effects) carryOut(effect, { peer, abort, feed });
  }

  return {
    feed,
    closing: () => state.phase === 'closing',
    run(command) {
      feed({ type: 'command-started' });
      const answer = command.then((outcome) => {
        running.delete(answer);
        feed({ type: 'command-ended', failed: outcome === 'failed' });
      });
      running.add(answer);
    },
    answered: () => Promise.all(running),
    end(code) {
      feed({ type: 'peer-ended', code });
      return code === 0 ? state.code : code;
    },
  };
}

type Hands = Pick<Loop, 'feed'> & {
  readonly peer: Peer;
  readonly abort: (code: number) => void;
};

function carryOut(effect: SessionEffect, { peer, abort, feed }: Hands): void {
  switch (effect.type) {
    case 'close':
      void peer.close();
      return;
    case 'abort':
      abort(effect.code);
      return;
    case 'await-downloads':
      void peer.idle().then(({ failed }) => feed({ type: 'downloads-ended', failed: failed > 0 }));
      return;
    default:
      unreachable(effect);
  }
}

function take(line: Line, context: Context, loop: Loop, refs: boolean): void {
  if (loop.closing()) return;
  if (line.kind === 'too-long') {
    tellError(
      new P2pError('usage', 'a line on stdin has more than 64 KiB; it was skipped'),
      undefined,
      context,
    );
    return;
  }
  const parsed = parseCommandLine(line.text, refs);
  if (parsed.kind === 'nothing') return;
  if (parsed.kind === 'fault') {
    tellError(new P2pError('usage', parsed.message), parsed.ref, context);
    return;
  }
  loop.run(outcomeOf(parsed.line, context));
}

async function outcomeOf(line: CommandLine, context: Context): Promise<Outcome> {
  try {
    const command = commandNamed(line.command, context.commands);
    checkUsage(command, line);
    return await command.run(line, context);
  } catch (error) {
    tellError(error, line.ref, context);
    return line.command === 'download' ? 'failed' : 'done';
  }
}

function tellError(error: unknown, ref: string | undefined, { output }: Context): void {
  output.tell({ type: 'error', ...toRecord(error), ...withRef(ref) });
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
