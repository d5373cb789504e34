import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { SettingsInput } from '#config/load.js';
import { MiB } from '#src/domain/limits.js';
import { parseClaim } from '#src/wire/announcement.js';
import { SEALED_BYTES } from '#src/wire/sealed-announcement.js';
import { sha256, writeRandom } from '#test/support/big-file.js';
import { newFolder } from '#test/support/folders.js';
import { newNetworkKey } from '#test/support/identities.js';
import { createNetwork, knows, type Network, seen, type TestPeer } from '#test/support/network.js';
import { startPeerProgram } from '#test/support/peer-program.js';
import { freePeerBase, HOST } from '#test/support/places.js';
import { type Program, startProgram } from '#test/support/program.js';

vi.setConfig({ testTimeout: 90_000 });

const FILM = 'the film.mkv';

/** Announces often, so that whoever could hear something would. */
const OFTEN = { discovery: { heartbeatMs: 200, expiryMs: 20_000 } } as const;

/** Everybody who is to hear them has, and the others would have. */
const ANNOUNCED = 30;

/** Peers with a key that share a film between them, and one without on the same discovery port. */
async function mixed(transport: 'tcp' | 'udp') {
  const key = newNetworkKey();
  const common: SettingsInput = { ...OFTEN, network: { key }, transfer: { transport } };
  const network = await createNetwork(3, undefined, {
    settings: common,
    prepare({ share }, index) {
      if (index === 0) writeRandom(join(share, FILM), 8 * MiB);
    },
  });
  const outsider = await network.start(network.home('outsider'), { network: {} });
  return { key, network, outsider };
}

/** Every datagram at the discovery port that says something, until there are so many. */
async function overheard(port: number, count: number): Promise<readonly Buffer[]> {
  const socket = createSocket({ type: 'udp4', reuseAddr: true });
  onTestFinished(() => void socket.close());
  const heard: Buffer[] = [];
  socket.bind(port);
  await once(socket, 'listening');
  socket.addMembership('239.255.107.58', HOST);
  while (heard.length < count) heard.push(((await once(socket, 'message')) as [Buffer])[0]);
  return heard;
}

function learnedNothing(peer: TestPeer, secrets: readonly string[]): void {
  expect(peer.peers().filter(({ state }) => state === 'up')).toEqual([]);
  expect(peer.heard.of('peer-up')).toEqual([]);
  const told = JSON.stringify([peer.heard.all, peer.peers(), peer.status()]);
  for (const secret of secrets) expect(told).not.toContain(secret);
}

describe('three peers with a network key, and one without on their port', () => {
  it.each(['tcp', 'udp'] as const)(
    'share and fetch over %s, and the one sees, lists and learns nothing',
    async (transport) => {
      const { key, network, outsider } = await mixed(transport);
      const [owner, second, third] = network.peers;
      if (!owner || !second || !third) throw new Error('no peers');
      for (const peer of network.peers) {
        await knows(
          peer,
          network.peers.filter((other) => other !== peer),
        );
        expect(peer.private).toBe(true);
        expect(peer.status()).toMatchObject({ private: true, peers: 2 });
      }
      expect(outsider.status().private).toBe(false);
      await seen(third, FILM);
      const done = await third.download(FILM);
      expect(await sha256(done.path)).toBe(await sha256(join(owner.home.share, FILM)));
      expect(done.sources.map((source) => source.transport)).toContain(transport);
      await overheard(network.discoveryPort, ANNOUNCED);
      const ids = network.peers.map(({ peerId }) => peerId);
      learnedNothing(outsider, [...ids, key, FILM]);
      expect(outsider.peers()).toEqual([]);
      expect(await outsider.list()).toEqual([]);
      for (const peer of network.peers) {
        const told = JSON.stringify([peer.heard.all, peer.peers(), peer.status()]);
        expect(told).not.toContain(outsider.peerId);
        expect(told).not.toContain(key);
      }
    },
  );

  it('announce nothing that anybody without it could read', async () => {
    const { key, network, outsider } = await mixed('tcp');
    const datagrams = await overheard(network.discoveryPort, ANNOUNCED);
    const sealed = datagrams.filter((datagram) => parseClaim(datagram) === undefined);
    expect(sealed.length).toBeGreaterThan(0);
    expect(sealed.length).toBeLessThan(datagrams.length);
    for (const datagram of sealed) {
      expect(datagram).toHaveLength(SEALED_BYTES);
      expect(datagram.includes(Buffer.from(key, 'hex'))).toBe(false);
    }
    const opens = datagrams.flatMap((datagram) => parseClaim(datagram) ?? []);
    for (const { ports } of opens) expect(ports.mesh).toBe(outsider.ports.mesh);
  });
});

describe('a peer that is told an address in another network', () => {
  /** One that is told by hand where a member is, and the member. */
  async function told(network: Network, own: SettingsInput) {
    const key = newNetworkKey();
    const member = await network.start(network.home('member'), { network: { key } });
    const { mesh } = member.ports;
    const address = `${HOST}:${mesh}`;
    const one = await network.start(network.home('one'), { ...own, peers: [address] });
    return { member, one, address };
  }

  it.each([
    ['without a key', (): SettingsInput => ({ network: {} })],
    ['with another key', (): SettingsInput => ({ network: { key: newNetworkKey() } })],
  ])('%s says so, once, and lists nobody as up', async (_what, own) => {
    const { member, one, address } = await told(await createNetwork(0), own());
    const where = ({ code }: { readonly code: string }) => code === 'network';
    const { message } = await one.heard.until('notice', { where });
    expect(message).toContain(`${address} belongs to another network, or to none`);
    await expect(one.add(address)).rejects.toThrow(/belongs to another network, or to none/);
    learnedNothing(one, [member.peerId]);
    learnedNothing(member, [one.peerId]);
    expect(one.heard.of('notice').filter(where)).toHaveLength(1);
  });
});

