import { existsSync } from 'node:fs';
import type { CommandLine } from '#src/cli/command-line.js';
import { typedPath } from '#src/cli/typed-path.js';
import { P2pError } from '#src/domain/errors.js';
import { printable } from '#src/domain/printable.js';
import type { SendTo } from '#src/peer/api.js';
import { type Command, type Context, withRef } from './command.js';

export const send: Command = {
  name: 'send',
  usage: 'send PATH... --to PEER|--all [--exclude PATTERN]... [--when-back]',
  about: 'offer files or folders to one peer, now or once he is back, or to all',
  options: ['--to', '--all', '--exclude', '--when-back'],
  subject: 'required',
  async run(line, context) {
    const options = optionsOf(line);
    await context.peer.send(pathsOf(line, context), options);
    return 'done';
  },
};

function optionsOf({ options, ref }: CommandLine): SendTo {
  const to = options.get('--to');
  if ((to === undefined) !== options.has('--all')) {
    throw new P2pError('usage', 'send needs --to PEER or --all, one of them');
  }
  const whenBack = options.has('--when-back');
  const exclude = options.get('--exclude')?.split('\n');
  const quoted = exclude?.find((pattern) => /^'.*'$/.test(pattern));
  if (quoted !== undefined) {
    // As a shell has it: here it would be a pattern with quotes in it, which leaves nothing out.
    const bare = printable(quoted.slice(1, -1));
    throw new P2pError('usage', `no shell reads this line: say --exclude ${bare}, without quotes`);
  }
  const whom = to === undefined ? {} : { to };
  return { ...whom, ...(exclude && { exclude }), whenBack, ...withRef(ref) };
}

/** One path with spaces in it, where that is there; else each word is one, and all of them are one offer. */
function pathsOf({ subject = '', words }: CommandLine, context: Context): readonly string[] {
  const whole = typedPath(subject, context);
  return existsSync(whole) ? [whole] : words.map((word) => typedPath(word, context));
}
