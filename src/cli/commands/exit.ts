import type { Command } from './command.js';

export const exit: Command = {
  name: 'exit',
  usage: 'exit',
  about: 'end without waiting; downloads that began resume later',
  subject: 'none',
  async run({ ref }, context) {
    context.exit(ref);
    return 'done';
  },
};
