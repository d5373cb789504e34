/** Reads what a shell has split into words already as a command of the terminal. */
import { P2pError } from '#src/domain/errors.js';
import { type CommandLine, lineOfWords, parseCommandLine } from './command-line.js';

/** People say what they want: nothing in it is an option. */
const SAID: ReadonlySet<string> = new Set(['say', 'away']);

/** @throws P2pError `usage` */
export function commandOf([head = '', ...rest]: readonly string[]): CommandLine {
  const command = head.toLowerCase();
  const parsed = SAID.has(command)
    ? parseCommandLine([command, ...rest].join(' '), false)
    : lineOfWords(command, rest);
  if (parsed.kind === 'command') return parsed.line;
  throw new P2pError('usage', parsed.kind === 'fault' ? parsed.message : 'a command is missing');
}
