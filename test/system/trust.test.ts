/** Whom the user blocks and trusts, by whole peers. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { createNetwork, knows, type Network, seen, type TestPeer } from '#test/support/network.js';

/** Links come in milliseconds, and a second or two after a block; a shared machine gets many times that. */
const PATIENCE_MS = 20_000;

/** Each shares a file of its own: `of peer 0`, and so on. */
const sharing = (home: { readonly name: string; readonly share: string }) =>
  writeFileSync(join(home.share, `of ${home.name}`), Buffer.alloc(300_000, home.name));

const rowsOf = (peer: TestPeer) => peer.peers().map(({ peerId, trust }) => [peerId, trust]);

const heard = (peer: TestPeer, text: string) =>
  peer.heard.until('message', { where: (message) => message.text === text });

const isDown = (peer: TestPeer, other: TestPeer, from = 0) =>
  peer.heard.until('peer-down', { from, where: ({ peerId }) => peerId === other.peerId });

/** Resolves once the one sees the other and what it shares. */
async function meets(peer: TestPeer, other: TestPeer, from = 0): Promise<void> {
  await peer.heard.until('peer-up', { from, where: ({ peerId }) => peerId === other.peerId });
  await seen(peer, `of ${other.name}`);
}

async function three(): Promise<readonly [Network, TestPeer, TestPeer, TestPeer]> {
  const network = await createNetwork(3, undefined, { prepare: sharing });
  const [anna, ben, carl] = network.peers as [TestPeer, TestPeer, TestPeer];
  await knows(anna, [ben, carl]);
  await knows(ben, [anna, carl]);
  await knows(carl, [anna, ben]);
  return [network, anna, ben, carl];
}

describe('a blocked peer', () => {
  it('loses its link, is shown nowhere else, gets and gives nothing, and is back when unblocked', async () => {
    const [, anna, ben, carl] = await three();
    const from = ben.heard.all.length;
    const row = await anna.block(ben.name);
    expect(row).toMatchObject({ peerId: ben.peerId, trust: 'blocked' });
    await Promise.all([isDown(anna, ben), isDown(ben, anna, from)]);
    expect(rowsOf(anna)).toEqual([[carl.peerId, 'known']]);
    const { host, port, name } = row;
    expect(anna.peers({ blocked: true })).toEqual([
      { peerId: ben.peerId, name, host, port, state: 'down', trust: 'blocked' },
    ]);
    expect((await anna.list()).map((one) => one.name)).not.toContain('of peer 1');
    await expect(anna.download('of peer 1', { from: ben.name })).rejects.toThrow();
    await expect(ben.download('of peer 0', { from: anna.name })).rejects.toThrow();
    await expect(ben.add(`${anna.host}:${anna.ports.mesh}`)).rejects.toThrow();
    const fromAnna = anna.heard.all.length;
    expect(await anna.unblock(ben.peerId.slice(0, 12))).toMatchObject({ trust: 'unknown' });
    await meets(anna, ben, fromAnna);
    expect(anna.peers({ blocked: true })).toEqual([]);
    expect(anna.peers().find(({ peerId }) => peerId === ben.peerId)?.trust).toBe('known');
    const { path } = await anna.download('of peer 1');
    expect(path).toContain(anna.home.downloads);
  });

  it('is not heard by whoever blocked it, and by all others', async () => {
    const [, anna, ben, carl] = await three();
    await Promise.all([anna, ben, carl].map((peer) => peer.heard.until('link-up')));
    await anna.block(ben.peerId);
    await isDown(ben, anna);
    await ben.say('of the blocked');
    await heard(carl, 'of the blocked');
    await carl.say('of another');
    await heard(anna, 'of another');
    await ben.say('once more');
    await heard(carl, 'once more');
    await carl.say('the last');
    await heard(anna, 'the last');
    const shown = anna.heard.of('message').map(({ text }) => text);
    expect(shown).toEqual(['of another', 'the last']);
    expect(anna.messages().map(({ text }) => text)).toEqual(shown);
  });

  it('has its messages passed on by whoever blocked it, as others decide for themselves', async () => {
    const [network, anna, ben, carl] = await three();
    await Promise.all([anna, ben, carl].map((peer) => peer.heard.until('link-up')));
    await anna.block(ben.peerId);
    await isDown(ben, anna);
    await ben.say('for everybody');
    await heard(carl, 'for everybody');
    await carl.say('a mark');
    await heard(anna, 'a mark');
    await Promise.all([ben.close(), carl.close()]);
    const late = await network.start(network.home('late'));
    await heard(late, 'for everybody');
    expect(anna.messages().map(({ text }) => text)).toEqual(['a mark']);
  });

  it('stays blocked after a restart, until it is unblocked by the name it had', async () => {
    const [network, anna, ben, carl] = await three();
    await anna.block(`${ben.host}:${ben.ports.mesh}`);
    await anna.close();
    const again = await network.start(anna.home);
    await knows(again, [carl]);
    // Had it been dialled or let in, it would be up as soon as the other.
    await expect(ben.add(`${again.host}:${again.ports.mesh}`)).rejects.toThrow();
    expect(rowsOf(again)).toEqual([[carl.peerId, 'known']]);
    expect(again.peers({ blocked: true })).toMatchObject([
      { peerId: ben.peerId, name: ben.name, trust: 'blocked' },
    ]);
    const from = again.heard.all.length;
    await again.unblock(ben.name);
    expect(again.peers({ blocked: true })).toEqual([]);
    await ben.add(`${again.host}:${again.ports.mesh}`);
    await meets(again, ben, from);
  });

  it('gives nothing more to a download that runs', async () => {
    const network = await createNetwork(2, undefined, {
      settings: { transfer: { timeoutMs: 2000 } },
      prepare: (home, index) => {
        // Too much to be here before the block is: it is made at the first progress.
        if (index === 1) writeFileSync(join(home.share, 'big'), Buffer.alloc(128 << 20, home.name));
      },
    });
    const [anna, ben] = network.peers as [TestPeer, TestPeer];
    await seen(anna, 'big');
    const download = anna.download('big');
    const ended = expect(download).rejects.toMatchObject({ code: 'no-sources' });
    await anna.heard.until('download-progress', { where: ({ have }) => have > 0 });
    await anna.block(ben.peerId);
    await vi.waitFor(() => expect(anna.status().downloads[0]?.sources ?? []).toEqual([]), {
      timeout: PATIENCE_MS,
    });
    await ended;
  });
});

