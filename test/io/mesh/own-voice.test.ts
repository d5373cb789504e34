import { expect, it } from 'vitest';
import { OwnVoice } from '#src/io/mesh/own-voice.js';
import { openMessage } from '#src/wire/signed-message.js';
import { newIdentity, selfOf } from '#test/support/identities.js';

it('numbers what passes by itself, in an epoch of this life, whatever it says that lasts', async () => {
  const identity = await newIdentity();
  const voice = new OwnVoice(selfOf(identity), identity.credentials);
  const first = openMessage(voice.passing({ kind: 'pulse' }));
  const lasting = { epoch: 7, sequence: 40, sentAt: 1, text: 'hello' };
  expect(openMessage(voice.lasting(lasting))).toMatchObject({
    author: identity.peerId,
    epoch: 7,
    sequence: 40,
    said: { kind: 'say', text: 'hello' },
  });
  const second = openMessage(voice.passing({ kind: 'stop' }));
  expect([first.sequence, second.sequence]).toEqual([1, 2]);
  expect(second.epoch).toBe(first.epoch);
});

it('speaks under the name that the peer has at that moment', async () => {
  const identity = await newIdentity();
  const self = selfOf(identity);
  const voice = new OwnVoice(self, identity.credentials);
  self.name = 'anna';
  expect(openMessage(voice.passing({ kind: 'pulse' })).name).toBe('anna');
  self.name = 'berta';
  expect(openMessage(voice.passing({ kind: 'pulse' })).name).toBe('berta');
});
