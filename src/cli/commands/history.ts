import { P2pError } from '#src/domain/errors.js';
import { type Command, withRef } from './command.js';

export const history: Command = {
  name: 'history',
  usage: 'history [-n COUNT]',
  about: 'what was said to everybody lately',
  options: ['-n'],
  subject: 'none',
  async run({ options, ref }, { peer, output }) {
    const count = countOf(options.get('-n'));
    output.tell({ type: 'history', messages: peer.messages(count), ...withRef(ref) });
    return 'done';
  },
};

function countOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,5}$/.test(text)) return Number(text);
  throw new P2pError('usage', `-n takes how many messages to show, not ${text}`);
}
