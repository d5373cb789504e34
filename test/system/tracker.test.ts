/** Peers that hear no announcements find each other through a tracker. */
import { describe, expect, it, vi } from 'vitest';
import type { SettingsInput } from '#config/load.js';
import { newNetworkKey } from '#test/support/identities.js';
import { createNetwork, knows, type TestPeer } from '#test/support/network.js';
import { startPeerProgram } from '#test/support/peer-program.js';
import { freePeerBase, HOST } from '#test/support/places.js';
import { startTrackerProgram, type TrackerProgram } from '#test/support/tracker-program.js';

vi.setConfig({ testTimeout: 90_000 });

/** Short enough to wait for, long enough that a busy machine misses none of three. */
const tracker = { heartbeatMs: 1000 } as const;

/** A network without announcements, of peers with these trackers. */
function deafNetwork(count: number, trackers: readonly string[], own: SettingsInput = {}) {
  const settings = { discovery: { enabled: false }, tracker, trackers, ...own };
  return createNetwork(count, undefined, { settings });
}

function notices(peer: TestPeer, code: string): readonly string[] {
  return peer.heard
    .of('notice')
    .filter((notice) => notice.code === code)
    .map(({ message }) => message);
}

async function notice(peer: TestPeer, code: string): Promise<string> {
  return (await peer.heard.until('notice', { where: (said) => said.code === code })).message;
}

function members(program: TrackerProgram, count: number): Promise<unknown> {
  return vi.waitFor(
    async () => {
      const from = program.heard.all.length;
      program.send('status');
      const status = await program.heard.until('status', { from });
      if (status.members !== count) throw new Error(`${status.members} members`);
    },
    { timeout: 20_000, interval: 50 },
  );
}

describe('peers with a tracker and no announcements', () => {
  it('find each other, and the tracker forgets who stops and who is killed', async () => {
    const program = await startTrackerProgram();
    const network = await deafNetwork(3, [program.address]);
    for (const peer of network.peers) {
      await knows(
        peer,
        network.peers.filter((other) => other !== peer),
      );
      expect(notices(peer, 'tracker-unpinned')).toEqual([]);
    }
    await members(program, 3);
    const standings = network.peers.map((peer) => peer.status().trackers);
    for (const own of standings) {
      expect(own).toMatchObject([{ address: program.where, state: 'registered' }]);
    }
    // Who came last was told of both others as it came.
    expect(Math.max(...standings.map(([own]) => own?.members ?? 0))).toBe(2);
    program.send('members #m');
    const { members: listed } = await program.heard.until('members');
    expect(listed).toEqual(
      expect.arrayContaining(
        network.peers.map(({ peerId, ports }) => ({ peerId, host: HOST, port: ports.mesh })),
      ),
    );
    const killed = await startPeerProgram(network, network.home('killed'));
    const { peerId } = await killed.heard.until('ready');
    await program.heard.until('member-up', { where: (up) => up.peerId === peerId });
    killed.child.kill('SIGKILL');
    expect(
      await program.heard.until('member-down', { where: (down) => down.peerId === peerId }),
    ).toMatchObject({ reason: 'lost' });
    const [first] = network.peers as [TestPeer];
    await first.close();
    expect(
      await program.heard.until('member-down', { where: (down) => down.peerId === first.peerId }),
    ).toMatchObject({ reason: 'stopped' });
    await members(program, 2);
  });
});

