import { PassThrough } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createJsonOutput } from '#src/cli/json-output.js';
import { type Session, startSession } from '#src/cli/session.js';
import { P2pError } from '#src/domain/errors.js';
import type { OfferRow } from '#src/peer/rows.js';
import { captured } from '#test/support/captured-stream.js';
import { createFakePeer, type FakePeer, OFFER, OTHER_ID, SHARE } from '#test/support/fake-peer.js';

type Options = {
  tty?: boolean;
  exitOnEof?: boolean;
  drills?: boolean;
  refusal?: Error;
  silent?: boolean;
  offers?: readonly OfferRow[];
};

type Stage = {
  readonly peer: FakePeer;
  readonly session: Session;
  readonly stdin: PassThrough;
  readonly aborted: number[];
  readonly type: (text: string) => Promise<void>;
  readonly end: () => Promise<void>;
  readonly told: () => readonly Record<string, unknown>[];
};

function stage(options: Options = {}): Stage {
  const stdin = Object.assign(new PassThrough(), { isTTY: options.tty === true });
  const stdout = captured();
  const { refusal, silent = false, offers = [] } = options;
  const peer = createFakePeer({ isTrustSilent: silent, offers, ...(refusal && { refusal }) });
  const aborted: number[] = [];
  const session = startSession(peer, {
    input: stdin,
    output: createJsonOutput(stdout, 'info'),
    json: true,
    exitOnEof: options.exitOnEof === true,
    drills: options.drills === true,
    cwd: '/work',
    home: '/home/ann',
    abort: (code) => void aborted.push(code),
  });
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 5; turn++) await setImmediate();
  };
  return {
    peer,
    session,
    stdin,
    aborted,
    async type(text) {
      stdin.write(text);
      await settle();
    },
    async end() {
      stdin.end();
      await settle();
    },
    told: () =>
      stdout
        .text()
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Record<string, unknown>)
        .filter((line) => line['type'] !== 'ready'),
  };
}

