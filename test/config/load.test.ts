import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Flags, loadSettings, settingsFrom } from '#config/load.js';
import type { P2pError } from '#src/domain/errors.js';

let folder = '';

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'p2p settings ')));
  mkdirSync(join(folder, 'home'));
  mkdirSync(join(folder, 'etc'));
  mkdirSync(join(folder, 'work'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

type Given = { file?: unknown; env?: Record<string, string>; flags?: Flags };

function machine() {
  return { os: 'linux', home: join(folder, 'home'), hostName: 'larder' } as const;
}

function load(given: Given) {
  const file = join(folder, 'etc', 'peer.json');
  if (given.file !== undefined) {
    writeFileSync(file, typeof given.file === 'string' ? given.file : JSON.stringify(given.file));
  }
  return loadSettings({
    file: given.file === undefined ? undefined : file,
    flags: given.flags ?? {},
    env: given.env ?? {},
    cwd: join(folder, 'work'),
    machine: machine(),
  });
}

function failure(run: () => unknown): P2pError {
  try {
    run();
  } catch (error) {
    return error as P2pError;
  }
  throw new Error('nothing was refused');
}

describe('the settings', () => {
  it('are the defaults where nothing is given', () => {
    const settings = load({});
    expect(settings).toMatchObject({
      port: null,
      host: '0.0.0.0',
      name: null,
      share: [],
      data: null,
      peers: [],
      downloads: { folder: join(folder, 'home', 'p2p-downloads'), resumeAtStart: true },
      discovery: { enabled: true, port: 27_450, heartbeatMs: 15_000, expiryMs: 45_000 },
      transfer: { transport: 'auto', timeoutMs: 60_000 },
      distribution: { enabled: true, intervalMs: 10_000, copies: 2, roundBytes: 67_108_864 },
      store: { quotaBytes: 2_147_483_648 },
      sharing: { downloads: true },
      mesh: { pingMs: 10_000, deadAfterMs: 30_000 },
      logLevel: 'info',
      drills: false,
    });
  });

  it('come from flags before the environment before the file', () => {
    const file = { port: 1001, name: 'file', host: '127.0.0.1', logLevel: 'warn' };
    const env = { P2P_PORT: '1002', P2P_NAME: 'env' };
    const settings = load({ file, env, flags: { port: '1003' } });
    expect(settings).toMatchObject({
      port: 1003,
      name: 'env',
      host: '127.0.0.1',
      logLevel: 'warn',
    });
  });

  it('replace a list as a whole', () => {
    const settings = load({
      file: { peers: ['a:1', 'b:2'] },
      env: { P2P_PEERS: 'c:3, d:4' },
      flags: { peers: ['[::1]:5'] },
    });
    expect(settings.peers).toEqual(['[::1]:5']);
    expect(load({ env: { P2P_PEERS: 'c:3, d:4' } }).peers).toEqual(['c:3', 'd:4']);
  });

  it('part paths in the environment as PATH does, so that a comma belongs to its path', () => {
    mkdirSync(join(folder, 'work', 'a,b'));
    const env = { P2P_SHARE: `a,b${delimiter}${folder}` };
    expect(load({ env }).share).toEqual([join(folder, 'work', 'a,b'), folder]);
  });

  it('resolve paths of a file from its folder and all others from the working directory', () => {
    const file = { downloads: './d', data: '../etc/x' };
    expect(load({ file })).toMatchObject({
      downloads: { folder: join(folder, 'etc', 'd') },
      data: join(folder, 'etc', 'x'),
    });
    expect(load({ file, flags: { 'downloads.folder': 'd' } }).downloads.folder).toBe(
      join(folder, 'work', 'd'),
    );
    expect(load({ file, env: { P2P_DATA: 'e' } }).data).toBe(join(folder, 'work', 'e'));
    expect(load({ file: { downloads: '~/d' } }).downloads.folder).toBe(join(folder, 'home', 'd'));
  });

  it('put downloads inside a data folder that was named', () => {
    expect(load({ flags: { data: 'x' } }).downloads.folder).toBe(
      join(folder, 'work', 'x', 'downloads'),
    );
  });

  it.each([
    [{ downloads: './d' }],
    [{ downloads: { folder: './d' } }],
    [{ 'downloads.folder': './d' }],
  ])('take the downloads folder as %j', (file) => {
    expect(load({ file }).downloads.folder).toBe(join(folder, 'etc', 'd'));
  });

  it('take dotted keys in a file', () => {
    const file = { 'distribution.intervalMs': 500, 'downloads.resumeAtStart': false };
    expect(load({ file })).toMatchObject({
      distribution: { intervalMs: 500 },
      downloads: { resumeAtStart: false },
    });
  });

  it('take each transport there is, and a switch given as a flag as true', () => {
    for (const transport of ['tcp', 'udp', 'auto'] as const) {
      expect(load({ file: { transfer: { transport } } }).transfer.transport).toBe(transport);
    }
    expect(load({ flags: { drills: true } }).drills).toBe(true);
  });

  it('count an empty variable as not set', () => {
    expect(load({ env: { P2P_PORT: '', P2P_SHARE: '' } })).toMatchObject({ port: null, share: [] });
  });

  it('read a file that begins with a byte order mark', () => {
    expect(load({ file: '\uFEFF{"port": 5}' }).port).toBe(5);
  });
});

it('the example file works', () => {
  const options = { env: {}, cwd: process.cwd(), machine: machine() };
  expect(loadSettings({ ...options, file: 'config/peer.json' })).toMatchObject({
    share: [join(process.cwd(), 'docs')],
    downloads: { folder: join(folder, 'home', 'p2p-downloads') },
  });
});

describe('a wrong setting is refused in one line that names it and the mend', () => {
  const cases: readonly [string, Given, RegExp][] = [
    ['5x as a port', { flags: { port: '5x' } }, /^--port is "5x"; it has to be a whole number/],
    ['port 65533, which leaves no room', { flags: { port: '65533' } }, /from 1 to 65532/],
    ['a negative port', { env: { P2P_PORT: '-1' } }, /^P2P_PORT is "-1"/],
    ['a port with spaces', { env: { P2P_PORT: ' 5' } }, /^P2P_PORT is " 5"/],
    ['a port of 1e3', { env: { P2P_PORT: '1e3' } }, /whole number/],
    ['a port as text in a file', { file: { port: '5' } }, /"port" in .*peer\.json is "5"/],
    ['0 for false', { env: { P2P_DISCOVERY_ENABLED: '0' } }, /is "0"; it has to be true or false/],
    ['0 for false in a file', { file: { drills: 0 } }, /"drills" in .* is 0/],
    ['TRUE for true', { env: { P2P_DRILLS: 'TRUE' } }, /true or false/],
    ['one path where a list belongs', { file: { share: 'a,b' } }, /a list of paths/],
    ['an empty path', { env: { P2P_SHARE: `a${delimiter}` } }, /P2P_SHARE/],
    [
      'a peer without a port',
      { flags: { peers: ['host'] } },
      /^--peer: "host" is not HOST:PORT, like/,
    ],
    ['an empty share', { flags: { share: ['a', ''] } }, /^--share: "" is not a path$/],
    ['a long name', { flags: { name: 'x'.repeat(99) } }, /^--name is "x+\.\.\."; it has/],
    ['a bare IPv6 peer', { flags: { peers: ['::1:27460'] } }, /HOST:PORT/],
    ['a host name as address', { flags: { host: 'localhost' } }, /^--host .*IPv4 or IPv6/],
    ['a name of 65 bytes', { flags: { name: 'x'.repeat(65) } }, /^--name .*64 bytes/],
    ['a name with an escape', { env: { P2P_NAME: '\u001b[31m' } }, /control characters/],
    ['a size with a unit', { env: { P2P_STORE_QUOTA_BYTES: '2GiB' } }, /of bytes from 0/],
    ['a size beyond exact numbers', { file: { store: { quotaBytes: 1e300 } } }, /quotaBytes/],
    ['half a millisecond', { file: { mesh: { pingMs: 1000.5 } } }, /mesh\.pingMs/],
    [
      'a transport there is none of',
      { file: { transfer: { transport: 'quic' } } },
      /tcp, udp, auto/,
    ],
    ['an unknown level', { flags: { logLevel: 'loud' } }, /^--log-level .*silent, error/],
    ['an unknown setting', { file: { prot: 1 } }, /"prot" in .*did you mean "port"\?/],
    ['an unknown nested one', { file: { mesh: { pingms: 1 } } }, /did you mean "mesh\.pingMs"/],
    ['a group that is none', { file: { mesh: 5 } }, /"mesh" in .* is 5; .*object/],
    ['a prototype', { file: '{"__proto__": {"port": 5}}' }, /unknown setting: "__proto__"/],
    ['a nested prototype', { file: '{"mesh": {"__proto__": {}}}' }, /"mesh\.__proto__"/],
    ['a constructor', { file: { constructor: { prototype: {} } } }, /"constructor"/],
    ['a list as the file', { file: '[]' }, /it has to be an object/],
    ['an empty file', { file: '' }, /:1:1: not valid JSON; the file is empty/],
    ['a broken file', { file: '{\n  "port": 5,\n}' }, /peer\.json:3:1: not valid JSON/],
    ['a missing share', { flags: { share: ['nowhere'] } }, /^--share: .*nowhere does not exist/],
    ['a device as a share', { flags: { share: ['/dev/null'] } }, /^--share: .*neither a regular/],
    ['a data folder nowhere', { flags: { data: 'a/b' } }, /^--data: .*cannot be created/],
    ['downloads nowhere', { file: { downloads: 'a/b' } }, /"downloads" in .*cannot be/],
    ['downloads below a file', { file: { downloads: 'peer.json/x' } }, /as .*json is not a folder/],
    ['downloads into a file', { file: { downloads: 'peer.json' } }, /is not a folder/],
    ['a dead link before a ping', { file: { mesh: { deadAfterMs: 5000 } } }, /above mesh\.pingMs/],
    ['a short expiry', { env: { P2P_DISCOVERY_EXPIRY_MS: '900' } }, /discovery\.heartbeatMs/],
  ];

  it.each(cases)('%s', (_title, given, sentence) => {
    const error = failure(() => load(given));
    expect(error.message).toMatch(sentence);
    expect(error.message).not.toContain('\n');
    expect(error.code).toBe(given.flags === undefined ? 'config' : 'usage');
  });

  it('a link to a file as a share, but not one to a folder, whose contents have names of their own', () => {
    const real = join(folder, 'real');
    mkdirSync(join(folder, 'many'));
    writeFileSync(real, 'x');
    symlinkSync(real, join(folder, 'link'));
    symlinkSync(join(folder, 'many'), join(folder, 'linked'));
    const error = failure(() => load({ flags: { share: [join(folder, 'link')] } }));
    expect(error.message).toMatch(/^--share: .*link is a link; name what it points to, .*real$/);
    expect(load({ flags: { share: [join(folder, 'linked')] } }).share).toEqual([
      join(folder, 'linked'),
    ]);
  });

  it('a file that is not there, or is a folder', () => {
    const options = { flags: {}, env: {}, cwd: folder, machine: machine() };
    const missing = failure(() => loadSettings({ ...options, file: 'no.json' }));
    expect(missing).toMatchObject({ code: 'usage' });
    expect(missing.message).toMatch(/no\.json cannot be read: there is no such file/);
    expect(failure(() => loadSettings({ ...options, file: 'etc' })).message).toMatch(/a folder/);
  });
});

describe('the settings of a program', () => {
  it('come back unchanged when complete settings are given', () => {
    const settings = load({ flags: { data: 'x', peers: ['a:1'] } });
    expect(settingsFrom(settings, folder, machine())).toEqual(settings);
  });

  it('name the option that is wrong', () => {
    const error = failure(() => settingsFrom({ port: 0 }, folder, machine()));
    expect(error.message).toMatch(/^option port is 0/);
  });

  it('ignore what is undefined', () => {
    expect(settingsFrom({ port: undefined }, folder, machine()).port).toBeNull();
  });
});
