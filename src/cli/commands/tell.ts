import { P2pError } from '#src/domain/errors.js';
import type { TellFailure } from '#src/peer/events.js';
import { type Command, withRef } from './command.js';

/** These have been told as `message-failed`; anything else could not even begin. */
const TOLD: Readonly<Record<TellFailure, true>> = {
  offline: true,
  'timed-out': true,
  full: true,
  refused: true,
  expired: true,
  closed: true,
  cancelled: true,
};

export const tell: Command = {
  name: 'tell',
  usage: 'tell PEER [--when-back] TEXT | tell --cancel ID',
  about: 'say it to one peer alone, now or once he is back; or take back what waits',
  options: ['--when-back', '--cancel'],
  subject: 'required',
  async run({ words, options, ref }, { peer }) {
    const cancelled = options.get('--cancel');
    if (cancelled !== undefined) {
      if (cancelled === '') {
        const where = '`history --all` shows it';
        throw new P2pError('usage', `tell --cancel needs the id of a message after it: ${where}`);
      }
      await peer.untell(cancelled, withRef(ref));
      return 'done';
    }
    const [who = '', text] = words;
    if (text === undefined) throw new P2pError('usage', 'tell needs a peer and a text after it');
    try {
      await peer.tell(who, text, { whenBack: options.has('--when-back'), ...withRef(ref) });
      return 'done';
    } catch (error) {
      const code = (error as { code?: unknown }).code;
      if (typeof code === 'string' && Object.hasOwn(TOLD, code)) return 'done';
      throw error;
    }
  },
};
