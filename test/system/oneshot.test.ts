/** `p2p send`, `receive` and `get` as scripts run them: processes without a peer that runs beside them. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { MiB } from '#src/domain/limits.js';
import { noise } from '#test/support/contents.js';
import { newFolder } from '#test/support/folders.js';
import { createNetwork } from '#test/support/network.js';
import { freeDiscoveryPort, freePeerBase, HOST } from '#test/support/places.js';
import { type Program, startProgram } from '#test/support/program.js';

// Several programs one after the other: ten seconds where many other tests run.
vi.setConfig({ testTimeout: 90_000 });

/** Longer than any machine takes to find a peer that runs on it. */
const PATIENT = ['--timeout', '60'];

/** Three seconds for what is to be interrupted on its way. */
const SLOW_BYTES_PER_SECOND = 4 * MiB;

type Place = {
  readonly root: string;
  readonly to: string;
  readonly port: number;
  readonly sender: string;
  readonly run: (command: string, ...args: readonly string[]) => Program;
  readonly receive: (...args: readonly string[]) => Program;
};

/** Folders for both sides, and a network of their own. */
async function newPlace(): Promise<Place> {
  const root = newFolder();
  const [to, sender] = [join(root, 'to'), join(root, 'sender')];
  const [port, discovery] = [await freePeerBase(), await freeDiscoveryPort()];
  const net = ['--host', HOST, '--discovery-port', `${discovery}`];
  const run: Place['run'] = (command, ...args) =>
    startProgram([command, ...net, '--data', sender, '--name', 'anna', ...args]);
  const own = ['--data', join(root, 'receiver'), '--name', 'ben', '--port', `${port}`, '--json'];
  const receive: Place['receive'] = (...args) =>
    startProgram(['receive', ...net, ...own, '--to', to, ...args]);
  return { root, to, port, sender, run, receive };
}

function newFile(root: string, bytes: Uint8Array, name = 'film.mkv'): string {
  const path = join(root, name);
  writeFileSync(path, bytes);
  return path;
}

function slowly(root: string): string {
  const limits = { uploadBytesPerSecond: SLOW_BYTES_PER_SECOND };
  return newFile(root, Buffer.from(JSON.stringify({ limits })), 'peer.json');
}

const ends = (program: Program, code: number) =>
  expect(program.exit).resolves.toEqual({ code, signal: null });

const hashOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