describe('a tracker that is given without its id', () => {
  it('is warned of once, with its id and how to pin it, and another one in its place is refused', async () => {
    const program = await startTrackerProgram();
    const network = await deafNetwork(1, [program.where]);
    const [peer] = network.peers as [TestPeer];
    const warning = await notice(peer, 'tracker-unpinned');
    expect(warning).toContain(`the tracker ${program.where} is trusted as it was met first`);
    expect(warning).toContain(program.peerId);
    expect(warning).toContain(`--tracker ${program.address}`);
    await members(program, 1);
    await peer.close();

    const again = await network.start(peer.home);
    await program.heard.until('member-up', { from: program.heard.all.length - 1 });
    await members(program, 1);
    expect(notices(again, 'tracker-unpinned')).toEqual([]);
    program.send('exit');
    expect(await program.exit).toEqual({ code: 0, signal: null });

    const impostor = await startTrackerProgram({ port: program.port });
    const refusal = await notice(again, 'identity');
    expect(refusal).toContain(program.peerId);
    expect(refusal).toContain(`--tracker ${impostor.address}`);
    expect(notices(again, 'tracker-unpinned')).toEqual([]);
    await members(impostor, 0);
    await again.close();

    // Whoever says that it is right pins it, and is believed from then on.
    const told = await network.start(peer.home, { trackers: [impostor.address] });
    await members(impostor, 1);
    await told.close();
    const later = await network.start(peer.home, { trackers: [impostor.where] });
    await members(impostor, 1);
    expect([...notices(later, 'identity'), ...notices(later, 'tracker-unpinned')]).toEqual([]);
  });
});

describe('a tracker that is given with an id', () => {
  it('gets no word of a peer if it is another one', async () => {
    const [program, other] = [await startTrackerProgram(), await startTrackerProgram()];
    const network = await deafNetwork(1, [`${other.peerId}@${program.where}`]);
    const [peer] = network.peers as [TestPeer];
    const refusal = await notice(peer, 'identity');
    expect(refusal).toContain(program.peerId);
    expect(refusal).toContain(other.peerId);
    await members(program, 0);
    expect(notices(peer, 'identity')).toHaveLength(1);
  });
});

describe('a tracker with a flag', () => {
  it.each([
    ['--flag', ['--flag', 'our-house'], {}],
    ['its environment', [], { P2P_TRACKER_FLAG: 'our-house' }],
  ])('from %s turns away who has another or none, with one clear line', async (_, args, env) => {
    const program = await startTrackerProgram({}, args, { env });
    const network = await deafNetwork(0, [program.address]);
    const none = await network.start(network.home('none'));
    const other = { ...tracker, flag: 'our-horse' };
    const wrong = await network.start(network.home('wrong'), { tracker: other });
    for (const peer of [none, wrong]) {
      const refusal = await notice(peer, 'refused');
      expect(refusal).toContain('wants another flag');
      expect(refusal).toContain('P2P_TRACKER_FLAG');
      expect(refusal).not.toContain('our-h');
    }
    await members(program, 0);
    const right = { ...tracker, flag: 'our-house' };
    const two = await Promise.all(
      ['one', 'two'].map((name) => network.start(network.home(name), { tracker: right })),
    );
    const [one, second] = two as [TestPeer, TestPeer];
    await knows(one, [second]);
    await members(program, 2);
    expect(notices(wrong, 'refused')).toHaveLength(1);
    expect(wrong.status().trackers).toMatchObject([{ state: 'refused', members: 0 }]);
    const [{ why } = { why: '' }] = wrong.status().trackers;
    expect(why).toContain('wants another flag');
    expect(wrong.heard.of('peer-up')).toEqual([]);
    expect(JSON.stringify([one.heard.all, one.status()])).not.toContain('our-house');
  });
});

