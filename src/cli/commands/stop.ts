import type { Command } from './command.js';

export const stop: Command = {
  name: 'stop',
  usage: 'stop [--network]',
  about: 'end this peer as `exit` does; or ask every peer of a private network to end',
  options: ['--network'],
  subject: 'none',
  async run({ ref, options }, context) {
    if (options.has('--network')) await context.peer.stopNetwork();
    context.exit(ref);
    return 'done';
  },
};
