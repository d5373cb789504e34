import { type Command, withRef } from './command.js';

export const say: Command = {
  name: 'say',
  usage: 'say TEXT',
  about: 'say something to everybody in the network',
  subject: 'required',
  async run({ subject = '', ref }, { peer, output, expected }) {
    // Others may say the same at this moment: ours is the next of ours.
    const said = expected.expect(
      (event) => event.type === 'message' && event.from === peer.peerId && event.text === subject,
      ref,
    );
    try {
      const message = await peer.say(subject);
      if (!said.settle()) output.answer({ type: 'message', ...message, ...withRef(ref) });
      return 'done';
    } finally {
      said.settle();
    }
  },
};