describe('what is sent by one command to another', () => {
  it('arrives by name, whole, and both end with 0 and leave no offer behind', async () => {
    const { root, to, run, receive } = await newPlace();
    const bytes = noise(9 * MiB);
    const receiver = receive('--once', '--accept', 'all');
    const sender = run('send', newFile(root, bytes), '--to', 'ben', ...PATIENT);
    await Promise.all([ends(sender, 0), ends(receiver, 0)]);
    expect(hashOf(readFileSync(join(to, 'film.mkv')))).toBe(hashOf(bytes));
    expect(readdirSync(to)).toEqual(['film.mkv']);
    expect(sender.stderr()).toBe('');
    expect(sender.lines.join('\n')).toMatch(/^Offered film\.mkv .* to ben$/m);
    expect(sender.lines.join('\n')).toMatch(/^ben \(\w{8}\) has all of film\.mkv/m);
    expect(receiver.heard.of('receipt-noted')).toHaveLength(1);
    expect(receiver.heard.all.at(-1)).toMatchObject({ type: 'bye', exitCode: 0 });
  });

  it('arrives by address, though the receiver comes later, as a folder and a file in one offer', async () => {
    const { root, to, port, run, receive } = await newPlace();
    const folder = join(root, 'trip');
    mkdirSync(join(folder, 'day 1'), { recursive: true });
    newFile(join(folder, 'day 1'), noise(1000), 'a.txt');
    const file = newFile(root, noise(10), 'b.txt');
    const sender = run('send', folder, file, '--to', `${HOST}:${port}`, '--wait', '--json');
    await sender.heard.until('ready');
    const receiver = receive('--accept', 'all');
    await ends(sender, 0);
    expect(readdirSync(to)).toEqual(['trip and 1 more']);
    const there = join(to, 'trip and 1 more');
    expect(readdirSync(there).toSorted()).toEqual(['b.txt', 'trip']);
    expect(readFileSync(join(there, 'trip', 'day 1', 'a.txt'))).toHaveLength(1000);
    expect(sender.heard.of('send-received')).toHaveLength(1);
    receiver.child.kill('SIGINT');
    await ends(receiver, 130);
  });

  it('goes on with the next receiver where one was killed', async () => {
    const { root, to, run, receive } = await newPlace();
    const bytes = noise(12 * MiB);
    const first = receive('--once', '--accept', 'all');
    const slow = run(
      'send',
      newFile(root, bytes),
      '--to',
      'ben',
      '--json',
      '--config',
      slowly(root),
      ...PATIENT,
    );
    await first.heard.until('download-progress', { where: ({ have }) => have > 0 });
    first.child.kill('SIGKILL');
    await first.exit;
    const second = receive('--once', '--accept', 'all');
    await Promise.all([ends(second, 0), ends(slow, 0)]);
    expect(hashOf(readFileSync(join(to, 'film.mkv')))).toBe(hashOf(bytes));
    const { have } = await second.heard.until('download-started');
    expect(have).toBeGreaterThan(0);
    // It is the same one that goes on, and not another.
    expect(second.heard.of('offer-received')).toEqual([]);
    expect(second.heard.of('offer-completed')).toHaveLength(1);
  });

  it('goes on with the same receiver where the sender was killed and the same is sent again', async () => {
    const { root, to, run, receive } = await newPlace();
    const bytes = noise(12 * MiB);
    const receiver = receive('--once', '--accept', 'all');
    const file = newFile(root, bytes);
    const args = [file, '--to', 'ben', '--wait', '--json', '--config', slowly(root)];
    const first = run('send', ...args);
    const progress = { where: ({ have }: { readonly have: number }) => have > 2 };
    const { have, chunks } = await receiver.heard.until('download-progress', progress);
    first.child.kill('SIGKILL');
    await first.exit;
    const second = run('send', ...args);
    await Promise.all([ends(second, 0), ends(receiver, 0)]);
    expect(hashOf(readFileSync(join(to, 'film.mkv')))).toBe(hashOf(bytes));
    expect(readdirSync(to)).toEqual(['film.mkv']);
    // The same offer, of which nothing that was proven is fetched again.
    expect(receiver.heard.of('offer-received')).toHaveLength(1);
    const sent = second.heard.of('transfer').at(-1)?.sentBytes ?? bytes.length;
    // What leaves is counted with the heads of its frames; a chunk is 2 % of it.
    expect(sent).toBeLessThan(bytes.length * (1 - have / chunks + 0.001));
  });

  it('is another offer where it changed since, and the receiver takes that in its place', async () => {
    const { root, to, run, receive } = await newPlace();
    const receiver = receive('--once', '--accept', 'all');
    const file = newFile(root, noise(12 * MiB));
    const args = [file, '--to', 'ben', '--wait', '--json', '--config', slowly(root)];
    const first = run('send', ...args);
    await receiver.heard.until('download-progress', { where: ({ have }) => have > 2 });
    first.child.kill('SIGKILL');
    await first.exit;
    const longer = noise(15 * MiB);
    writeFileSync(file, longer);
    const second = run('send', ...args);
    await Promise.all([ends(second, 0), ends(receiver, 0)]);
    expect(hashOf(readFileSync(join(to, 'film.mkv')))).toBe(hashOf(longer));
    expect(receiver.heard.of('offer-received')).toHaveLength(2);
  });

  it('may come on standard input, of which nothing stays', async () => {
    const { to, sender: data, run, receive } = await newPlace();
    const receiver = receive('--once', '--accept', 'all');
    const sender = run('send', '-', '--name-as', 'log.txt', '--to', 'ben', ...PATIENT);
    sender.send('a line', 'another');
    sender.end();
    await Promise.all([ends(sender, 0), ends(receiver, 0)]);
    expect(readFileSync(join(to, 'log.txt'), 'utf8')).toBe('a line\nanother\n');
    expect(existsSync(join(data, 'oneshot', 'send', 'stdin'))).toBe(false);
    const endless = run('send', '-', '--to', 'ben', '--json');
    await endless.heard.until('ready');
    endless.send('more');
    endless.child.kill('SIGINT');
    await ends(endless, 130);
    expect(existsSync(join(data, 'oneshot', 'send', 'stdin'))).toBe(false);
  });

  it('is asked about, and ends with 1 where it is not wanted', async () => {
    const { root, to, run, receive } = await newPlace();
    const receiver = receive('--accept', 'ask', '--once');
    const file = newFile(root, noise(1000));
    const sender = run('send', file, '--to', 'ben', ...PATIENT);
    await receiver.heard.until('offer-received');
    receiver.send('n');
    await ends(sender, 1);
    expect(sender.stderr()).toBe('p2p: film.mkv was not sent: it is not wanted\n');
    expect(existsSync(to)).toBe(false);
    const again = run('send', file, '--to', 'ben', ...PATIENT);
    await receiver.heard.until('offer-received', { from: receiver.heard.all.length });
    receiver.send('y');
    await Promise.all([ends(again, 0), ends(receiver, 0)]);
    expect(readdirSync(to)).toEqual(['film.mkv']);
  });

  it('is taken back where the sender is interrupted', async () => {
    const { root, run, receive } = await newPlace();
    const receiver = receive('--accept', 'ask', '--once');
    const sender = run('send', newFile(root, noise(1000)), '--to', 'ben', ...PATIENT);
    await receiver.heard.until('offer-received');
    sender.child.kill('SIGINT');
    await ends(sender, 130);
    expect(sender.lines.at(-1)).toBe('Goodbye.');
    expect(await receiver.heard.until('offer-withdrawn')).toMatchObject({ why: 'cancelled' });
    receiver.end();
    receiver.child.kill('SIGTERM');
    await ends(receiver, 143);
  });

  it('reaches whoever takes it, from the same identity each time', async () => {
    const { root, to, run, receive } = await newPlace();
    const receiver = receive('--accept', 'all');
    await receiver.heard.until('ready');
    const send = (name: string) =>
      run('send', newFile(root, Buffer.from(name), name), '--all', '--wait', '--json');
    const first = send('one');
    await ends(first, 0);
    const second = send('two');
    await ends(second, 0);
    expect(readdirSync(to).toSorted()).toEqual(['one', 'two']);
    const [one, two] = [first, second].map(({ heard }) => heard.of('ready')[0]?.peerId);
    expect(one).toBe(two);
  });
});

