import type { Answer } from '#src/cli/answer.js';
import type { CommandLine } from '#src/cli/command-line.js';
import { type Command, withRef } from './command.js';
import { commandNamed } from './named.js';

export const help: Command = {
  name: 'help',
  usage: 'help [COMMAND]',
  about: 'this list, or one command of it',
  subject: 'optional',
  async run(line, { output, commands }) {
    output.tell(helpOn(line, commands));
    return 'done';
  },
};

/** What needs no peer. @throws P2pError `unknown-command` */
export function helpOn(
  { subject, ref }: Pick<CommandLine, 'subject' | 'ref'>,
  commands: readonly Command[],
): Extract<Answer, { type: 'help' }> & { readonly ref?: string } {
  const asked = subject === undefined ? commands : [commandNamed(subject.toLowerCase(), commands)];
  const rows = asked.map(({ usage, about }) => ({ usage, about }));
  return { type: 'help', commands: rows, ...withRef(ref) };
}
