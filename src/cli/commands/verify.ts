import { type Command, withRef } from './command.js';

/** These have been told as `verify-failed`. */
const TOLD: ReadonlySet<unknown> = new Set(['timed-out', 'refused']);

export const verify: Command = {
  name: 'verify',
  usage: 'verify PEER',
  about: 'show four words here and there; compare them, then trust',
  subject: 'required',
  async run({ subject = '', ref }, { peer }) {
    try {
      await peer.verify(subject, withRef(ref));
    } catch (error) {
      if (!TOLD.has((error as { code?: unknown }).code)) throw error;
    }
    return 'done';
  },
};
