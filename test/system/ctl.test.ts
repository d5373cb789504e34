/** `p2p ctl` as scripts run it, against whole peers. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { commandsFor } from '#src/cli/commands/table.js';
import { KiB } from '#src/domain/limits.js';
import { noise } from '#test/support/contents.js';
import { newFolder } from '#test/support/folders.js';
import { createNetwork, knows, seen, type TestPeer } from '#test/support/network.js';
import { startPeerProgram } from '#test/support/peer-program.js';
import { type Program, startProgram } from '#test/support/program.js';

// Each command is a program: a quarter of a second, several where many other tests run.
vi.setConfig({ testTimeout: 120_000 });

type Done = { readonly code: number | null; readonly out: string; readonly complaint: string };

async function done(program: Program): Promise<Done> {
  const { code } = await program.exit;
  return { code, out: program.lines.join('\n'), complaint: program.stderr() };
}

/** One command for the peer with this data folder. */
function ctl(data: string, ...words: readonly string[]): Promise<Done> {
  return done(startProgram(['ctl', '--data', data, ...words]));
}

const film = noise(3_000_000);

/** Anna and Ben know each other; Anna is told what to do by `p2p ctl`, and Ben shares a film. */
async function scene() {
  const network = await createNetwork(2, undefined, {
    settings: { drills: true },
    prepare: ({ share }, index) => {
      if (index === 1) writeFileSync(join(share, 'film.mkv'), film);
      if (index === 1) writeFileSync(join(share, 'notes.txt'), 'notes');
    },
  });
  const [anna, ben] = network.peers as [TestPeer, TestPeer];
  await Promise.all([knows(anna, [ben]), knows(ben, [anna])]);
  await seen(anna, 'film.mkv');
  await seen(anna, 'notes.txt');
  const told = (...words: readonly string[]) => ctl(anna.home.data, ...words);
  return { network, anna, ben, told };
}

