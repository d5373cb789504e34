import { expect, it } from 'vitest';
import { passingIdentity } from '#src/io/disk/identity.js';
import { askBase } from '#src/io/tracker/base-asking.js';
import { startHostilePeer } from '#test/support/hostile-peer.js';
import { HOST } from '#test/support/places.js';

it.each([
  { said: 'a goodbye', message: { type: 'bye' }, code: 'refused' },
  {
    said: 'another answer',
    message: { type: 'tracker', message: { type: 'alive' } },
    code: 'protocol',
  },
] as const)(
  'a tracker that answers with $said is told of by its code',
  async ({ message, code }) => {
    const { base, identity } = await startHostilePeer({ answer: (hand) => hand.send(message) });
    const tracker = { host: HOST, port: base, peerId: identity.peerId };
    const question = {
      flag: '',
      from: 27_460,
      known: undefined,
      identity: await passingIdentity(),
    };
    await expect(askBase(tracker, question)).rejects.toMatchObject({ name: 'P2pError', code });
  },
);
