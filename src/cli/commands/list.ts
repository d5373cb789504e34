import { type Command, withRef } from './command.js';

export const list: Command = {
  name: 'list',
  usage: 'list [FILTER]',
  about: 'what is shared here and by others; FILTER: part of name',
  subject: 'optional',
  async run({ subject, ref }, { peer, output }) {
    const shares = await peer.list(subject);
    output.tell({ type: 'list', shares, ...withRef(ref) });
    return 'done';
  },
};