describe('a peer that runs', () => {
  it('does for `p2p ctl` what it does for a line on its input, every command of them', async () => {
    const { anna, ben, told } = await scene();
    const tried = new Set<string>();
    const does = async (line: string, code: number, ...said: readonly (string | RegExp)[]) => {
      const [command = '', ...words] = line.split(' ');
      tried.add(command);
      const { code: ended, out, complaint } = await told(command, ...words);
      expect({ line, ended, complaint: code === 0 ? complaint : '' }).toEqual({
        line,
        ended: code,
        complaint: '',
      });
      for (const one of said) expect(`${out}\n${complaint}`, line).toMatch(one);
    };
    const gift = join(newFolder(), 'gift.txt');
    writeFileSync(gift, 'for Ben');
    await does('list', 0, 'film.mkv', 'notes.txt');
    await does('list film', 0, /film\.mkv/);
    await does('find film.mkv', 0, 'film.mkv', ben.name);
    await does('status', 0, anna.name);
    await does('download film.mkv', 0, /film\.mkv/, `from ${ben.name}`);
    expect(readFileSync(join(anna.home.downloads, 'film.mkv')).equals(film)).toBe(true);
    await does('download nothing-of-this-name', 1, 'nothing-of-this-name');
    await does('transfers', 0, 'film.mkv');
    await does('pause --all', 0);
    await does('pause film.mkv', 64, 'p2p: ');
    await does('resume --all', 0);
    await does('cancel film.mkv', 64, 'p2p: ');
    await does('priority film.mkv high', 64, 'p2p: ');
    await does('limit upload 2MB/s', 0, /2\.0 MB|1\.9 MiB/);
    await does('limit upload off', 0);
    expect(anna.status().limits.upload).toBeNull();
    await does(`share ${gift}`, 0, 'gift.txt');
    await does('unshare gift.txt', 0, 'gift.txt');
    await does(`share ${gift}.not`, 64, 'gift.txt.not');
    await does(`send ${gift} --to ${ben.peerId}`, 0, 'gift.txt', ben.name);
    await does(`send /nowhere/gift.txt --to ${ben.peerId}`, 64, '/nowhere/gift.txt');
    await ben.send(join(ben.home.share, 'notes.txt'), { to: anna.peerId });
    await ben.send(join(ben.home.share, 'film.mkv'), { to: anna.peerId });
    await anna.heard.until('offer-received', { where: ({ name }) => name === 'film.mkv' });
    await does('offers', 0, 'notes.txt', ben.name);
    await does('accept 1', 0, 'notes.txt');
    await does('reject 2', 0);
    await does('reject 7', 64, 'p2p: ');
    await does('peers', 0, ben.name);
    await does(`add 127.0.0.1:${ben.ports.mesh}`, 0, ben.name);
    await does('add 127.0.0.1:1', 1, 'p2p: ');
    await does(`verify ${ben.peerId}`, 0, ben.name, /\w+ \w+ \w+ \w+/);
    for (const trusted of ['trust', 'block', 'unblock', 'forget']) {
      await does(`${trusted} ${ben.peerId}`, 0);
    }
    await knows(anna, [ben]);
    await does('say hello --all of you', 0, 'hello --all of you');
    await vi.waitFor(async () => expect((await told('tell', ben.peerId, 'psst')).code).toBe(0), {
      timeout: 30_000,
    });
    await does(`tell ${ben.peerId} psst again`, 0, ben.name);
    await does('tell nobody psst', 64, 'p2p: ');
    await does('history --all', 0, 'hello --all of you', 'psst');
    await does('topo', 0, anna.name);
    await does('name Anna B.', 0, 'Anna B.');
    await does('colour Teal', 0, 'shown in teal');
    await does('colour mauve', 64, 'a colour is one of red');
    await does('away at lunch', 0, 'at lunch');
    expect(anna.status()).toMatchObject({ name: 'Anna B.', colour: 'teal' });
    await does('back', 0);
    await does('help', 0, 'download NAME');
    await does('drill kill hasher', 0);
    await does('lst', 64, 'did you mean list');
    await does('list --fast now', 64, 'usage: list');
    await does('download', 64, 'needs');
    await does('stop --network', 64, 'network key');
    await does('stop', 0);
    expect(await anna.closed).toBe(0);
    await does('exit', 69, 'p2p: no peer answers at', 'is it running?');
    for (const { name } of commandsFor(true)) expect([...tried, 'lst']).toContain(name);
  });

  it('has ended once `p2p ctl exit` is done: it starts again at once in the same folder', async () => {
    const { network, anna, told } = await scene();
    for (let round = 0; round < 3; round += 1) {
      expect(await told('exit')).toMatchObject({ code: 0, complaint: '' });
      await network.start(anna.home);
    }
  });

  it('is told to go on where what answers `p2p ctl` was killed while it waited: with 1, and one line', async () => {
    const { anna, ben, told } = await scene();
    ben.limit('upload', 64 * KiB);
    const waiting = told('download', 'film.mkv');
    await anna.heard.until('download-started');
    anna.drill('kill', 'web');
    expect(await waiting).toMatchObject({
      code: 1,
      complaint:
        'p2p: the connection to the peer was lost, and the peer goes on: what became of this is in `p2p ctl transfers` and `p2p ctl status`\n',
    });
    expect((await told('transfers')).out).toContain('film.mkv');
  });

  it('is missed in one line where it was killed, and started again takes its place', async () => {
    const network = await createNetwork(0);
    const home = network.home('killed');
    const first = await startPeerProgram(network, home);
    await first.heard.until('ready');
    first.child.kill('SIGKILL');
    await first.exit;
    const { code, complaint } = await ctl(home.data, 'status');
    expect(code).toBe(69);
    expect(complaint).toMatch(
      /^p2p: no peer answers at .*: the one that left it was killed, start/,
    );
    const second = await startPeerProgram(network, home);
    await second.heard.until('ready');
    expect((await ctl(home.data, 'status')).code).toBe(0);
  });

  it('shows a thousand messages at most from another terminal, and says so in one line', async () => {
    const { told } = await scene();
    expect((await told('history', '-n', '1000')).code).toBe(0);
    expect(await told('history', '-n', '1001')).toMatchObject({
      code: 64,
      complaint:
        'p2p: at most 1000 messages come here: more are shown where the peer itself was started\n',
    });
  });

  it('has none to be told where none runs, and says how to start one', async () => {
    const nowhere = { XDG_DATA_HOME: newFolder(), HOME: newFolder(), LOCALAPPDATA: newFolder() };
    const { code, complaint } = await done(startProgram(['ctl', 'list'], { env: nowhere }));
    expect({ code, complaint }).toEqual({
      code: 69,
      complaint:
        'p2p: no peer runs here: start one with `p2p start`, or say which with --data DIR or --port N\n',
    });
  });

  it('is not needed for the list of commands, or one of them', async () => {
    const env = { XDG_DATA_HOME: newFolder(), HOME: newFolder(), LOCALAPPDATA: newFolder() };
    const helped = (...words: readonly string[]) =>
      done(startProgram(['ctl', 'help', ...words], { env }));
    expect(await helped()).toMatchObject({
      code: 0,
      out: expect.stringContaining('download NAME'),
      complaint: '',
    });
    expect((await helped('lst')).complaint).toContain('did you mean list');
  });

  it('shows names of others, who may mean ill by them, as the terminal does', async () => {
    const { anna, ben, told } = await scene();
    const name = '\u202e<img onerror>';
    await ben.rename(name);
    await anna.heard.until('peer-changed', { where: (said) => said.name === name });
    const { out } = await told('peers');
    expect(out).toContain('\\u{202e}<img');
    expect(out).not.toContain('\u202e');
  });

  it('answers programs with one JSON object a line', async () => {
    const { told, ben } = await scene();
    const { code, out } = await told('--json', 'peers');
    expect(code).toBe(0);
    expect(out.split('\n').map((line) => JSON.parse(line) as object)).toEqual([
      { type: 'peers', peers: [expect.objectContaining({ peerId: ben.peerId })] },
    ]);
  });
});
