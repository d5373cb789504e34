import { describe, expect, it } from 'vitest';
import { commandsFor } from '#src/cli/commands/table.js';
import type { DemoOptions } from '#src/cli/demo.js';
import type { GetOptions } from '#src/cli/oneshot-get.js';
import type { ReceiveOptions } from '#src/cli/oneshot-receive.js';
import type { SendOptions } from '#src/cli/oneshot-send.js';
import { runProgram } from '#src/cli/program.js';
import { type StartOptions, start } from '#src/cli/start.js';
import { type TrackerCommand, tracker } from '#src/cli/tracker.js';
import type { UdpReceiveOptions } from '#src/cli/udp-receive.js';
import type { UdpSendOptions } from '#src/cli/udp-send.js';
import { P2pError } from '#src/domain/errors.js';
import { createFakePeer, type FakePeer } from '#test/support/fake-peer.js';
import { place } from '#test/support/process-place.js';

async function run(...argv: readonly string[]) {
  const { streams, stdout, stderr } = place();
  const started: StartOptions[] = [];
  const demos: DemoOptions[] = [];
  const oneshots: (SendOptions | ReceiveOptions | GetOptions)[] = [];
  const oneshot = async (options: SendOptions | ReceiveOptions | GetOptions) => {
    oneshots.push(options);
    return 0;
  };
  const sent: UdpSendOptions[] = [];
  const received: UdpReceiveOptions[] = [];
  const trackers: TrackerCommand[] = [];
  const code = await runProgram(
    argv,
    {
      version: '1.2.3',
      start: async (options) => {
        started.push(options);
        return 0;
      },
      send: oneshot,
      receive: oneshot,
      ctl: async () => 0,
      get: oneshot,
      demo: async (options) => {
        demos.push(options);
        return 1;
      },
      keygen: async () => 0,
      tracker: async (command) => {
        trackers.push(command);
        return 0;
      },
      udpSend: async (options) => {
        sent.push(options);
        return 0;
      },
      udpReceive: async (options) => {
        received.push(options);
        return 0;
      },
    },
    streams,
  );
  const said = { code, out: stdout.text(), err: stderr.text() };
  return { ...said, started, oneshots, demos, sent, received, trackers };
}

