/** Words that two peers show alike, by whole peers. */
import { expect, it } from 'vitest';
import { createNetwork, knows, type TestPeer } from '#test/support/network.js';

it('both sides show the same words, and who asked', async () => {
  const network = await createNetwork(2);
  const [anna, ben] = network.peers as [TestPeer, TestPeer];
  await Promise.all([knows(anna, [ben]), knows(ben, [anna])]);
  const { words, peerId } = await anna.verify(ben.name, { ref: 'r1' });
  expect(peerId).toBe(ben.peerId);
  expect(words).toHaveLength(4);
  const shown = await ben.heard.until('verify');
  expect(shown).toEqual({
    type: 'verify',
    peerId: anna.peerId,
    name: anna.name,
    words,
    asked: false,
  });
  expect(anna.heard.of('verify')).toMatchObject([{ peerId: ben.peerId, asked: true, ref: 'r1' }]);
  // Ben may ask back at once: his user did.
  const back = await ben.verify(anna.peerId);
  expect(back.words).not.toEqual(words);
  await anna.heard.until('verify', { where: ({ asked }) => !asked });
  // Anna's second round comes sooner than anybody can compare.
  await expect(anna.verify(ben.name)).rejects.toMatchObject({
    code: 'refused',
    message: 'it compares no more words for now: try again in 15 s',
  });
  expect(anna.heard.of('verify-failed')).toMatchObject([{ code: 'busy', failures: 1 }]);
  await ben.close();
  await anna.heard.until('peer-down');
  await expect(anna.verify(ben.name)).rejects.toMatchObject({ code: 'offline' });
  await expect(anna.verify('nobody')).rejects.toMatchObject({ code: 'not-found' });
});
