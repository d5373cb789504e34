import { type Command, withRef } from './command.js';
import { commandNamed } from './named.js';

export const help: Command = {
  name: 'help',
  usage: 'help [COMMAND]',
  about: 'this list, or one command of it',
  subject: 'optional',
  async run({ subject, ref }, { output, commands }) {
    const asked =
      subject === undefined ? commands : [commandNamed(subject.toLowerCase(), commands)];
    const rows = asked.map(({ usage, about }) => ({ usage, about }));
    output.tell({ type: 'help', commands: rows, ...withRef(ref) });
    return 'done';
  },
};
