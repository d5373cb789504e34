import { basename } from 'node:path';
import { typedPath } from '#src/cli/typed-path.js';
import { type Command, withRef } from './command.js';

export const share: Command = {
  name: 'share',
  usage: 'share PATH',
  about: 'share this one file or folder under its own name',
  subject: 'required',
  async run({ subject, ref }, { peer, output, expected, ...place }) {
    const path = typedPath(subject ?? '', place);
    const name = basename(path);
    const added = expected.expect(
      (event) =>
        (event.type === 'share-added' || event.type === 'share-changed') && event.name === name,
      ref,
    );
    try {
      const shared = await peer.share(path);
      // No event comes for what was shared already, and the user still wants an answer.
      if (!added.settle()) output.answer({ type: 'share-added', ...shared, ...withRef(ref) });
      return 'done';
    } finally {
      added.settle();
    }
  },
};