describe('a command on stdin', () => {
  it('is answered with its reference', async () => {
    const { type, told } = stage();
    await type('list film #a\nPEERS #b\nstatus\n');
    const answer = (type: string) => told().find((line) => line['type'] === type);
    expect(answer('list')).toEqual({ type: 'list', shares: [], ref: 'a' });
    expect(answer('peers')).toEqual({ type: 'peers', peers: [], ref: 'b' });
    expect(answer('status')).toMatchObject({ type: 'status', name: 'fake' });
    expect(answer('status')).not.toHaveProperty('ref');
    expect(told()).toHaveLength(3);
  });

  it('says of another peer what it is to be, and is answered by the event', async () => {
    const { type, told, peer } = stage();
    await type('trust other #a\nBLOCK zyxw #b\nunblock h:1 #c\nforget other peer\n');
    expect(peer.calls).toEqual(['trust other', 'block zyxw', 'unblock h:1', 'forget other peer']);
    const answer = { type: 'trust-changed', peerId: OTHER_ID, name: 'other' };
    expect(told()).toEqual([
      { ...answer, state: 'trusted', ref: 'a' },
      { ...answer, state: 'blocked', ref: 'b' },
      { ...answer, state: 'unknown', ref: 'c' },
      { ...answer, state: 'unknown' },
    ]);
    await type('peers --blocked #d\nblock\n');
    expect(peer.calls.at(-1)).toBe('peers {"blocked":true}');
    expect(told().slice(4)).toMatchObject([
      { type: 'peers', peers: [], blocked: true, ref: 'd' },
      { type: 'error', code: 'usage', message: 'block needs PEER after it' },
    ]);
  });

  it('that changes nothing about a peer is answered all the same', async () => {
    const { type, told } = stage({ silent: true });
    await type('trust other #a\n');
    expect(told()).toEqual([
      { type: 'trust-changed', peerId: OTHER_ID, name: 'other', state: 'trusted', ref: 'a' },
    ]);
  });

  it('that cannot be carried out gives one error that carries the reference', async () => {
    const { type, told } = stage({ refusal: new P2pError('unreachable', 'nobody answers there') });
    await type('dwonload x #1\nadd nonsense #2\nadd host:27460 #3\ndownload #4\nlist --to x #5\n');
    const error = (ref: string) => told().find((line) => line['ref'] === ref);
    expect(error('1')).toMatchObject({ type: 'error', code: 'unknown-command' });
    expect(error('1')?.['message']).toContain('did you mean download?');
    expect(error('2')).toMatchObject({ type: 'error', code: 'usage' });
    expect(error('3')).toMatchObject({ code: 'unreachable', message: 'nobody answers there' });
    expect(error('4')).toMatchObject({ type: 'error', code: 'usage' });
    expect(error('5')).toMatchObject({ type: 'error', code: 'usage' });
    expect(told()).toHaveLength(5);
  });

  it('resolves paths from where the peer was started, and keeps what says "into this folder"', async () => {
    const { type, peer } = stage();
    await type('share my film.mkv\nshare ~/x\ndownload film --to in/ --from kitchen #r\n');
    expect(peer.calls).toEqual([
      'share /work/my film.mkv',
      'share /home/ann/x',
      'download film {"from":"kitchen","to":"/work/in/","ref":"r"}',
    ]);
  });

  it('tells an event that answers it once, with the reference', async () => {
    const { type, told } = stage();
    await type('unshare film.mkv #1\nunshare film.mkv\n');
    expect(told()).toEqual([
      { type: 'share-removed', ...SHARE, ref: '1' },
      { type: 'share-removed', ...SHARE },
    ]);
  });

  it('is answered although no event came, as for what was shared already', async () => {
    const { type, told } = stage();
    await type('share film.mkv #1\n');
    expect(told()).toEqual([{ type: 'share-added', ...SHARE, ref: '1' }]);
  });

  it('takes back what waits by its id, and is answered by its failure', async () => {
    const { type, told, peer } = stage();
    await type('tell --cancel 0123abcd #a\ntell --cancel #b\n');
    expect(peer.calls).toEqual(['untell 0123abcd']);
    expect(told()).toMatchObject([
      { type: 'message-failed', id: '0123abcd', code: 'cancelled', ref: 'a' },
      { type: 'error', code: 'usage', ref: 'b' },
    ]);
    expect(told()[1]?.['message']).toContain('needs the id of a message');
  });

  it('may be a drill only where drills are on', async () => {
    const off = stage();
    await off.type('drill kill mesh\n');
    expect(off.told()).toMatchObject([{ type: 'error', code: 'unknown-command' }]);
    const on = stage({ drills: true });
    await on.type('drill HANG request\ndrill stab mesh\n');
    expect(on.peer.calls).toEqual(['drill hang request']);
    expect(on.told()).toMatchObject([{ type: 'drilled' }, { type: 'error', code: 'usage' }]);
  });

  it('of more than 64 KiB is refused, and the next one runs', async () => {
    const { type, told } = stage();
    await type(`share ${'x'.repeat(70_000)}`);
    await type('\npeers\n');
    expect(told()).toMatchObject([{ type: 'error', code: 'usage' }, { type: 'peers' }]);
  });

  it('that fails to download says only download-failed', async () => {
    const { type, told, peer } = stage();
    await type('download film #9\n');
    peer.finish('failed');
    await type('');
    expect(told()).toMatchObject([{ type: 'download-failed', ref: '9' }]);
  });
});

it('a session begins with ready and tells it once, whether or not the event can be heard', async () => {
  const stdout = captured();
  const peer = createFakePeer();
  startSession(peer, {
    input: new PassThrough(),
    output: createJsonOutput(stdout, 'info'),
    json: true,
    exitOnEof: false,
    drills: false,
    cwd: '/',
    home: '/',
    abort: () => {},
  });
  const { peerId, name, host, ports } = peer;
  const ready = { type: 'ready', peerId, name, host, ports, private: false } as const;
  peer.emit(ready);
  expect(JSON.parse(stdout.text())).toEqual(ready);
});

