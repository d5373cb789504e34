/** `p2p udp-send` and `p2p udp-receive` as two processes. */
import { createHash } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { MiB } from '#src/domain/limits.js';
import { noise } from '#test/support/contents.js';
import { newFolder } from '#test/support/folders.js';
import { freePeerBase, HOST } from '#test/support/places.js';
import { type Program, startProgram } from '#test/support/program.js';

// Several programs one after the other: ten seconds where many other tests run.
vi.setConfig({ testTimeout: 60_000 });

/** Each of them waits 15 s for an answer, and five programs start at once before. */
const GIVEN_UP_MS = 60_000;

/** Nobody gets that far before it is killed; it has no bytes on the disk. */
const LARGE_BYTES = 2048 * MiB;

/** What a program says with `--json`, as far as it is looked at here. */
type Said = { readonly type: string; readonly [key: string]: unknown };

type Place = {
  readonly port: number;
  readonly folder: string;
  readonly receive: (...more: readonly string[]) => Program;
  readonly send: (path: string, ...more: readonly string[]) => Program;
};

async function newPlace(): Promise<Place> {
  const root = newFolder();
  const folder = join(root, 'to');
  mkdirSync(folder);
  const port = await freePeerBase();
  const data = (name: string) => ['--data', join(root, name)];
  return {
    port,
    folder,
    receive: (...more) =>
      startProgram(
        ['udp-receive', `${port}`, '--host', HOST, '--to', folder].concat(data('receiver'), more),
      ),
    send: (path, ...more) =>
      startProgram(['udp-send', path, `${HOST}:${port}`, ...data('sender'), ...more]),
  };
}

function newFile(bytes: Uint8Array, name = 'film.mkv'): string {
  const path = join(newFolder(), name);
  writeFileSync(path, bytes);
  return path;
}

/** Resolves once it says a line like that. */
function line(program: Program, like: RegExp): Promise<void> {
  const { stdout } = program.child;
  return new Promise((resolve, reject) => {
    const look = () => {
      if (program.lines.some((text) => like.test(text))) resolve();
    };
    look();
    stdout?.on('data', () => setImmediate(look));
    void program.exit.then(() =>
      reject(new Error(`it ended without ${like}: ${program.lines.join('\n')}`)),
    );
  });
}

const until = (program: Program, type: string) =>
  program.heard.until(type as never) as unknown as Promise<Said>;

const hashOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

