/** What a command of the terminal is, and what it may use. */
import type { Output } from '#src/cli/answer.js';
import type { CommandLine } from '#src/cli/command-line.js';
import type { Expected } from '#src/cli/expected.js';
import { P2pError } from '#src/domain/errors.js';
import type { CommandedPeer } from '#src/peer/remote/remote-peer.js';

export type Context = {
  readonly peer: CommandedPeer;
  readonly output: Output;
  readonly expected: Expected;
  /** What paths typed here are relative to, and what `~` is. */
  readonly cwd: string;
  readonly home: string;
  readonly drills: boolean;
  /** The commands there are, for `help`. */
  readonly commands: readonly Command[];
  /** Ends the peer without waiting for anything. */
  exit(ref: string | undefined): void;
};

/** `failed`: a download did not arrive, and has said so itself. */
export type Outcome = 'done' | 'failed';

export type Command = {
  readonly name: string;
  readonly usage: string;
  readonly about: string;
  /** The options it takes, each with one value, but for the flags. */
  readonly options?: readonly string[];
  /** Whether it takes anything after its name. */
  readonly subject: 'none' | 'optional' | 'required';
  /** Rejects with a `P2pError` when it cannot be carried out. */
  run(line: CommandLine, context: Context): Promise<Outcome>;
};

/** `ref` as a field where there is one. */
export function withRef(ref: string | undefined): { readonly ref?: string } {
  return ref === undefined ? {} : { ref };
}

/** Of a peer in this process at once, so that what is asked first is answered first; of one in another, when it has answered. */
export function answered<T>(answer: T | Promise<T>, tell: (answer: T) => void): unknown {
  return answer instanceof Promise ? answer.then(tell) : tell(answer);
}

/** What its usage says between its name and its options. */
function wanted({ name, usage }: Command): string {
  return usage.slice(name.length + 1).replace(/ \[.*/, '');
}

/** @throws {P2pError} `usage`, where the line does not fit the command. */
export function checkUsage(command: Command, line: CommandLine): void {
  for (const option of line.options.keys()) {
    if (command.options?.includes(option) !== true) {
      throw new P2pError('usage', `${command.name} has no ${option}; usage: ${command.usage}`);
    }
  }
  const given = line.subject !== undefined && line.subject !== '';
  if (command.subject === 'required' && !given) {
    throw new P2pError('usage', `${command.name} needs ${wanted(command)} after it`);
  }
  if (command.subject === 'none' && given) {
    throw new P2pError('usage', `${command.name} takes nothing after it; usage: ${command.usage}`);
  }
}