describe('offers on stdin', () => {
  it('are sent to one or to all, several paths as one offer', async () => {
    const { type, told, peer } = stage();
    await type('send a.txt "b c.txt" --to ben --when-back #s\n');
    await type('send c --to ben --exclude *.o --exclude "x y/"\n');
    await type('send /d/e --all\n');
    expect(peer.calls).toEqual([
      'send /work/a.txt,/work/b c.txt {"to":"ben","whenBack":true,"ref":"s"}',
      'send /work/c {"to":"ben","exclude":["*.o","x y/"],"whenBack":false}',
      'send /d/e {"whenBack":false}',
    ]);
    await type('send a.txt\nsend a.txt --to ben --all\n');
    await type("send --all\nsend c --to ben --exclude '*.o'\n");
    expect(told()).toMatchObject([
      { type: 'error', code: 'usage', message: expect.stringContaining('--to PEER or --all') },
      { type: 'error', code: 'usage', message: expect.stringContaining('--to PEER or --all') },
      { type: 'error', code: 'usage', message: expect.stringContaining('send needs PATH') },
      { type: 'error', code: 'usage', message: expect.stringContaining('--exclude *.o, without') },
    ]);
  });

  it('are listed, accepted and turned down by their number', async () => {
    const { type, told, peer } = stage({ offers: [OFFER] });
    await type('offers #o\naccept 3 --to sub/ #a\nreject 3 #r\n');
    expect(peer.calls).toEqual(['accept 3 {"to":"/work/sub/","ref":"a"}', 'reject 3']);
    expect(told()).toEqual([
      { type: 'offers', offers: [OFFER], ref: 'o' },
      { type: 'offer-accepted', ...OFFER, to: '/work/sub/', ref: 'a' },
      { type: 'offer-rejected', ...OFFER, ref: 'r' },
    ]);
  });
});

describe('the end of input', () => {
  it('runs a last line without its end, and the peer goes on', async () => {
    const { type, end, peer, told } = stage();
    await type('peers');
    expect(told()).toEqual([]);
    await end();
    expect(told()).toMatchObject([{ type: 'peers' }]);
    expect(peer.calls).toEqual(['peers {"blocked":false}']);
  });

  it.each([{ tty: true }, { exitOnEof: true }])('ends the peer with %j', async (options) => {
    const { end, session, told } = stage(options);
    await end();
    expect(await session.ended).toBe(0);
    expect(told()).toEqual([{ type: 'bye', exitCode: 0 }]);
  });

  it.each([
    ['completed', 0],
    ['failed', 1],
  ] as const)('waits for running downloads: one that %s gives %d', async (result, code) => {
    const { type, end, peer, session, told } = stage({ exitOnEof: true });
    await type('download film\ndownload other\n');
    await end();
    expect(told()).toMatchObject([{ type: 'notice', code: 'waiting' }]);
    peer.finish('completed');
    expect(peer.calls).not.toContain('close');
    peer.finish(result);
    expect(await session.ended).toBe(code);
    expect(told().at(-1)).toEqual({ type: 'bye', exitCode: code });
  });

  it('counts a download that had failed before', async () => {
    const { type, end, peer, session } = stage({ exitOnEof: true });
    await type('download film\n');
    peer.finish('failed');
    await end();
    expect(await session.ended).toBe(1);
  });

  it('still answers a command that it cut short', async () => {
    const { stdin, session, told } = stage({ exitOnEof: true });
    stdin.end('list');
    await session.ended;
    expect(told()).toMatchObject([{ type: 'list' }, { type: 'bye' }]);
  });
});

