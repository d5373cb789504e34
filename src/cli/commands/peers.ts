import { type Command, withRef } from './command.js';

export const peers: Command = {
  name: 'peers',
  usage: 'peers',
  about: 'the peers this one knows, and where they are',
  subject: 'none',
  async run({ ref }, { peer, output }) {
    output.tell({ type: 'peers', peers: peer.peers(), ...withRef(ref) });
    return 'done';
  },
};