describe('a file over bare datagrams', () => {
  it('arrives whole though a fifth of the packets is dropped at each end, and both sides tell how', async () => {
    const bytes = noise(9 * MiB);
    const { folder, receive, send } = await newPlace();
    const receiver = receive('--yes', '--loss', '20');
    await line(receiver, /^Waiting for a file on UDP /);
    const sender = send(newFile(bytes), '--loss', '20');
    expect(await sender.exit).toEqual({ code: 0, signal: null });
    expect(await receiver.exit).toEqual({ code: 0, signal: null });
    expect(hashOf(readFileSync(join(folder, 'film.mkv')))).toBe(hashOf(bytes));
    expect(readdirSync(folder)).toEqual(['film.mkv']);
    const told = sender.lines.join('\n');
    expect(told).toMatch(/^Sent film\.mkv: 9\.0 MiB in \d+\.\d s, [\d.]+ [KM]iB\/s$/m);
    expect(told).toMatch(
      /packets: \d{3,} sent, acknowledgements too; of the others [1-9]\d* lost, [1-9]\d* retransmissions;/,
    );
    expect(told).toMatch(/NAKs: \d+ received/);
    expect(receiver.lines.join('\n')).toMatch(/ wants to send film\.mkv, 9\.0 MiB\.$/m);
    expect([sender.stderr(), receiver.stderr()]).toEqual(['', '']);
  });

  it('is asked about, taken with y, and told to programs as objects', async () => {
    const { folder, receive, send } = await newPlace();
    const receiver = receive('--json');
    await until(receiver, 'listening');
    const sender = send(newFile(noise(1000)), '--json');
    const offered = await until(receiver, 'offered');
    expect(offered).toMatchObject({ file: 'film.mkv', bytes: 1000, host: HOST });
    expect(readdirSync(folder)).toEqual([]);
    receiver.send('what?', 'y');
    expect(await until(sender, 'sent')).toMatchObject({ file: 'film.mkv', bytes: 1000 });
    expect(await until(receiver, 'received')).toMatchObject({ path: join(folder, 'film.mkv') });
    expect([(await sender.exit).code, (await receiver.exit).code]).toEqual([0, 0]);
  });

  it('is refused with n, and at the end of input, and the sender ends with 1', async () => {
    const { folder, receive, send } = await newPlace();
    const receiver = receive();
    await line(receiver, /^Waiting/);
    const path = newFile(noise(1000));
    const first = send(path);
    await line(receiver, /Take it\? \(y\/n\)$/);
    receiver.send('n');
    expect((await first.exit).code).toBe(1);
    expect(first.stderr()).toBe('p2p: film.mkv was not sent: the other end does not want it\n');
    await line(receiver, /^Refused film\.mkv\. Waiting on\.$/);
    receiver.end();
    const second = send(path);
    expect((await second.exit).code).toBe(1);
    expect((await receiver.exit).code).toBe(1);
    expect(receiver.stderr()).toMatch(/^p2p: input has ended, [^\n]*--yes[^\n]*\n$/);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('leaves nothing behind when either side is interrupted, and the other is told', async () => {
    const { folder, receive, send } = await newPlace();
    const path = newFile(noise(MiB));
    const receiver = receive();
    await line(receiver, /^Waiting/);
    const leaving = send(path);
    await line(receiver, /Take it/);
    const complaint = once(receiver.child.stderr ?? process.stderr, 'data');
    leaving.child.kill('SIGINT');
    expect(await leaving.exit).toEqual({ code: 130, signal: null });
    const [said] = (await complaint) as [string];
    expect(said).toMatch(/^p2p: .+ at 127\.0\.0\.1 stopped sending; waiting on\n$/);
    const left = send(path);
    await line(left, /^Asking/);
    receiver.child.kill('SIGINT');
    expect(await receiver.exit).toEqual({ code: 130, signal: null });
    expect((await left.exit).code).toBe(1);
    expect(left.stderr()).toBe('p2p: film.mkv was not sent: the other end stopped taking it\n');
    expect(readdirSync(folder)).toEqual([]);
  });

  it(
    'is given up in bounded time by whoever is left when the other is killed, or was never there',
    async () => {
      const [one, other, nowhere] = [await newPlace(), await newPlace(), await newPlace()];
      const path = newFile(new Uint8Array(0));
      truncateSync(path, LARGE_BYTES);
      const taking = ['--yes', '--json'];
      const [staying, dying] = [one.receive(...taking), other.receive(...taking)];
      await Promise.all([until(staying, 'listening'), until(dying, 'listening')]);
      const [killed, left, lonely] = [one.send(path), other.send(path), nowhere.send(path)];
      const kill = async (when: Program, whom: Program) => {
        await until(when, 'progress');
        whom.child.kill('SIGKILL');
      };
      await Promise.all([kill(staying, killed), kill(dying, dying)]);
      const failed = staying.heard.until('failed' as never, { withinMs: GIVEN_UP_MS });
      expect((await lonely.exit).code).toBe(1);
      expect(lonely.stderr()).toMatch(/^p2p: film\.mkv was not sent: nobody answered at [^\n]+\n$/);
      expect((await left.exit).code).toBe(1);
      expect(left.stderr()).toMatch(/^p2p: film\.mkv was not sent: [^\n]+\n$/);
      expect(await failed).toMatchObject({ code: 'unreachable' });
      expect(readdirSync(one.folder)).toEqual([]);
      expect(readdirSync(other.folder)).toEqual(['.p2p-partial']);
    },
    2 * GIVEN_UP_MS,
  );
});

describe('a file over bare datagrams is not begun', () => {
  it.each([
    ['a file that does not exist', ['udp-send', '/no/such', 'localhost:1'], 64, /does not exist/],
    ['a folder', ['udp-send', '/', 'localhost:1'], 64, /folder|name/],
    ['no address', ['udp-send', process.execPath, 'localhost'], 64, /HOST:PORT/],
    ['no port', ['udp-receive', '70000'], 64, /1 to 65535/],
    ['a name to listen on', ['udp-receive', '4000', '--host', 'localhost'], 64, /IP address/],
    [
      'an address of nobody',
      ['udp-receive', '4000', '--host', '192.0.2.1'],
      69,
      /no address of this/,
    ],
    ['a loss that is no share', ['udp-receive', '4000', '--loss', '95'], 64, /--loss/],
    ['a folder that cannot be made', ['udp-receive', '4000', '--to', '/no/such/one'], 69, /such/],
  ])('with %s: one line says why', async (_, args, code, sentence) => {
    const program = startProgram([...args, '--data', join(newFolder(), 'data')]);
    expect((await program.exit).code).toBe(code);
    expect(program.stderr()).toMatch(sentence);
    expect(program.stderr()).toMatch(/^p2p: [^\n]+\n$/);
    expect(program.lines).toEqual([]);
  });

  it('with nobody at an IPv6 address, which is named as it was written', async ({ skip }) => {
    const socket = createSocket('udp6');
    const bound = once(socket, 'listening').catch(() => skip('no IPv6 here'));
    socket.bind(0, '::1');
    await bound;
    const { port } = socket.address();
    socket.close();
    const data = ['--data', join(newFolder(), 'data')];
    const program = startProgram(['udp-send', newFile(noise(1)), `[::1]:${port}`, ...data]);
    expect((await program.exit).code).toBe(1);
    expect(program.stderr()).toContain(`nobody answered at [::1]:${port}, to`);
  });

  it('on a port that is taken: 69', async () => {
    const { port, receive } = await newPlace();
    const socket = createSocket('udp4').bind({ port, address: HOST, exclusive: true });
    await once(socket, 'listening');
    const program = receive('--yes');
    expect((await program.exit).code).toBe(69);
    expect(program.stderr()).toBe(`p2p: port ${port} (UDP) is in use\n`);
    socket.close();
  });
});