describe('a session ends', () => {
  it('by exit, without waiting for downloads, and takes no more commands', async () => {
    const { type, session, told } = stage();
    await type('download film\nexit #z\npeers\n');
    expect(await session.ended).toBe(0);
    expect(told()).toMatchObject([
      { type: 'download-failed', code: 'cancelled' },
      { type: 'bye', exitCode: 0, ref: 'z' },
    ]);
  });

  it('after the last answer: what exit overtakes is answered with its reference, before bye', async () => {
    const { type, session, told } = stage();
    await type('unshare nope #1\nlist #2\nadd foo #3\nhelp nope #4\nshare endless #5\nexit #6\n');
    expect(await session.ended).toBe(0);
    const codes = new Map(told().map((line) => [line['ref'], line['code'] ?? line['type']]));
    expect(codes).toEqual(
      new Map([
        ['1', 'not-found'],
        ['2', 'list'],
        ['3', 'usage'],
        ['4', 'unknown-command'],
        ['5', 'closed'],
        ['6', 'bye'],
      ]),
    );
    expect(told().at(-1)).toMatchObject({ type: 'bye', ref: '6' });
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 0],
    ['SIGHUP', 0],
  ] as const)('by %s with %d after a goodbye', async (signal, code) => {
    const { session, told, aborted } = stage();
    session.signal(signal);
    expect(await session.ended).toBe(code);
    expect(told()).toEqual([{ type: 'bye', exitCode: code }]);
    expect(aborted).toEqual([]);
  });

  it('at once by a second signal', () => {
    const { session, aborted } = stage();
    session.signal('SIGTERM');
    session.signal('SIGINT');
    expect(aborted).toEqual([130]);
  });

  it('cleanly when stdout takes nothing any more', async () => {
    const { session } = stage();
    session.outputClosed();
    expect(await session.ended).toBe(0);
  });

  it('with the code of a peer that gave up by itself', async () => {
    const { session, peer, told } = stage();
    peer.die(70);
    expect(await session.ended).toBe(70);
    expect(told()).toEqual([{ type: 'bye', exitCode: 70 }]);
  });
});

describe('stop', () => {
  it('ends the peer as exit does, and asks nobody', async () => {
    const { type, session, peer, told } = stage();
    await type('stop #s\n');
    expect(await session.ended).toBe(0);
    expect(peer.calls).not.toContain('stop-network');
    expect(told().at(-1)).toEqual({ type: 'bye', exitCode: 0, ref: 's' });
  });

  it('--network asks all of them, and ends this one', async () => {
    const { type, session, peer, told } = stage();
    await type('stop --network #s\n');
    expect(await session.ended).toBe(0);
    expect(peer.calls).toContain('stop-network');
    expect(told().at(-1)).toEqual({ type: 'bye', exitCode: 0, ref: 's' });
  });

  it('--network that is refused ends nobody', async () => {
    const refusal = new P2pError('usage', 'no key');
    const { type, peer, told } = stage({ refusal });
    await type('stop --network #s\n');
    expect(told()).toEqual([{ type: 'error', code: 'usage', message: 'no key', ref: 's' }]);
    expect(peer.calls).not.toContain('close');
  });
});

describe('commands about transfers', () => {
  it('ask the peer for what was meant, and answer with rows', async () => {
    const { type, told, peer } = stage();
    await type('transfers #t\npause film #p\nresume --all #r\ncancel 0123 #c\n');
    await type('priority My film.mkv HIGH #h\n');
    await type('transfers film #f\ntransfers --all #a\n');
    expect(peer.calls).toEqual([
      'transfers',
      'pause "film"',
      'resume {"all":true}',
      'cancel 0123',
      'prioritize My film.mkv high',
      'transfers film',
      'transfers',
    ]);
    expect(told().flatMap(({ type: kind, all }) => (kind === 'transfers' ? [all] : []))).toEqual([
      undefined,
      true,
      true,
    ]);
    expect(told().map(({ type: kind, how, ref }) => [kind, how, ref])).toEqual([
      ['transfers', undefined, 't'],
      ['transfers-changed', 'paused', 'p'],
      ['transfers-changed', 'resumed', 'r'],
      ['transfers-changed', 'cancelled', 'c'],
      ['transfers-changed', 'prioritized', 'h'],
      ['transfers', undefined, 'f'],
      ['transfers', undefined, 'a'],
    ]);
  });

  it.each([
    'pause',
    'resume',
    'pause film --all',
    'cancel',
    'cancel --all',
    'priority film',
    'priority film urgent',
  ])('%s is refused with how it is meant', async (line) => {
    const { type, told, peer } = stage();
    await type(`${line} #x\n`);
    expect(told()).toEqual([expect.objectContaining({ type: 'error', code: 'usage', ref: 'x' })]);
    expect(peer.calls).toEqual([]);
  });
});