describe('a command that cannot do what it is for', () => {
  it('says that nobody came, and ends with 69', async () => {
    const { root, port, run } = await newPlace();
    const file = newFile(root, noise(10));
    const named = run('send', file, '--to', 'nobody', '--timeout', '1');
    await ends(named, 69);
    expect(named.stderr()).toMatch(/^p2p: nobody did not appear \(waited 1 s; [^\n]+\)\n$/);
    const addressed = run('send', file, '--to', `${HOST}:${port}`, '--timeout', '1');
    await ends(addressed, 69);
    expect(addressed.stderr()).toMatch(/^p2p: 127\.0\.0\.1:\d+: [^\n]+\(waited 1 s; [^\n]+\)\n$/);
    const all = run('send', file, '--all', '--timeout', '1');
    await ends(all, 69);
    expect(all.stderr()).toBe('p2p: film.mkv was not sent: nobody has taken it in time\n');
  });

  it('ends with 64 before it waits where a path is missing, or there is nobody to ask', async () => {
    const { root, run, receive } = await newPlace();
    const sender = run('send', join(root, 'missing'), '--to', 'ben', '--wait');
    await ends(sender, 64);
    expect(sender.stderr()).toMatch(/^p2p: [^\n]+missing does not exist\n$/);
    const receiver = receive();
    await ends(receiver, 64);
    expect(receiver.stderr()).toMatch(/^p2p: there is no terminal to ask on: --accept [^\n]+\n$/);
    const getter = run('get', 'x', '--to', join(root, 'no', 'such'));
    await ends(getter, 64);
    expect(getter.stderr()).toMatch(/^p2p: --to: the folder [^\n]+ does not exist[^\n]+\n$/);
  });
});