describe('the key of a private network', () => {
  /** All files below a folder. */
  function filesIn(folder: string): readonly string[] {
    const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
    return entries.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name));
  }

  function argumentsOf({ child }: Program): string {
    return readFileSync(`/proc/${child.pid}/cmdline`, 'utf8');
  }

  it('is in no line, log, argument or file of a peer that has it', async () => {
    const network = await createNetwork(0);
    const key = newNetworkKey();
    const keyFile = join(newFolder(), 'key');
    writeFileSync(keyFile, `${key}\n`);
    const env = { P2P_NETWORK_KEY_FILE: keyFile, P2P_LOG_LEVEL: 'debug' };
    const start = (name: string) =>
      startPeerProgram(network, network.home(name), { drills: true }, [], { env });
    const [one, other] = await Promise.all([start('one'), start('other')]);
    const { peerId, private: isPrivate } = await other.heard.until('ready');
    expect(isPrivate).toBe(true);
    await one.heard.until('peer-up', { where: (up) => up.peerId === peerId });
    // A stranger, a failure and a new life: whatever is told of them.
    const stranger = await network.start(network.home('stranger'));
    one.send(`add ${HOST}:${stranger.ports.mesh}`, 'drill kill mesh', 'status', 'peers', 'list');
    await one.heard.until('actor-restarted');
    await one.heard.until('list');
    const hidden = argumentsOf(one) + argumentsOf(other);
    one.send('exit');
    other.send('exit');
    expect([(await one.exit).code, (await other.exit).code]).toEqual([0, 0]);
    const texts = [one, other].map((program) => program.lines.join('\n') + program.stderr());
    for (const text of [hidden, ...texts]) expect(text).not.toContain(key);
    for (const path of filesIn(network.folder)) {
      const bytes = readFileSync(path);
      expect(bytes.includes(key), path).toBe(false);
      expect(bytes.includes(Buffer.from(key, 'hex')), path).toBe(false);
    }
  });

  it.skipIf(process.platform === 'win32')(
    'is told of where others may read or write its file or that of the identity, with the mend',
    async () => {
      const network = await createNetwork(0);
      const keyFile = join(newFolder(), 'key');
      writeFileSync(keyFile, newNetworkKey(), { mode: 0o600 });
      const env = { P2P_NETWORK_KEY_FILE: keyFile };
      const home = network.home('one');
      const identity = join(home.data, 'identity', 'key.pem');
      const told = async () => {
        const program = await startPeerProgram(network, home, {}, [], { env });
        await program.heard.until('ready');
        program.send('exit');
        expect((await program.exit).code).toBe(0);
        const notices = program.heard.of('notice').filter(({ code }) => code === 'readable-key');
        return notices.map(({ message }) => message);
      };
      expect(await told()).toEqual([]);
      chmodSync(keyFile, 0o640);
      chmodSync(identity, 0o602);
      expect(await told()).toEqual(
        [identity, keyFile].map((path) => expect.stringContaining(`chmod 600 '${path}'`)),
      );
    },
  );

  it.each([
    ['P2P_NETWORK_KEY', 'c0ffee'.repeat(10)],
    ['P2P_NETWORK_KEY_FILE', '/no/such/key'],
  ])('in %s ends the program with 64 and one line where it is wrong', async (name, value) => {
    const program = startProgram(['start'], { env: { [name]: value } });
    expect(await program.exit).toMatchObject({ code: 64 });
    expect(program.stderr()).toMatch(new RegExp(`^p2p: ${name}\\b[^\\n]+\\n$`));
    expect(program.stderr()).not.toContain('c0ffee');
  });

  it('is made by `p2p keygen`, and keeps who has another one from a file sent over UDP', async () => {
    const made = startProgram(['keygen']);
    expect(await made.exit).toMatchObject({ code: 0 });
    const [key = ''] = made.lines;
    const folder = newFolder();
    const file = writeRandom(join(folder, 'sent.bin'), 1 * MiB);
    const taken = newFolder();
    const env = { P2P_NETWORK_KEY: key };
    const port = await freePeerBase();
    const receive = ['udp-receive', `${port}`, '--host', HOST, '--to', taken, '--yes', '--json'];
    const receiver = startProgram([...receive, '--data', join(folder, 'receiver')], { env });
    const listening = () => expect(receiver.lines.join()).toContain('"listening"');
    await vi.waitFor(listening, { timeout: 20_000 });
    const send = ['udp-send', file, `${HOST}:${port}`, '--data', join(folder, 'sender')];
    const keyless = startProgram(send);
    expect(await keyless.exit).toMatchObject({ code: 1 });
    expect(keyless.stderr()).toMatch(/belongs to another network, or to none/);
    const member = startProgram(send, { env });
    expect(await member.exit).toMatchObject({ code: 0 });
    expect(await receiver.exit).toMatchObject({ code: 0 });
    expect(await sha256(join(taken, 'sent.bin'))).toBe(await sha256(file));
  });
});
