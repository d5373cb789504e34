import { type Command, withRef } from './command.js';

export const unshare: Command = {
  name: 'unshare',
  usage: 'unshare NAME|ID',
  about: 'stop sharing it; the file itself stays',
  subject: 'required',
  async run({ subject = '', ref }, { peer, output, expected }) {
    const removed = expected.expect(
      (event) =>
        event.type === 'share-removed' && (event.name === subject || event.id.startsWith(subject)),
      ref,
    );
    try {
      const share = await peer.unshare(subject);
      if (!removed.settle()) output.answer({ type: 'share-removed', ...share, ...withRef(ref) });
      return 'done';
    } finally {
      removed.settle();
    }
  },
};
