import { P2pError } from '#src/domain/errors.js';
import { answered, type Command, withRef } from './command.js';

export const history: Command = {
  name: 'history',
  usage: 'history [PEER|--all] [-n COUNT]',
  about: 'what was said lately to everybody, with one peer alone, or all of it',
  options: ['-n', '--all'],
  subject: 'optional',
  async run({ subject, options, ref }, { peer, output }) {
    const count = countOf(options.get('-n'));
    const all = options.has('--all');
    if (all && subject !== undefined) {
      throw new P2pError('usage', 'history shows one peer or all: leave out PEER or --all');
    }
    const wanted = {
      all,
      ...(subject === undefined ? {} : { with: subject }),
      ...(count === undefined ? {} : { count }),
    };
    await answered(peer.messages(wanted), (messages) => {
      output.tell({ type: 'history', messages, ...withRef(ref) });
    });
    return 'done';
  },
};

function countOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,5}$/.test(text)) return Number(text);
  throw new P2pError('usage', `-n takes how many messages to show, 0 to 99999, not ${text}`);
}
