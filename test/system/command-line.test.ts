import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { newFolder } from '#test/support/folders.js';
import { createNetwork } from '#test/support/network.js';
import { startPeerProgram } from '#test/support/peer-program.js';
import { freeDiscoveryPort, freePeerBase, HOST } from '#test/support/places.js';
import { type Program, startProgram } from '#test/support/program.js';

const IS_ROOT = process.getuid?.() === 0;
const NOBODY = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];

/** Ends by itself with this code and says why in one line; nothing comes on stdout. */
async function refused(program: Program, code: number, sentence: RegExp): Promise<void> {
  expect(await program.exit).toEqual({ code, signal: null });
  expect(program.stderr()).toMatch(sentence);
  expect(program.stderr()).toMatch(/^p2p: [^\n]+\n$/);
  expect(program.lines).toEqual([]);
}

/** The flags of a peer that meets nobody, in a folder of its own. */
async function flags(...more: readonly string[]): Promise<readonly string[]> {
  const [base, discovery] = [await freePeerBase(), await freeDiscoveryPort()];
  const data = join(newFolder(), 'data');
  const own = ['--host', HOST, '--port', `${base}`, '--discovery-port', `${discovery}`];
  return ['start', '--json', ...own, '--data', data, ...more];
}

function configured(text: string): readonly string[] {
  const file = join(newFolder(), 'peer.json');
  writeFileSync(file, text);
  return ['start', '--config', file];
}

describe('p2p start refuses', () => {
  it.each([
    ['an unknown flag', ['start', '--prot', '5'], /--prot.*--port/],
    ['an unknown command', ['strat'], /strat.*start/],
    ['a value that is almost right', ['start', '--port', '5x'], /--port is "5x"/],
    ['a share that does not exist', ['start', '--share', '/no/such/thing'], /\/no\/such\/thing/],
    ['a config file that does not exist', ['start', '--config', '/no/such.json'], /such\.json/],
    [
      'a data folder whose parent does not exist',
      ['start', '--data', '/no/such/data'],
      /\/no\/such/,
    ],
  ])('%s with 64, in one line', (_, args, sentence) => refused(startProgram(args), 64, sentence));

  it.each([
    ['an unknown setting', '{ "prot": 5 }', /prot.*port/],
    ['a setting of the wrong type', '{ "port": "5" }', /port/],
    ['an unknown setting below another', '{ "transfer": { "timeout": 5 } }', /transfer\.timeout/],
    ['what is no JSON', '{ "port": 5,, }', /peer\.json:1:13/],
  ])('a config file with %s with 64, in one line', (_, text, sentence) =>
    refused(startProgram(configured(text)), 64, sentence),
  );

  it('ports that are taken with 69, naming every one', async () => {
    const base = await freePeerBase();
    for (const port of [base + 1, base + 3]) await occupied(port);
    const args = await flags('--port', `${base}`);
    await refused(startProgram(args), 69, new RegExp(`ports ${base + 1}, ${base + 3} are in use`));
  });

  it('an address that is not of this machine with 69', async () => {
    await refused(startProgram(await flags('--host', '203.0.113.7')), 69, /203\.0\.113\.7/);
  });

  it('a data folder that another peer uses with 69', async () => {
    const args = await flags();
    const first = startProgram(args);
    await first.heard.until('ready');
    const again = [...args, '--port', `${await freePeerBase()}`];
    await refused(startProgram(again), 69, /in use/);
    first.send('exit');
    expect(await first.exit).toEqual({ code: 0, signal: null });
  });

  it.skipIf(!IS_ROOT)('a share that its user may not read with 64', async () => {
    const root = mkdtempSync(join(tmpdir(), 'p2p-nobody-'));
    onTestFinished(() => rmSync(root, { recursive: true, force: true }));
    chmodSync(root, 0o777);
    const share = join(root, 'secret');
    mkdirSync(share, { mode: 0o700 });
    const args = await flags('--data', join(root, 'data'), '--share', share);
    // Nobody may not write root's coverage either, and says so.
    const before = [...NOBODY, 'env', '-u', 'NODE_V8_COVERAGE'];
    await refused(startProgram(args, { before, cwd: root }), 64, /secret.*may not be read/);
  });
});