describe('the program', () => {
  it.each([
    [['--prot'], /unknown option '--prot'/],
    [['start', '--prot', '5'], /unknown option '--prot'.*--port/],
    [['strat'], /unknown command 'strat'.*start.*; see `p2p --help`/],
    [['start', 'now'], /too many arguments[^;]*[^.]; see/],
    [['start', '--port'], /argument missing; see `p2p start --help`/],
    [['udp-send', 'film.mkv'], /missing required argument[^;]+; see `p2p udp-send --help`/],
    [['udp-receive'], /missing required argument[^;]+; see `p2p udp-receive --help`/],
    [['help', 'strat'], /no command strat; did you mean start\?/],
  ])('refuses %j in one line with exit code 64', async (argv, sentence) => {
    const { code, out, err } = await run(...argv);
    expect(code).toBe(64);
    expect(err).toMatch(sentence);
    expect(err.match(/\n/g)).toHaveLength(1);
    expect(out).toBe('');
  });

  it.each([
    [[]],
    [['--help']],
    [['help']],
    [['help', 'start']],
    [['start', '--help']],
    [['help', 'send']],
    [['help', 'receive']],
    [['help', 'get']],
    [['help', 'demo']],
    [['help', 'udp-send']],
    [['help', 'udp-receive']],
  ])('shows help for %j within 80 columns', async (argv) => {
    const { code, out, err } = await run(...argv);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain('Usage: p2p');
    for (const line of out.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });

  it('lists every command of a running peer in the help of start', async () => {
    const { out } = await run('start', '--help');
    for (const { usage } of commandsFor(false)) expect(out).toContain(`  ${usage}`);
  });

  it('shows its version', async () => {
    expect(await run('--version')).toMatchObject({ code: 0, out: '1.2.3\n' });
  });

  it('hands every flag to its setting', async () => {
    const flags =
      '--port 5 --discovery-port 6 --host ::1 --name n --share a --share b,c --downloads d --data e --peer h:1 --peer i:2 --drills --log-level debug --config f --json --exit-on-eof --no-color';
    const { started } = await run('start', ...flags.split(' '));
    expect(started).toEqual([
      {
        config: 'f',
        flags: {
          port: '5',
          'discovery.port': '6',
          host: '::1',
          name: 'n',
          share: ['a', 'b,c'],
          'downloads.folder': 'd',
          data: 'e',
          peers: ['h:1', 'i:2'],
          drills: true,
          logLevel: 'debug',
        },
        json: true,
        exitOnEof: true,
        color: false,
      },
    ]);
  });

  it('leaves to other sources what no flag says', async () => {
    expect((await run('start')).started).toEqual([
      { config: undefined, flags: {}, json: false, exitOnEof: false, color: true },
    ]);
  });

  it('ends with the code of what it ran', async () => {
    expect(await run('demo', '--keep')).toMatchObject({ code: 1, demos: [{ keep: true }] });
  });
});

describe('commands that need no running peer', () => {
  const COMMON = { config: undefined, flags: {}, json: false, color: true };

  it('are given what was typed, and flags of start as start is', async () => {
    const rules = ['--exclude', '*.o', '--exclude', 'b/'];
    const own = ['--to', 'ben', ...rules, '--name-as', 'x', '--timeout', '1.5'];
    const common = ['--data', 'd', '--peer', 'h:1', '--json'];
    const { oneshots } = await run('send', 'a b', '-', ...own, ...common);
    const flags = { data: 'd', peers: ['h:1'] };
    const about = { paths: ['a b', '-'], to: 'ben', exclude: ['*.o', 'b/'] };
    const sent = { ...about, nameAs: 'x', patienceMs: 1500 };
    expect(oneshots).toEqual([{ ...COMMON, flags, json: true, ...sent }]);
  });

  it('wait for half a minute, or without end where they are told so', async () => {
    expect((await run('send', 'a', '--all')).oneshots).toEqual([
      { ...COMMON, paths: ['a'], to: undefined, exclude: [], nameAs: 'stdin', patienceMs: 30_000 },
    ]);
    const patient = await run('send', 'a', '--all', '--wait');
    expect(patient.oneshots).toMatchObject([{ patienceMs: undefined }]);
    const both = await run('send', 'a', '--all', '--wait', '--timeout', '3');
    expect(both.oneshots).toMatchObject([{ patienceMs: 3000 }]);
    expect((await run('get', 'film', '--from', 'ben', '--to', 'x/')).oneshots).toEqual([
      { ...COMMON, what: 'film', from: 'ben', to: 'x/', patienceMs: 30_000 },
    ]);
  });

  it('take from whom they are told to', async () => {
    const { oneshots } = await run('receive', '--once', '--accept', 'all', '--to', 'd');
    const timed = await run('receive', '--once', '--timeout', '1.5');
    expect(timed.oneshots).toMatchObject([{ patienceMs: 1500 }]);
    const flags = { 'inbox.accept': 'all' };
    expect(oneshots).toEqual([{ ...COMMON, flags, once: true, to: 'd' }]);
  });

  it.each([
    [['send', 'a'], /--to PEER or --all/],
    [['send', 'a', '--to', 'b', '--all'], /--to PEER or --all/],
    [['send', 'a', '--to', '--all'], /--to needs a value after it, but --all is another option/],
    [['send', 'a', '--all', '--name-as', '--wait'], /--name-as needs a value/],
    [['receive', '--timeout', '3'], /--timeout needs --once/],
    [['receive', '--once', '--timeout', '0'], /--timeout takes seconds/],
    [['send', '--to', 'b'], /missing required argument/],
    [['send', 'a', '--all', '--timeout', '0'], /--timeout takes seconds/],
    [['get', 'a', '--timeout', '5s'], /--timeout takes seconds/],
    [['get'], /missing required argument/],
    [['receive', '--accept', 'some'], /ask, trusted, all/],
    [['receive', 'film'], /too many arguments/],
  ])('refuse %j in one line with exit code 64', async (argv, sentence) => {
    const { code, err, oneshots } = await run(...argv);
    expect({ code, oneshots }).toEqual({ code: 64, oneshots: [] });
    expect(err).toMatch(sentence);
    expect(err.match(/\n/g)).toHaveLength(1);
  });
});

describe('start', () => {
  const options: StartOptions = {
    flags: { data: 'dist' },
    json: true,
    exitOnEof: false,
    color: false,
  };

  it('says in one line what is wrong with a setting, and ends with 64', async () => {
    const { streams, stdout, stderr } = place();
    expect(await start({ ...options, flags: { port: '5x' } }, streams)).toBe(64);
    expect(stderr.text()).toMatch(/^p2p: --port is "5x"; it has to be .*\n$/);
    expect(stdout.text()).toBe('');
  });

  it.each([
    ['port-busy', 69],
    ['ui-port-busy', 69],
    ['address-unavailable', 69],
    ['data-in-use', 69],
    ['folder-unavailable', 69],
    ['data-failed', 74],
    ['config', 64],
    ['gave-up', 70],
  ] as const)('ends with the code of a peer that cannot start: %s is %d', async (code, exit) => {
    const { streams, stderr } = place(() => Promise.reject(new P2pError(code, 'two\nlines')));
    expect(await start(options, streams)).toBe(exit);
    expect(stderr.text()).toBe('p2p: two lines\n');
  });

  it('does what a signal asked for while the peer was starting', async () => {
    let ready: (peer: FakePeer) => void = () => {};
    const starting = new Promise<FakePeer>((resolve) => {
      ready = resolve;
    });
    const { streams, signal } = place(() => starting);
    const ended = start(options, streams);
    signal('SIGINT');
    ready(createFakePeer());
    expect(await ended).toBe(130);
  });

  it('ends cleanly when stdout is closed', async () => {
    const { streams, stdout } = place();
    const ended = start(options, streams);
    stdout.destroy(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
    expect(await ended).toBe(0);
  });
});

describe('p2p tracker', () => {
  it('is given its flags as they were typed, and nothing that was not', async () => {
    const { code, trackers } = await run('tracker', '--port', '4000', '--flag', 'a word', '--json');
    expect(code).toBe(0);
    expect(trackers).toEqual([{ flags: { port: '4000', 'tracker.flag': 'a word' }, json: true }]);
    expect((await run('tracker')).trackers).toEqual([{ flags: {}, json: false }]);
  });

  it('names its own flag where that is wrong, not the one of peers', async () => {
    const { streams, stderr } = place();
    expect(await tracker({ flags: { 'tracker.flag': '' }, json: false }, streams)).toBe(64);
    expect(stderr.text()).toMatch(/^p2p: --flag is wrong; it has to be .*\n$/);
  });

  it('is named to peers by flags of theirs', async () => {
    const named = ['--tracker', 'house:4000', '--tracker', 'yard:4000'];
    const { started } = await run('start', ...named, '--tracker-flag', 'a word', '--port', 'auto');
    const trackers = ['house:4000', 'yard:4000'];
    expect(started[0]?.flags).toEqual({ port: 'auto', trackers, 'tracker.flag': 'a word' });
  });
});
