import { answered, type Command, withRef } from './command.js';

export const peers: Command = {
  name: 'peers',
  usage: 'peers [--blocked]',
  about:
    'the peers this one knows, where they are and whether you trust them; or those you blocked',
  options: ['--blocked'],
  subject: 'none',
  async run({ ref, options }, { peer, output }) {
    const blocked = options.has('--blocked');
    const what = blocked ? ({ blocked } as const) : {};
    await answered(peer.peers({ blocked }), (rows) => {
      output.tell({ type: 'peers', peers: rows, ...what, ...withRef(ref) });
    });
    return 'done';
  },
};