describe('p2p start ends', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 0],
  ] as const)('on %s with %d, after its goodbye', async (signal, code) => {
    const program = startProgram(await flags());
    await program.heard.until('ready');
    program.child.kill(signal);
    expect(await program.exit).toEqual({ code, signal: null });
    expect(program.heard.all.at(-1)).toEqual({ type: 'bye', exitCode: code });
    expect(program.stderr()).toBe('');
  });

  it('with 0 when nobody reads its output any more', async () => {
    const program = startProgram(await flags());
    await program.heard.until('ready');
    program.child.stdout?.destroy();
    program.send('list', 'status');
    expect(await program.exit).toEqual({ code: 0, signal: null });
    expect(program.stderr()).toBe('');
  });

  it('at the end of its input only where --exit-on-eof says so, after the last line has run', async () => {
    const staying = startProgram(await flags());
    const leaving = startProgram(await flags('--exit-on-eof'));
    for (const program of [staying, leaving]) {
      await program.heard.until('ready');
      program.child.stdin?.end('status #last');
      expect((await program.heard.until('status')).ref).toBe('last');
    }
    expect(await leaving.exit).toEqual({ code: 0, signal: null });
    expect(staying.child.exitCode).toBeNull();
    staying.child.kill('SIGTERM');
    expect(await staying.exit).toEqual({ code: 0, signal: null });
  });

  it('with 1 where a download that it waited for failed', async () => {
    const program = startProgram(await flags('--exit-on-eof'));
    program.send('download nothing-of-that-name #d');
    program.end();
    expect(await program.exit).toEqual({ code: 1, signal: null });
    expect(program.heard.of('download-failed')).toMatchObject([{ code: 'not-found', ref: 'd' }]);
    expect(program.heard.all.at(-1)).toEqual({ type: 'bye', exitCode: 1 });
  });

  it('with 0 where the downloads it waited for have arrived', async () => {
    const network = await createNetwork(1, undefined, {
      prepare: ({ share }) => writeFileSync(join(share, 'file'), 'some bytes'),
    });
    const program = await startPeerProgram(network, network.home('asker'), {}, ['--exit-on-eof']);
    await program.heard.until('peer-up');
    program.send('download file');
    program.end();
    expect(await program.exit).toEqual({ code: 0, signal: null });
    expect(program.heard.of('download-completed')).toMatchObject([{ name: 'file', bytes: 10 }]);
  });
});

describe('with --json', () => {
  it('every line is an object with a type, the last is bye, and answers carry their reference', async () => {
    const network = await createNetwork(1, undefined, {
      prepare: ({ share }) => writeFileSync(join(share, 'a file'), 'some bytes'),
    });
    const [other] = network.peers;
    const home = network.home('asker');
    writeFileSync(join(home.downloads, '..', 'mine.txt'), 'mine');
    const program = await startPeerProgram(network, home);
    await program.heard.until('peer-up');
    program.send('list #l', 'LIST a #l2', 'peers #p', 'status #s', 'help #h', 'lst #u');
    program.send('download "a file" #d', 'download nowhere #n', 'download #e');
    program.send(`share "${join(home.downloads, '..', 'mine.txt')}" #sh`);
    program.send('add nonsense #a', 'unshare nothing #un', `add ${HOST}:${other?.ports.mesh} #ad`);
    await program.heard.until('share-added', { where: ({ ref }) => ref === 'sh' });
    program.send('unshare mine.txt #rm');
    for (const [type, ref] of [
      ['list', 'l'],
      ['list', 'l2'],
      ['peers', 'p'],
      ['status', 's'],
      ['help', 'h'],
      ['error', 'u'],
      ['download-started', 'd'],
      ['download-completed', 'd'],
      ['download-failed', 'n'],
      ['error', 'e'],
      ['error', 'a'],
      ['error', 'un'],
      ['peer-added', 'ad'],
      ['share-removed', 'rm'],
    ] as const) {
      await program.heard.until(type, { where: (said: { ref?: string }) => said.ref === ref });
    }
    const unknown = program.heard.of('error').find(({ ref }) => ref === 'u');
    expect(unknown).toMatchObject({
      code: 'unknown-command',
      message: expect.stringContaining('list'),
    });
    program.send('exit #x');
    expect(await program.exit).toEqual({ code: 0, signal: null });
    const said = program.lines.map((line) => JSON.parse(line) as { type?: unknown });
    for (const line of said) expect(typeof line.type).toBe('string');
    expect(said[0]).toMatchObject({ type: 'ready' });
    expect(said.at(-1)).toEqual({ type: 'bye', exitCode: 0, ref: 'x' });
    expect(said.filter(({ type }) => type === 'bye')).toHaveLength(1);
    expect(program.stderr()).toBe('');
  });
});

async function occupied(port: number): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen({ host: HOST, port }, () => resolve()));
  onTestFinished(() => new Promise((resolve) => void server.close(() => resolve())));
}