describe('a trusted peer', () => {
  it('is shown so, stays so after a restart, and is only known or unknown again by word', async () => {
    const network = await createNetwork(2);
    const [anna, ben] = network.peers as [TestPeer, TestPeer];
    await knows(anna, [ben]);
    expect(rowsOf(anna)).toEqual([[ben.peerId, 'known']]);
    await anna.trust(ben.name);
    expect(rowsOf(anna)).toEqual([[ben.peerId, 'trusted']]);
    await anna.close();
    const again = await network.start(anna.home);
    await knows(again, [ben]);
    expect(rowsOf(again)).toEqual([[ben.peerId, 'trusted']]);
    await again.forget(ben.name);
    expect(rowsOf(again)).toEqual([[ben.peerId, 'unknown']]);
    expect(again.heard.of('trust-changed')).toMatchObject([
      { peerId: ben.peerId, state: 'unknown' },
    ]);
  });

  it('has another key warned of that comes under its name', async () => {
    const network = await createNetwork(2);
    const [anna, ben] = network.peers as [TestPeer, TestPeer];
    await knows(anna, [ben]);
    await anna.trust(ben.name);
    const impostor = await network.start(network.home('impostor'), { name: ben.name });
    const { message } = await anna.heard.until('notice', {
      where: ({ code }) => code === 'changed-key',
    });
    expect(message).toContain(ben.peerId.slice(0, 8));
    expect(message).toContain(impostor.peerId.slice(0, 8));
    await expect(anna.block(ben.name)).rejects.toMatchObject({
      code: 'ambiguous',
      message: expect.stringContaining(`(${impostor.peerId.slice(0, 8)}) at ${impostor.host}:`),
    });
    expect(anna.peers({ blocked: true })).toEqual([]);
  });
});

it('whoever comes under the name of a peer that was never trusted is no alarm', async () => {
  const network = await createNetwork(2);
  const [anna, ben] = network.peers as [TestPeer, TestPeer];
  await knows(anna, [ben]);
  await knows(anna, [await network.start(network.home('other'), { name: ben.name })]);
  await anna.trust(ben.peerId);
  const third = await network.start(network.home('third'), { name: ben.name });
  const { message } = await anna.heard.until('notice', {
    where: ({ code }) => code === 'changed-key',
  });
  // Of the one who came once the name was trusted.
  expect(message).toContain(third.peerId.slice(0, 8));
  const alarms = anna.heard.of('notice').filter(({ code }) => code === 'changed-key');
  expect(alarms).toHaveLength(1);
});

it.each([
  ['nobody here', 'not-found'],
  ['', 'usage'],
  [5 as unknown as string, 'usage'],
])('nothing is done to a peer called %j', async (word, code) => {
  const { peers } = await createNetwork(1);
  const [anna] = peers as [TestPeer];
  for (const method of ['trust', 'block', 'unblock', 'forget'] as const) {
    await expect(anna[method](word)).rejects.toMatchObject({ code });
  }
  await expect(anna.block(anna.peerId)).rejects.toMatchObject({ code: 'self' });
  const whole = `${'b'.repeat(51)}q`;
  expect(await anna.block(whole.toUpperCase())).toMatchObject({ peerId: whole, trust: 'blocked' });
  await expect(anna.block(whole)).rejects.toMatchObject({ code: 'not-found' });
});
