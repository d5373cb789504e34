/** One peer stops, or all of a private network on the word of one. */
import { describe, expect, it, vi } from 'vitest';
import type { SettingsInput } from '#config/load.js';
import { newNetworkKey } from '#test/support/identities.js';
import { createNetwork, type Network, type TestPeer } from '#test/support/network.js';
import { startPeerProgram } from '#test/support/peer-program.js';

vi.setConfig({ testTimeout: 90_000 });

const ALLOWED: SettingsInput = { mesh: { allowRemoteStop: true } };

/** Resolves once each has a neighbour. */
const linked = (peers: readonly TestPeer[]) =>
  Promise.all(peers.map((peer) => peer.heard.until('link-up')));

/** A word reaches everybody only where the mesh is one. */
async function talked(peers: readonly TestPeer[]): Promise<void> {
  await linked(peers);
  await peers[0]?.say('all here?');
  await Promise.all(peers.map((peer) => peer.heard.until('message')));
}

function privateNetwork(count: number, settings: SettingsInput): Promise<Network> {
  const key = newNetworkKey();
  return createNetwork(count, undefined, { settings: { ...settings, network: { key } } });
}

describe('stop', () => {
  it.each(['stop', 'STOP'])('as %s ends this peer as exit does, and no other', async (word) => {
    const network = await createNetwork(1);
    const [other] = network.peers as [TestPeer];
    const program = await startPeerProgram(network, network.home('leaving'));
    const { peerId } = await program.heard.until('ready');
    await other.heard.until('peer-up', { where: (up) => up.peerId === peerId });
    program.send(`${word} #s`);
    expect(await program.exit).toEqual({ code: 0, signal: null });
    expect(program.heard.all.at(-1)).toEqual({ type: 'bye', exitCode: 0, ref: 's' });
    const gone = await other.heard.until('peer-down', { where: (down) => down.peerId === peerId });
    expect(gone.reason).toBe('stopped');
    expect(other.status().peers).toBe(0);
  });

  it('--network is refused without a network key, in one line, and the peer goes on', async () => {
    const network = await createNetwork(0, undefined, { settings: ALLOWED });
    const program = await startPeerProgram(network, network.home('open'));
    program.send('stop --network #s', 'status #after');
    const error = await program.heard.until('error');
    expect(error).toMatchObject({ code: 'usage', ref: 's' });
    expect(error.message).toMatch(/private network.*no network key/);
    await program.heard.until('status');
  });
});

describe('stop --network', () => {
  it('ends every peer that allows it with 0, and says who asked; the others go on', async () => {
    const network = await privateNetwork(3, ALLOWED);
    const [asker, second, third] = network.peers as [TestPeer, TestPeer, TestPeer];
    const willing = await startPeerProgram(network, network.home('willing'));
    const proud = await network.start(network.home('proud'), { mesh: { allowRemoteStop: false } });
    await willing.heard.until('link-up');
    await talked([asker, second, third, proud]);
    expect(await asker.stopNetwork()).toBe(0);
    expect(await Promise.all([second.closed, third.closed])).toEqual([0, 0]);
    expect(await willing.exit).toEqual({ code: 0, signal: null });
    const asked = { type: 'stop-requested', from: asker.peerId, name: asker.name };
    expect(willing.heard.of('stop-requested')).toEqual([{ ...asked, obeyed: true }]);
    for (const peer of [second, third]) {
      expect(peer.heard.of('stop-requested')).toEqual([{ ...asked, obeyed: true }]);
    }
    expect(await proud.heard.until('stop-requested')).toEqual({ ...asked, obeyed: false });
    expect(asker.heard.of('stop-requested')).toEqual([]);
    expect(proud.status().peerId).toBe(proud.peerId);
    await vi.waitFor(() => expect(proud.status().peers).toBe(0), { timeout: 20_000 });

    // Who is started again while another one still has the word goes on.
    const again = await network.start(second.home);
    await again.heard.until('link-up');
    await proud.say('still here?');
    await again.heard.until('message', { where: ({ text }) => text === 'still here?' });
    expect(again.heard.of('stop-requested').filter(({ obeyed }) => obeyed)).toEqual([]);
    expect(again.status().peers).toBe(1);
  });

  it('from stdin ends the asker with 0 as well, its answer with the reference', async () => {
    const network = await privateNetwork(1, ALLOWED);
    const [other] = network.peers as [TestPeer];
    const program = await startPeerProgram(network, network.home('asker'));
    await program.heard.until('link-up');
    await other.heard.until('link-up');
    program.send('stop --network #n');
    expect(await program.exit).toEqual({ code: 0, signal: null });
    expect(program.heard.all.at(-1)).toEqual({ type: 'bye', exitCode: 0, ref: 'n' });
    expect(await other.closed).toBe(0);
  });

  it('by a blocked peer is not obeyed, nor shown', async () => {
    const network = await privateNetwork(2, ALLOWED);
    const [asker, other] = network.peers as [TestPeer, TestPeer];
    const third = await network.start(network.home('third'));
    await talked([asker, other, third]);
    await other.block(asker.peerId);
    await asker.stopNetwork();
    expect(await third.closed).toBe(0);
    expect(other.heard.of('stop-requested')).toEqual([]);
    expect(other.status().peerId).toBe(other.peerId);
  });
});
