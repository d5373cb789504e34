/** Peers on machines with several networks: how soon they find each other, and where they must not. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { MiB } from '#src/domain/limits.js';
import { newFolder } from '#test/support/folders.js';
import { openLab, portOf, refusal } from './lab.js';
import { hashOf, writeNoise } from './noise.js';
import { startPeer } from './peer-process.js';
import { done, offered, ready, shared, up } from './waits.js';

const places = () => {
  const folder = newFolder();
  return (name: string) => {
    mkdirSync(join(folder, name));
    return join(folder, name);
  };
};

describe('peers on several networks', () => {
  beforeEach(({ skip }) => skip(refusal !== undefined, refusal));

  it('find each other on two networks without a default route, and fetch (LocalSend #527)', async () => {
    const [lab, place] = [await openLab(), places()];
    for (const net of ['net1', 'net2']) lab.bridge(net);
    for (const [index, host] of ['alice', 'bob'].entries()) {
      lab.host(host);
      lab.plug(host, 'eth1', 'net1', `10.1.0.${index + 1}/24`);
      lab.plug(host, 'eth2', 'net2', `10.2.0.${index + 1}/24`);
    }
    const film = writeNoise(join(place('films'), 'film.bin'), 256 * MiB);
    const alice = startPeer(lab, 'alice', place('a'), ['--share', film]);
    await ready(alice);
    await shared(alice);
    const bob = startPeer(lab, 'bob', place('b'));
    const { at } = await ready(bob);
    const found = [await up(bob, 'alice'), await up(alice, 'bob')].map((said) => said.at - at);
    console.log(`found after ${found.map(Math.round).join(' and ')} ms`);
    expect(Math.max(...found)).toBeLessThan(3000);

    bob.tell('list #all');
    const listed = await bob.until(({ type }) => type === 'list');
    expect(listed['shares']).toMatchObject([{ name: 'film.bin', have: 0, sources: 1 }]);
    bob.tell('download film.bin');
    const got = await done(bob);
    console.log(`256 MiB in ${String(got['ms'])} ms`);
    expect(hashOf(String(got['path']))).toBe(hashOf(film));

    const left = performance.now();
    bob.tell('exit');
    const down = await alice.until(({ type }) => type === 'peer-down');
    console.log(`goodbye seen after ${Math.round(down.at - left)} ms`);
    expect(down).toMatchObject({ reason: 'stopped' });
    expect(down.at - left).toBeLessThan(1000);
    expect(await bob.exit).toBe(0);
    expect(bob.said.filter(({ type }) => type === 'peer-down')).toEqual([]);
  });

  it('are four on one network, and the fourth fetches from all three that hold the file', async () => {
    const [lab, place] = [await openLab(), places()];
    lab.bridge('net1');
    const film = writeNoise(join(place('films'), 'film.bin'), 256 * MiB);
    const peers = ['alice', 'bob', 'carol', 'dave'].map((host, index) => {
      lab.host(host);
      lab.plug(host, 'eth1', 'net1', `10.1.0.${index + 1}/24`);
      return startPeer(lab, host, place(host), host === 'dave' ? [] : ['--share', film]);
    });
    const [dave, holders] = [peers[3], peers.slice(0, 3)];
    if (dave === undefined) throw new Error('no dave');
    await Promise.all(holders.map(shared));
    await offered(dave, 'film.bin', holders.length);
    dave.tell('download film.bin');
    const got = await done(dave);
    const sources = got['sources'] as readonly { readonly chunks: number }[];
    console.log(`256 MiB in ${String(got['ms'])} ms, ${JSON.stringify(sources)}`);
    expect(sources).toHaveLength(3);
    expect(Math.min(...sources.map(({ chunks }) => chunks))).toBeGreaterThan(0);
    expect(hashOf(String(got['path']))).toBe(hashOf(film));
  });

  it('are added by address where a network carries neither broadcast nor multicast (LocalSend #1538)', async () => {
    const [lab, place] = [await openLab(), places()];
    lab.bridge('net1');
    const hosts = ['alice', 'bob', 'carol'];
    for (const [index, host] of hosts.entries()) {
      lab.host(host);
      lab.plug(host, 'eth1', 'net1', `10.1.0.${index + 1}/24`);
      lab.ip([
        `link set ${portOf(host, 'eth1')} type bridge_slave bcast_flood off mcast_flood off`,
        `link set ${portOf(host, 'eth1')} address 02:00:00:00:01:0${index + 1}`,
      ]);
      lab.ip([`link set eth1 address 02:00:00:00:00:0${index + 1}`], host);
    }
    // Without broadcast there is no ARP either: who may talk to whom is written down.
    for (const host of hosts)
      lab.ip(
        hosts.flatMap((other, index) =>
          other === host
            ? []
            : [`neigh replace 10.1.0.${index + 1} lladdr 02:00:00:00:00:0${index + 1} dev eth1`],
        ),
        host,
      );
    const film = writeNoise(join(place('films'), 'film.bin'), 8 * MiB);
    const alice = startPeer(lab, 'alice', place('a'), ['--share', film]);
    await ready(alice);
    await shared(alice);
    // It takes ten seconds to find that nobody is there.
    alice.tell('add 10.1.0.9:27460 #nobody');
    const bob = startPeer(lab, 'bob', place('b'));
    await ready(bob);
    bob.tell('download film.bin #blind');
    const failed = await bob.until((said) => said.type === 'download-failed', 10_000);
    expect(failed).toMatchObject({ code: 'not-found', ref: 'blind' });
    expect([...alice.said, ...bob.said].filter(({ type }) => type === 'peer-up')).toEqual([]);
    expect(failed['message']).toContain('add HOST:PORT');
    const alone = await bob.until((said) => said['code'] === 'alone');
    expect(alone).toMatchObject({ type: 'notice' });

    bob.tell('add 10.1.0.1:27460 #byhand');
    await up(bob, 'alice', 5000);
    bob.tell('download film.bin');
    await done(bob);
    const carol = startPeer(lab, 'carol', place('c'), ['--peer', '10.1.0.1:27460']);
    await up(carol, 'alice', 5000);
    const error = await alice.until((said) => said['ref'] === 'nobody', 25_000);
    expect(error).toMatchObject({ type: 'error', code: 'unreachable' });
  });

  it('are neither heard nor reachable outside the network of --host', async () => {
    const [lab, place] = [await openLab(), places()];
    for (const net of ['net1', 'net2']) lab.bridge(net);
    for (const host of ['alice', 'bob', 'carol']) lab.host(host);
    lab.plug('alice', 'eth1', 'net1', '10.1.0.1/24');
    lab.plug('alice', 'eth2', 'net2', '10.2.0.1/24');
    lab.plug('bob', 'eth1', 'net1', '10.1.0.2/24');
    lab.plug('carol', 'eth2', 'net2', '10.2.0.3/24');
    // Carol could reach the address on the other network: only alice's own refusal is in her way.
    lab.ip(['route add 10.1.0.0/24 via 10.2.0.1'], 'carol');
    const alice = startPeer(lab, 'alice', place('a'), ['--host', '10.1.0.1']);
    const carol = startPeer(lab, 'carol', place('c'));
    const bob = startPeer(lab, 'bob', place('b'));
    await Promise.all([ready(alice), ready(bob), ready(carol)]);
    await up(bob, 'alice');
    carol.tell('add 10.2.0.1:27460 #there');
    const refused = await carol.until((said) => said['ref'] === 'there');
    expect(refused).toMatchObject({ type: 'error', code: 'unreachable' });
    const ups = [...alice.said, ...carol.said].filter(({ type }) => type === 'peer-up');
    expect(ups.map((said) => said['name'])).toEqual(['bob']);
  });
});