describe('p2p get', () => {
  it('fetches what a peer shares, what it is now each time, and ends with 1 where nobody has it', async () => {
    const network = await createNetwork(1, undefined, {
      prepare: ({ share }) => writeFileSync(join(share, 'film.mkv'), noise(2 * MiB)),
    });
    const [anna] = network.peers;
    const [to, again] = [join(network.folder, 'got.mkv'), join(network.folder, 'again.mkv')];
    const net = ['--host', HOST, '--discovery-port', `${network.discoveryPort}`];
    const own = ['--json', '--data', join(network.folder, 'getter')];
    const get = (...args: readonly string[]) => startProgram(['get', ...net, ...own, ...args]);
    const getter = get('film.mkv', '--to', to, ...PATIENT);
    await ends(getter, 0);
    const shared = join(anna?.home.share ?? '', 'film.mkv');
    expect(hashOf(readFileSync(to))).toBe(hashOf(readFileSync(shared)));
    writeFileSync(shared, noise(3 * MiB));
    await anna?.heard.until('share-changed');
    const other = get('film.mkv', '--to', again, '--from', anna?.peerId ?? '', ...PATIENT);
    await ends(other, 0);
    expect(hashOf(readFileSync(again))).toBe(hashOf(readFileSync(shared)));
    writeFileSync(shared, 'small');
    await anna?.heard.until('share-changed', { where: ({ bytes }) => bytes === 5 });
    const third = get('film.mkv', '--to', join(network.folder, 'third.mkv'), ...PATIENT);
    await ends(third, 0);
    expect(readFileSync(join(network.folder, 'third.mkv'), 'utf8')).toBe('small');
    expect(getter.heard.of('ready')[0]?.peerId).toBe(other.heard.of('ready')[0]?.peerId);
    const missing = get('nothing.mkv', '--timeout', '1');
    await ends(missing, 1);
    expect(missing.stderr()).toMatch(/^p2p: nothing\.mkv was not fetched: /);
    expect(missing.heard.of('download-failed')).toMatchObject([{ code: 'not-found' }]);
  });

  it('finds what it fetched before, a file or a folder, and puts another one of its name beside that', async () => {
    const network = await createNetwork(1, undefined, {
      prepare: ({ share }) => {
        newFile(share, noise(2 * MiB));
        mkdirSync(join(share, 'album'));
        newFile(join(share, 'album'), noise(3000), 'a.txt');
      },
    });
    const [anna] = network.peers;
    const to = join(network.folder, 'to');
    mkdirSync(to);
    const net = ['--host', HOST, '--discovery-port', `${network.discoveryPort}`, ...PATIENT];
    const own = ['--json', '--data', join(network.folder, 'getter'), '--to', to];
    const got = async (name: string) => {
      const getter = startProgram(['get', name, ...net, ...own]);
      await ends(getter, 0);
      return getter.heard.of('download-completed')[0];
    };
    for (const name of ['film.mkv', 'album']) {
      expect(await got(name)).not.toHaveProperty('alreadyHere');
      const again = { alreadyHere: true, fetchedBytes: 0, path: join(to, name) };
      expect(await got(name)).toMatchObject(again);
    }
    const other = noise(2 * MiB).toReversed();
    writeFileSync(join(anna?.home.share ?? '', 'film.mkv'), other);
    await anna?.heard.until('share-changed');
    expect((await got('film.mkv'))?.path).toBe(join(to, 'film (1).mkv'));
    expect(readdirSync(to).toSorted()).toEqual(['album', 'film (1).mkv', 'film.mkv']);
  });
});
