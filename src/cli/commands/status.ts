import { answered, type Command, withRef } from './command.js';

export const status: Command = {
  name: 'status',
  usage: 'status',
  about: 'downloads, what is served, links, trackers, and how the threads are',
  subject: 'none',
  async run({ ref }, { peer, output }) {
    await answered(peer.status(), (now) => {
      output.tell({ type: 'status', ...now, ...withRef(ref) });
    });
    return 'done';
  },
};