describe('a tracker that goes away', () => {
  it('is told of once, and once that it is back; peers stay linked and newcomers find them again', async () => {
    const program = await startTrackerProgram();
    const network = await deafNetwork(2, [program.address]);
    const [anna, ben] = network.peers as [TestPeer, TestPeer];
    await knows(anna, [ben]);
    await knows(ben, [anna]);
    program.child.kill('SIGKILL');
    for (const peer of network.peers) {
      expect(await notice(peer, 'unreachable')).toContain(`the tracker ${program.where} is away`);
    }
    const again = await startTrackerProgram(program);
    expect(again.address).toBe(program.address);
    for (const peer of network.peers) {
      expect(await notice(peer, 'tracker-back')).toContain(program.where);
    }
    await members(again, 2);
    const late = await network.start(network.home('late'));
    await knows(late, [anna, ben]);
    for (const peer of network.peers) {
      expect(peer.heard.of('peer-down')).toEqual([]);
      expect(notices(peer, 'unreachable')).toHaveLength(1);
      expect(notices(peer, 'tracker-back')).toHaveLength(1);
    }
  });

  it('or was never there is no reason for a peer to end', async () => {
    const port = await freePeerBase();
    const network = await deafNetwork(1, [`${HOST}:${port}`]);
    const [peer] = network.peers as [TestPeer];
    expect(await notice(peer, 'unreachable')).toBe(
      `the tracker ${HOST}:${port} cannot be reached: nothing listens there; it is tried again`,
    );
    const [standing] = peer.status().trackers;
    expect(standing).toMatchObject({ address: `${HOST}:${port}`, state: 'away', members: 0 });
    const program = await startTrackerProgram({ port });
    await members(program, 1);
    expect(peer.status().actors).toContainEqual({
      actor: 'tracker-client',
      state: 'running',
      restarts: 0,
    });
  });

  it('without a tracker there is no thread for one', async () => {
    const network = await deafNetwork(1, []);
    const [peer] = network.peers as [TestPeer];
    expect(peer.status().actors.map(({ actor }) => actor)).not.toContain('tracker-client');
    expect(peer.status().trackers).toEqual([]);
  });
});

describe('a member that falls silent', () => {
  it('is forgotten after three heartbeats, and registers again when it goes on', async () => {
    const env = { P2P_TRACKER_HEARTBEAT_MS: '300' };
    const program = await startTrackerProgram({}, [], { env });
    const network = await deafNetwork(0, [program.address]);
    const asleep = await startPeerProgram(network, network.home('asleep'));
    await program.heard.until('member-up');
    asleep.child.kill('SIGSTOP');
    expect(await program.heard.until('member-down')).toMatchObject({ reason: 'lost' });
    const from = program.heard.all.length;
    asleep.child.kill('SIGCONT');
    await program.heard.until('member-up', { from });
  });
});

describe('a peer whose tracker client dies', () => {
  it('registers anew', async () => {
    const program = await startTrackerProgram();
    const network = await deafNetwork(1, [program.address], { drills: true });
    const [peer] = network.peers as [TestPeer];
    await members(program, 1);
    const from = program.heard.all.length;
    peer.drill('kill', 'tracker-client');
    await program.heard.until('member-up', { from });
    await members(program, 1);
  });
});

describe('a tracker of several networks', () => {
  it('tells each peer of its own alone', async () => {
    const program = await startTrackerProgram();
    const network = await deafNetwork(0, [program.address]);
    const start = (name: string, own: SettingsInput) => network.start(network.home(name), own);
    const key = newNetworkKey();
    const [one, two] = [
      await start('one', { network: { key } }),
      await start('two', { network: { key } }),
    ];
    const other = await start('other', { network: { key: newNetworkKey() } });
    const [open, also] = [await start('open', {}), await start('also', {})];
    await knows(one, [two]);
    await knows(open, [also]);
    await members(program, 5);
    expect(other.peers()).toEqual([]);
    for (const peer of [one, two, open, also]) {
      expect(peer.peers()).toHaveLength(1);
      expect(notices(peer, 'network')).toEqual([]);
    }
  });
});

describe('port auto', () => {
  it('takes a base that no member at this address has, without a conflict', async () => {
    const program = await startTrackerProgram();
    const network = await deafNetwork(0, [program.address], {});
    const peers: TestPeer[] = [];
    for (const name of ['one', 'two', 'three']) {
      peers.push(await network.start(network.home(name), { port: 'auto' }));
    }
    const bases = peers.map(({ ports }) => ports.mesh);
    expect(new Set(bases).size).toBe(3);
    for (const base of bases) expect(base).toBeGreaterThanOrEqual(27_460);
    await knows(peers[0] as TestPeer, peers.slice(1));
  });

  it('is as no port at all where no tracker answers, and where there is none', async () => {
    const gone = `${HOST}:${await freePeerBase()}`;
    const network = await deafNetwork(0, []);
    for (const trackers of [[gone], []]) {
      const peer = await network.start(network.home(`t${trackers.length}`), {
        port: 'auto',
        trackers,
      });
      expect(peer.ports.mesh).toBeGreaterThanOrEqual(27_460);
    }
  });
});
