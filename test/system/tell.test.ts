/** What one peer says to another alone, by whole peers. */
import { describe, expect, it } from 'vitest';
import type { MessageRow } from '#src/peer/rows.js';
import { createNetwork, knows, type Network, type TestPeer } from '#test/support/network.js';

/** Words that a terminal would obey, and that a command line would take for its own. */
const ODD = '--when-back "x" \u001b[31mred\u202e #1';

const heard = (peer: TestPeer, text: string) =>
  peer.heard.until('message', { where: (message) => message.text === text });

const privately = (peer: TestPeer, other: TestPeer) =>
  peer.messages({ with: other.peerId, count: 1000 });

const statesOf = (rows: readonly MessageRow[]) => rows.map(({ text, state }) => [text, state]);

const texts = (peer: TestPeer) => peer.heard.of('message').map(({ text }) => text);

async function three(): Promise<readonly [Network, TestPeer, TestPeer, TestPeer]> {
  const network = await createNetwork(3, undefined, { settings: { drills: true } });
  const [anna, ben, carl] = network.peers as [TestPeer, TestPeer, TestPeer];
  await knows(anna, [ben, carl]);
  await knows(ben, [anna, carl]);
  await knows(carl, [anna, ben]);
  return [network, anna, ben, carl];
}

describe('a private message', () => {
  it('is on the peer it is for, once and as typed, and nowhere else', async () => {
    const [, anna, ben, carl] = await three();
    const sent = await anna.tell(ben.name, ODD);
    const { state, ...received } = sent;
    expect(state).toBe('delivered');
    expect(received).toMatchObject({ from: anna.peerId, to: ben.peerId, text: ODD, private: true });
    expect(await heard(ben, ODD)).toEqual({ type: 'message', ...received });
    const about = { id: sent.id, to: ben.peerId, name: ben.name };
    expect(anna.heard.of('message-delivered')).toEqual([{ type: 'message-delivered', ...about }]);
    await ben.tell(anna.peerId.slice(0, 12), 'back');
    await heard(anna, 'back');
    await carl.tell(`${ben.host}:${ben.ports.mesh}`, 'of a third');
    await heard(ben, 'of a third');
    expect(statesOf(privately(anna, ben))).toEqual([
      [ODD, 'delivered'],
      ['back', undefined],
    ]);
    expect(statesOf(privately(ben, anna))).toEqual([
      [ODD, undefined],
      ['back', 'delivered'],
    ]);
    expect(texts(carl)).toEqual([]);
    expect(texts(ben)).toEqual([ODD, 'of a third']);
    expect([anna, ben, carl].flatMap((peer) => peer.messages())).toEqual([]);
  });

  it('stands among those to everybody in the order in which they came', async () => {
    const [, anna, ben] = await three();
    await anna.say('one');
    await heard(ben, 'one');
    await anna.tell(ben.name, 'two');
    await anna.say('three');
    await heard(ben, 'three');
    await ben.tell(anna.name, 'four');
    const whole = ['one', 'two', 'three', 'four'];
    expect(ben.messages({ all: true }).map(({ text }) => text)).toEqual(whole);
    expect(anna.messages({ all: true, count: 3 }).map(({ text }) => text)).toEqual(whole.slice(1));
    await anna.close();
  });

  it('is not delivered to whoever has gone, and that is told at once', async () => {
    const [, anna, ben] = await three();
    await ben.close();
    await anna.heard.until('peer-down', { where: ({ peerId }) => peerId === ben.peerId });
    await expect(anna.tell(ben.name, 'hello')).rejects.toMatchObject({ code: 'offline' });
    expect(anna.heard.of('message-failed')).toMatchObject([{ to: ben.peerId, code: 'offline' }]);
    expect(statesOf(privately(anna, ben))).toEqual([['hello', 'failed']]);
  });

  it('that may wait is kept over restarts and delivered once the other is back', async () => {
    const [network, anna, ben] = await three();
    await ben.close();
    await anna.heard.until('peer-down', { where: ({ peerId }) => peerId === ben.peerId });
    const { id } = await anna.tell(ben.name, 'first', { whenBack: true });
    await anna.tell(ben.name, 'second', { whenBack: true });
    expect(anna.heard.of('message-waiting')).toHaveLength(2);
    await anna.close();
    const again = await network.start(anna.home);
    expect(statesOf(privately(again, ben))).toEqual([
      ['first', 'waiting'],
      ['second', 'waiting'],
    ]);
    const back = await network.start(ben.home);
    const { to } = await again.heard.until('message-delivered', {
      where: (told) => told.id === id,
    });
    expect(to).toBe(ben.peerId);
    await again.heard.until('message-delivered', { where: (told) => told.id !== id });
    expect(texts(back)).toEqual(['first', 'second']);
    expect(statesOf(privately(again, ben)).map(([, state]) => state)).toEqual([
      'delivered',
      'delivered',
    ]);
  });

  it('that waits is taken back, and does not arrive when the other is back', async () => {
    const [network, anna, ben] = await three();
    await ben.close();
    await anna.heard.until('peer-down', { where: ({ peerId }) => peerId === ben.peerId });
    const { id } = await anna.tell(ben.name, 'first', { whenBack: true });
    await anna.tell(ben.name, 'second', { whenBack: true });
    expect(await anna.untell(id.slice(0, 12), { ref: 'r' })).toMatchObject({ id, state: 'failed' });
    const about = { id, to: ben.peerId, name: ben.name, code: 'cancelled', ref: 'r' };
    expect(anna.heard.of('message-failed')).toMatchObject([about]);
    await expect(anna.untell(id)).rejects.toMatchObject({ code: 'not-found' });
    expect(privately(anna, ben)).toMatchObject([
      { text: 'first', state: 'failed', toName: ben.name },
      { text: 'second', state: 'waiting', toName: ben.name },
    ]);
    const back = await network.start(ben.home);
    await anna.heard.until('message-delivered', { where: ({ to }) => to === ben.peerId });
    expect(texts(back)).toEqual(['second']);
    await expect(anna.untell(5 as unknown as string)).rejects.toMatchObject({ code: 'usage' });
  });

  it('arrives though the threads of the mesh on both sides die meanwhile, and is told once', async () => {
    const [, anna, ben] = await three();
    ben.drill('kill', 'mesh');
    const first = anna.tell(ben.name, 'first', { whenBack: true });
    anna.drill('kill', 'mesh');
    const second = anna.tell(ben.name, 'second', { whenBack: true });
    await Promise.all([first, second, heard(ben, 'first'), heard(ben, 'second')]);
    await anna.heard.until('message-delivered', { where: ({ to }) => to === ben.peerId });
    expect(texts(ben).toSorted()).toEqual(['first', 'second']);
  });

  it('is not taken of a blocked peer, nor told to one', async () => {
    const [, anna, ben] = await three();
    await anna.block(ben.name);
    await ben.heard.until('peer-down', { where: ({ peerId }) => peerId === anna.peerId });
    await expect(ben.tell(anna.name, 'hello')).rejects.toMatchObject({ code: 'offline' });
    await expect(anna.tell(ben.name, 'hello')).rejects.toMatchObject({ code: 'not-found' });
    expect(texts(anna)).toEqual([]);
    expect(anna.messages({ all: true })).toEqual([]);
  });
});

it.each([
  ['nobody here', 'x', 'not-found'],
  ['', 'x', 'usage'],
  [5 as unknown as string, 'x', 'usage'],
  ['aaaa', '', 'usage'],
  ['aaaa', 'x'.repeat(4097), 'usage'],
])('nothing is told to %j that cannot be', async (peer, text, code) => {
  const { peers } = await createNetwork(1);
  const [anna] = peers as [TestPeer];
  await expect(anna.tell(peer, text)).rejects.toMatchObject({
    code: peer === 'aaaa' ? expect.stringMatching(/usage|not-found/) : code,
  });
  expect(() => anna.messages({ with: 'nobody here' })).toThrow();
  expect(anna.messages({ all: true })).toEqual([]);
});
