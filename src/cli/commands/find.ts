import { type Command, withRef } from './command.js';

export const find: Command = {
  name: 'find',
  usage: 'find NAME|ID',
  about: 'who has it, in the whole network',
  subject: 'required',
  async run({ subject = '', ref }, { peer, output }) {
    const contents = await peer.find(subject);
    output.tell({ type: 'find', contents, ...withRef(ref) });
    return 'done';
  },
};
