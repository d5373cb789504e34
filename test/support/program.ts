/** `bin/p2p` as a user's script runs it: a child process, lines in, JSON lines out, an exit code. */
import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import type { Line } from '#src/cli/answer.js';
import { createWitness, type Witness } from './witness.js';

const BIN = fileURLToPath(new URL('../../../bin/p2p', import.meta.url));

type Exit = { readonly code: number | null; readonly signal: NodeJS.Signals | null };

export type Program = {
  readonly child: ChildProcess;
  /** Every line on stdout that is a JSON object. */
  readonly heard: Witness<Line>;
  /** Every line on stdout, as it came. */
  readonly lines: readonly string[];
  /** What came on stderr so far. */
  stderr(): string;
  send(...lines: readonly string[]): void;
  /** Ends its input. */
  end(): void;
  /** Resolves when it has ended and all it said was read. */
  readonly exit: Promise<Exit>;
};

export type ProgramOptions = {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** What to run it with: `setpriv ...`, for one. */
  readonly before?: readonly string[];
  /** With a channel to it, for what was loaded before it. */
  readonly hasChannel?: boolean;
};

/** Starts `bin/p2p` with these arguments; killed after the test if it still runs. */
export function startProgram(args: readonly string[], options: ProgramOptions = {}): Program {
  const [file, ...rest] = [...(options.before ?? []), process.execPath, BIN];
  if (file === undefined) throw new Error('there is nothing to start');
  const child = spawn(file, [...rest, ...args], {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: options.hasChannel === true ? ['pipe', 'pipe', 'pipe', 'ipc'] : 'pipe',
  }) as ChildProcessWithoutNullStreams;
  const heard = createWitness<Line>(`p2p ${args[0] ?? ''} (${child.pid ?? 'not started'})`);
  const lines: string[] = [];
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints += text;
  });
  // A program that has ended takes no more lines: the test sees that by its exit.
  child.stdin.on('error', () => {});
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
    const said = parsed(line);
    if (said !== undefined) heard.hear(said);
  });
  const exit = new Promise<Exit>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      heard.end(`before it ended with ${code ?? signal}; it complained: ${complaints}`);
      resolve({ code, signal });
    });
  });
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await exit;
  });
  return {
    child,
    heard,
    lines,
    stderr: () => complaints,
    send: (...words) => void child.stdin.write(words.map((word) => `${word}\n`).join('')),
    end: () => void child.stdin.end(),
    exit,
  };
}

/** @returns nothing where the line is no JSON object: the human output says such. */
function parsed(line: string): Line | undefined {
  return line.startsWith('{') ? (JSON.parse(line) as Line) : undefined;
}
