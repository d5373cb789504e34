/** What the user says of another peer: four commands that differ in what it is afterwards. */
import type { TrustState } from '#src/domain/peers/trust.js';
import { type Command, withRef } from './command.js';

export const trust = command(
  'trust',
  'trusted',
  'prefer it, and warn when its name has another key',
);
export const block = command('block', 'blocked', 'no connection, chunk or message of it any more');
export const unblock = command(
  'unblock',
  'unknown',
  'it may connect again; `peers --blocked` lists',
);
export const forget = command('forget', 'unknown', 'it is neither known nor trusted any more');

function command(
  name: 'trust' | 'block' | 'unblock' | 'forget',
  state: TrustState,
  about: string,
): Command {
  return {
    name,
    usage: `${name} PEER`,
    about,
    subject: 'required',
    async run({ subject = '', ref }, { peer, output, expected }) {
      // Only what the user says leads to one of these states.
      const changed = expected.expect(
        (event) => event.type === 'trust-changed' && event.state === state,
        ref,
      );
      const saying = peer[name](subject);
      // It holds, and is told, before it is written: what comes later is not its answer.
      const isTold = changed.settle();
      const { peerId, name: called } = await saying;
      if (!isTold) {
        output.answer({ type: 'trust-changed', peerId, name: called, state, ...withRef(ref) });
      }
      return 'done';
    },
  };
}
