/** What others would send to this peer: shown, taken, turned down. */
import { typedPath } from '#src/cli/typed-path.js';
import { answered, type Command, withRef } from './command.js';

export const offers: Command = {
  name: 'offers',
  usage: 'offers',
  about: 'what others would send to you and waits for your word',
  subject: 'none',
  async run({ ref }, { peer, output }) {
    await answered(peer.offers(), (rows) => {
      output.tell({ type: 'offers', offers: rows, ...withRef(ref) });
    });
    return 'done';
  },
};

export const accept: Command = {
  name: 'accept',
  usage: 'accept N [--to PATH]',
  about: 'fetch what is offered, into the inbox or elsewhere; N is its number in `offers`',
  options: ['--to'],
  subject: 'required',
  async run({ subject = '', options, ref }, context) {
    const to = options.get('--to');
    const place = to === undefined ? {} : { to: typedPath(to, context) };
    await context.peer.accept(subject, { ...place, ...withRef(ref) });
    return 'done';
  },
};

export const reject: Command = {
  name: 'reject',
  usage: 'reject N',
  about: 'turn an offer down; its sender is told',
  subject: 'required',
  async run({ subject = '', ref }, { peer, output }) {
    output.tell({ type: 'offer-rejected', ...(await peer.reject(subject)), ...withRef(ref) });
    return 'done';
  },
};
