import { type Command, withRef } from './command.js';

export const help: Command = {
  name: 'help',
  usage: 'help',
  about: 'this list',
  subject: 'optional',
  async run({ ref }, { output, commands }) {
    const rows = commands.map(({ usage, about }) => ({ usage, about }));
    output.tell({ type: 'help', commands: rows, ...withRef(ref) });
    return 'done';
  },
};
