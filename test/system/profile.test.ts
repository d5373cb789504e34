/** What peers call themselves and whether their users are there, by whole peers. */
import { expect, it, vi } from 'vitest';
import { createNetwork, knows, type TestPeer } from '#test/support/network.js';

/** Links come in milliseconds; a shared machine gets many times that. */
const PATIENCE_MS = 20_000;

const changed = (peer: TestPeer, other: TestPeer, name: string, status: string) =>
  peer.heard.until('peer-changed', {
    where: (event) =>
      event.peerId === other.peerId && event.name === name && event.status === status,
  });

const rowOf = (peer: TestPeer, other: TestPeer) =>
  peer.peers().find(({ peerId }) => peerId === other.peerId);

it('a new name holds for those linked at once, for later ones, in messages, and at later starts', async () => {
  const network = await createNetwork(2);
  const [anna, ben] = network.peers as [TestPeer, TestPeer];
  await Promise.all([knows(anna, [ben]), knows(ben, [anna])]);
  expect(await anna.rename('Anna B.')).toEqual({ name: 'Anna B.', status: '' });
  await changed(ben, anna, 'Anna B.', '');
  expect(rowOf(ben, anna)?.name).toBe('Anna B.');
  expect(ben.status().links).toMatchObject([{ peerId: anna.peerId, name: 'Anna B.' }]);
  expect(anna.status().name).toBe('Anna B.');
  await ben.tell('Anna B.', 'hello');
  expect((await anna.tell(ben.name, 'back')).name).toBe('Anna B.');
  const carl = await network.start(network.home('carl'));
  const { name } = await carl.heard.until('peer-up', {
    where: ({ peerId }) => peerId === anna.peerId,
  });
  expect(name).toBe('Anna B.');
  await anna.say('to all');
  await ben.heard.until('message', { where: (said) => said.name === 'Anna B.' && !said.private });
  await anna.close();
  const { name: _, ...unnamed } = await network.settings(anna.home);
  const again = await network.start(anna.home, { ...unnamed, name: null });
  expect(again.name).toBe('Anna B.');
  await again.close();
  const named = await network.start(anna.home, { name: 'by setting' });
  expect(named.name).toBe('by setting');
});

it('whoever is away is shown so by those linked, now and later, until he is back', async () => {
  const network = await createNetwork(2);
  const [anna, ben] = network.peers as [TestPeer, TestPeer];
  await Promise.all([knows(anna, [ben]), knows(ben, [anna])]);
  await anna.away('at lunch');
  await changed(ben, anna, anna.name, 'away: at lunch');
  expect([rowOf(ben, anna)?.status, anna.status().away]).toEqual([
    'away: at lunch',
    'away: at lunch',
  ]);
  const carl = await network.start(network.home('carl'));
  await changed(carl, anna, anna.name, 'away: at lunch');
  await anna.away();
  await changed(ben, anna, anna.name, 'away');
  await anna.back();
  await changed(ben, anna, anna.name, '');
  expect(rowOf(ben, anna)).not.toHaveProperty('status');
  await expect(anna.away('\u001b[2J')).rejects.toMatchObject({ code: 'usage' });
  await expect(anna.away('x'.repeat(129))).rejects.toMatchObject({ code: 'usage' });
  for (const name of ['', ' ', 'x'.repeat(65), 'a\nb']) {
    await expect(anna.rename(name)).rejects.toMatchObject({ code: 'usage' });
  }
});

it('whoever changes his name into that of a trusted peer is told of, with both keys', async () => {
  const network = await createNetwork(3);
  const [anna, ben, mallory] = network.peers as [TestPeer, TestPeer, TestPeer];
  await knows(anna, [ben, mallory]);
  await anna.trust(ben.name);
  await knows(mallory, [anna]);
  await mallory.rename(ben.name);
  const { message } = await anna.heard.until('notice', {
    where: ({ code }) => code === 'changed-key',
  });
  expect(message).toContain(ben.peerId.slice(0, 8));
  expect(message).toContain(mallory.peerId.slice(0, 8));
  await expect(anna.tell(ben.name, 'to whom?')).rejects.toMatchObject({ code: 'ambiguous' });
});

it('whoever changes his name all the time is taken at his last, and costs a few lines', async () => {
  const network = await createNetwork(2);
  const [anna, ben] = network.peers as [TestPeer, TestPeer];
  await Promise.all([knows(anna, [ben]), knows(ben, [anna])]);
  for (let time = 0; time <= 50; time += 1) await anna.rename(`anna ${time}`);
  await vi.waitFor(() => expect(rowOf(ben, anna)?.name).toBe('anna 50'), {
    timeout: PATIENCE_MS,
  });
  const ofAnna = ben.heard.of('peer-changed').filter(({ peerId }) => peerId === anna.peerId);
  expect(ofAnna.length).toBeLessThanOrEqual(7);
});

it('a colour is shown to those linked, now and later, and stays over restarts until it is taken back', async () => {
  const network = await createNetwork(2);
  const [anna, ben] = network.peers as [TestPeer, TestPeer];
  await Promise.all([knows(anna, [ben]), knows(ben, [anna])]);
  const coloured = (peer: TestPeer, colour: string | undefined, from = 0) =>
    peer.heard.until('peer-changed', {
      from,
      where: (event) => event.peerId === anna.peerId && event.colour === colour,
    });
  expect(await anna.recolour('teal')).toMatchObject({ colour: 'teal' });
  await coloured(ben, 'teal');
  expect([rowOf(ben, anna)?.colour, anna.status().colour]).toEqual(['teal', 'teal']);
  const from = ben.heard.all.length;
  await anna.close();
  const again = await network.start(anna.home);
  await coloured(ben, 'teal', from);
  await again.recolour('none');
  await coloured(ben, undefined, from);
  expect(rowOf(ben, anna)).not.toHaveProperty('colour');
  await expect(again.recolour('#fff' as never)).rejects.toMatchObject({ code: 'usage' });
});
