/** What is said to everybody, by whole peers. */
import { describe, expect, it } from 'vitest';
import type { MessageRow } from '#src/peer/rows.js';
import { createNetwork, type TestPeer } from '#test/support/network.js';

const texts = (peer: TestPeer) => peer.messages(1000).map(({ text }) => text);

const heard = (peer: TestPeer, text: string) =>
  peer.heard.until('message', { where: (message) => message.text === text });

/** Resolves once each has a neighbour. */
const linked = (peers: readonly TestPeer[]) =>
  Promise.all(peers.map((peer) => peer.heard.until('link-up')));

describe('what is said to everybody', () => {
  it('is on every other peer once, with who said it, and with the one who said it', async () => {
    const { peers } = await createNetwork(6);
    await linked(peers);
    const [anna, ben] = peers as [TestPeer, TestPeer];
    const said: readonly MessageRow[] = [
      await anna.say('hello'),
      await ben.say('\u001b[31mred\u202e\u0007'),
      await anna.say('"quoted" --text #1'),
    ];
    for (const peer of peers) {
      for (const message of said) {
        expect(await heard(peer, message.text)).toEqual({ type: 'message', ...message });
      }
    }
    expect(said.map(({ from, name }) => [from, name])).toEqual([
      [anna.peerId, anna.name],
      [ben.peerId, ben.name],
      [anna.peerId, anna.name],
    ]);
    for (const peer of peers) {
      expect(peer.heard.of('message')).toHaveLength(said.length);
      expect(texts(peer).toSorted()).toEqual(said.map(({ text }) => text).toSorted());
    }
  });

  it('comes to whoever was away, in order, and nothing comes twice after restarts', async () => {
    const network = await createNetwork(2);
    const [anna, ben] = network.peers as [TestPeer, TestPeer];
    await linked([anna, ben]);
    await anna.say('one');
    await heard(ben, 'one');
    await ben.close();
    for (const text of ['two', 'three', 'four']) await anna.say(text);
    const again = await network.start(ben.home);
    await heard(again, 'four');
    expect(again.heard.of('message').map(({ text }) => text)).toEqual(['two', 'three', 'four']);
    expect(texts(again)).toEqual(['one', 'two', 'three', 'four']);
    await again.say('five');
    await heard(anna, 'five');
    await anna.close();
    const third = await network.start(anna.home);
    await third.heard.until('link-up');
    await again.say('six');
    await heard(third, 'six');
    expect(third.heard.of('message').map(({ text }) => text)).toEqual(['six']);
    expect(texts(third)).toEqual(['one', 'two', 'three', 'four', 'five', 'six']);
  });

  it('goes on after the thread of the mesh died, and is not told again', async () => {
    const { peers } = await createNetwork(2, undefined, { settings: { drills: true } });
    const [anna, ben] = peers as [TestPeer, TestPeer];
    await linked(peers);
    await anna.say('before');
    await heard(ben, 'before');
    const from = ben.heard.all.length;
    ben.drill('kill', 'mesh');
    await ben.heard.until('link-up', { from });
    await anna.say('after');
    await heard(ben, 'after');
    await ben.say('mine');
    await heard(anna, 'mine');
    expect(ben.heard.of('message').map(({ text }) => text)).toEqual(['before', 'after', 'mine']);
  });

  it.each([
    ['nothing', ''],
    ['half a character', 'a\ud800'],
    ['more than 4 KiB', 'x'.repeat(4097)],
    ['no text', 5 as unknown as string],
  ])('is refused with one sentence where it is %s', async (_, text) => {
    const { peers } = await createNetwork(1);
    const [anna] = peers as [TestPeer];
    await expect(anna.say(text)).rejects.toMatchObject({ code: 'usage' });
    expect(anna.messages()).toEqual([]);
  });
});
