import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Line } from '#src/cli/answer.js';
import { commandsFor } from '#src/cli/commands/table.js';
import { createHumanOutput, type Screen } from '#src/cli/human-output.js';
import { barLine, tenthLine } from '#src/cli/progress-line.js';
import { DISCARDED } from '#src/peer/downloads/download-error.js';
import { type CapturedStream, captured } from '#test/support/captured-stream.js';
import { createFakePeer, OTHER_ID, PEER_ID, SHARE, TRANSFER } from '#test/support/fake-peer.js';

const HOSTILE = 'x\u001b[2J\u0007\r\nready: fake\u202e\u200b\u009b31m';
// Controls and directions, but for the ends of lines.
const CONTROL = /(?!\n)[\p{Cc}\p{Cf}]/u;

function shown(
  lines: readonly Line[],
  level: 'silent' | 'error' | 'info' | 'debug' = 'info',
  now = Date.now,
) {
  const stdout = captured();
  const stderr = captured();
  const output = createHumanOutput({ stdout, stderr, level, now, redraws: false, color: false });
  for (const line of lines) output.tell(line);
  output.end();
  return { out: stdout.text(), err: stderr.text() };
}

function onTerminal(stdout: CapturedStream): Screen {
  return { stdout, stderr: captured(), level: 'info', redraws: true, color: false };
}

function row(name: string) {
  return { ...SHARE, name, have: 48, path: null, sources: 3 };
}

const SOURCES = [
  { peerId: OTHER_ID, transport: 'tcp' },
  { peerId: PEER_ID, transport: 'udp' },
  { peerId: PEER_ID, transport: 'udp' },
] as const;

const statusOf = (name: string): Line => ({
  ...createFakePeer().status(),
  type: 'status',
  name,
  downloads: [{ ...SHARE, name, have: 48, bytesPerSecond: 12_000_000, sources: SOURCES }],
});
const peerRow = {
  peerId: OTHER_ID,
  name: HOSTILE,
  host: HOSTILE,
  port: 27_460,
  state: 'up',
  trust: 'known',
} as const;

const MESSAGE = {
  id: 'm1',
  from: OTHER_ID,
  name: HOSTILE,
  text: HOSTILE,
  sentAt: Number.MAX_SAFE_INTEGER,
  private: false,
} as const;

const everything: readonly Line[] = [
  { type: 'list', shares: [row(HOSTILE)] },
  { type: 'peers', peers: [peerRow] },
  { type: 'peer-added', ...peerRow },
  statusOf(HOSTILE),
  { type: 'peer-up', ...peerRow },
  { type: 'trust-changed', peerId: OTHER_ID, name: HOSTILE, state: 'blocked' },
  { type: 'peer-down', peerId: OTHER_ID, reason: 'lost' },
  { type: 'message', ...MESSAGE },
  { type: 'history', messages: [MESSAGE] },
  { type: 'transfers', transfers: [{ ...TRANSFER, name: HOSTILE }] },
  { type: 'transfers-changed', how: 'paused', transfers: [{ ...TRANSFER, name: HOSTILE }] },
  { type: 'transfer', ...TRANSFER, name: HOSTILE },
  { type: 'link-up', peerId: OTHER_ID, direction: 'dialled' },
  { type: 'link-down', peerId: OTHER_ID, reason: 'lost' },
  { type: 'share-added', ...SHARE, name: HOSTILE },
  { type: 'share-changed', ...SHARE, oldId: SHARE.id, name: HOSTILE },
  { type: 'share-removed', ...SHARE, name: HOSTILE },
  { type: 'hash-progress', name: HOSTILE, doneBytes: 50_000_000, bytes: 100_000_000 },
  { type: 'download-started', ...SHARE, name: HOSTILE, have: 3, sources: 3 },
  { type: 'download-waiting', id: SHARE.id, name: HOSTILE, reason: 'sources' },
  {
    type: 'download-progress',
    ...SHARE,
    have: 50,
    doneBytes: 52_428_800,
    bytesPerSecond: 1e7,
    etaMs: 4800,
    sources: 3,
  },
  {
    type: 'download-completed',
    ...SHARE,
    name: HOSTILE,
    path: `/d/${HOSTILE}`,
    fetchedBytes: SHARE.bytes,
    ms: 1200,
    sources: [{ peerId: OTHER_ID, chunks: 96, transport: 'udp' }],
  },
  {
    type: 'source-moved',
    id: SHARE.id,
    name: HOSTILE,
    peerId: OTHER_ID,
    transport: 'udp',
    why: 'crawling',
  },
  {
    type: 'download-failed',
    name: HOSTILE,
    code: 'ambiguous',
    message: HOSTILE,
    candidates: [{ ...SHARE, name: HOSTILE, peers: [OTHER_ID] }],
  },
  { type: 'actor-restarted', actor: HOSTILE, code: HOSTILE, attempt: 1 },
  { type: 'notice', code: 'x', message: HOSTILE },
  { type: 'error', code: 'x', message: HOSTILE },
];

describe('what people are shown', () => {
  it('never has a control or direction character of somebody else (CVE-2023-43620)', () => {
    const { out, err } = shown(everything, 'debug');
    expect(out).not.toMatch(CONTROL);
    expect(err).not.toMatch(CONTROL);
    expect(out.split('\n').filter((line) => line.startsWith('ready'))).toEqual([]);
  });

  it('is a conversation with who said it, by key, a message a line', () => {
    const at = new Date(2026, 10, 22, 9, 5).getTime();
    const message = { ...MESSAGE, name: 'anna', text: 'one\ntwo', sentAt: at };
    const said: readonly Line[] = [
      { type: 'message', ...message },
      { type: 'history', messages: [message] },
    ];
    const told = shown(said, 'info', () => at + 59_000);
    const line = `anna (${OTHER_ID.slice(0, 8)}): one\\u{a}two`;
    expect(told.out).toBe(`${line}\n2026-11-22 09:05  ${line}\n`);
    expect(shown([{ type: 'history', messages: [] }]).out).toMatch(/^Nothing was said yet\./);
  });

  it('has the time of a message that comes more than a minute after it was said', () => {
    const at = new Date(2026, 10, 22, 9, 5).getTime();
    const message = { ...MESSAGE, type: 'message', name: 'anna', text: 'one', sentAt: at } as const;
    const line = `anna (${OTHER_ID.slice(0, 8)}): one\n`;
    expect(shown([message], 'info', () => at + 61_000).out).toBe(`2026-11-22 09:05  ${line}`);
    // By its author's clock, which is ahead of ours.
    expect(shown([message], 'info', () => at - 3_600_000).out).toBe(line);
  });

  it('has to whom a private message of ours was, and how one that waits is taken back', () => {
    const base = { ...MESSAGE, id: '0123456789', name: 'me', text: 'x', private: true } as const;
    const own = { ...base, from: PEER_ID, to: OTHER_ID, state: 'delivered' } as const;
    const messages = [
      { ...own, toName: 'anna' },
      own,
      { ...own, toName: 'anna', state: 'waiting' },
    ] as const;
    const { out } = shown([{ type: 'history', messages }]);
    const [named, unnamed, waiting] = out.split('\n');
    expect(named).toContain('me (abcdefgh) (private, to anna (zyxwvuts)): x (delivered)');
    expect(unnamed).toContain('me (abcdefgh) (private, to zyxwvuts): x (delivered)');
    expect(waiting).toContain('x (waiting, id 01234567)');
    const about = { id: '0123456789', to: OTHER_ID, name: 'anna' };
    expect(shown([{ type: 'message-waiting', ...about }]).out).toContain(
      '`tell --cancel 01234567`',
    );
  });

  it('fits into 80 columns as a table, whatever the names are', () => {
    const long = { ...peerRow, name: 'n'.repeat(64), host: 'fe80::1234:5678:9abc:def0%enp3s0f1' };
    const many = { ...row('w'.repeat(200)), bytes: 2 ** 50, have: 2 ** 22, chunks: 2 ** 22 };
    const help = commandsFor(true).map(({ usage, about }) => ({ usage, about }));
    const { out } = shown([
      { type: 'list', shares: [many, row('東'.repeat(100)), row('🙂'.repeat(50))] },
      { type: 'peers', peers: [long] },
      statusOf('n'.repeat(64)),
      { type: 'help', commands: help },
    ]);
    for (const line of out.split('\n')) expect(columns(line)).toBeLessThanOrEqual(80);
    expect(out).toContain('4194304/4194304');
  });

  it.each([30, 40, 50, 60, 80])('has tables and help of whole words in %i columns', (width) => {
    const stdout = captured(width);
    const output = createHumanOutput({ ...onTerminal(stdout), redraws: false });
    const commands = commandsFor(true).map(({ usage, about }) => ({ usage, about }));
    output.tell({ type: 'list', shares: [row('w'.repeat(200)), row('film.mkv')] });
    output.tell({ type: 'peers', peers: [{ ...peerRow, name: 'kitchen', host: '10.0.0.2' }] });
    output.tell({ type: 'help', commands });
    output.end();
    for (const line of stdout.text().split('\n')) expect(columns(line)).toBeLessThanOrEqual(width);
    const words = stdout.text().split(/\s+/);
    for (const { usage, about } of commands) {
      expect(words).toEqual(expect.arrayContaining(`${usage} ${about}`.split(' ')));
    }
    expect(words).toContain('film.mkv');
    expect(words).toContain('kitchen');
  });

  it('has whom the user trusts among the peers, and says so where nobody is blocked', () => {
    const kitchen = { ...peerRow, name: 'kitchen', host: '10.0.0.2', trust: 'trusted' } as const;
    const { out } = shown([
      { type: 'peers', peers: [kitchen] },
      { type: 'peers', peers: [], blocked: true },
    ]);
    expect(out).toMatch(/^NAME +ID +ADDRESS +STATE +TRUST$/m);
    expect(out).toMatch(/^kitchen +zyxwvuts +10\.0\.0\.2:27460 +up +trusted$/m);
    expect(out).toContain('Nobody is blocked.');
  });

  it('names peers where events have only their id', () => {
    const { out } = shown([
      { type: 'peer-up', peerId: OTHER_ID, name: 'kitchen', host: '10.0.0.2', port: 27_460 },
      { type: 'peer-down', peerId: OTHER_ID, reason: 'stopped' },
    ]);
    expect(out).toBe(
      '+ kitchen (zyxwvuts) at 10.0.0.2:27460\n- kitchen (zyxwvuts) is gone: it stopped\n',
    );
  });

  it('tells each tenth of a download once where there is no terminal', () => {
    const progress = (doneBytes: number): Line => ({
      type: 'download-progress',
      ...SHARE,
      have: 0,
      doneBytes,
      bytesPerSecond: 1e7,
      etaMs: 1000,
      sources: 2,
    });
    const { out } = shown([
      { type: 'download-started', ...SHARE, have: 0, sources: 2 },
      ...Array.from({ length: 97 }, (_, index) => progress(index * 1_048_576)),
    ]);
    expect(out.match(/film\.mkv: \d+ %/g)).toEqual(
      [10, 20, 30, 40, 50, 60, 70, 80, 90].map((tenth) => `film.mkv: ${tenth} %`),
    );
  });

  it('is less at lower levels, but answers and errors are always there', () => {
    const { out, err } = shown(everything, 'silent');
    expect(out).not.toContain('Note:');
    expect(out).not.toContain('is gone');
    expect(out).toContain('Got ');
    expect(err).toContain('Error: ');
  });

  it('is an answer, at any level, where a command waited for the event', () => {
    const stdout = captured();
    const screen = { stdout, stderr: captured(), redraws: false, color: false } as const;
    const output = createHumanOutput({ ...screen, level: 'silent' });
    output.tell({ type: 'share-added', ...SHARE, name: 'other' });
    output.answer({ type: 'share-added', ...SHARE });
    output.answer({ type: 'share-removed', ...SHARE });
    expect(stdout.text()).toMatch(/^Sharing film\.mkv .*\nNo longer sharing film\.mkv .*\n$/);
  });

  it('has the rate of what was fetched now, not of what was here before', () => {
    const done = { ...SHARE, type: 'download-completed', path: '/d/film.mkv', ms: 2000 } as const;
    const FOUR = [{ peerId: OTHER_ID, chunks: 4, transport: 'udp' }] as const;
    const { out } = shown([
      { ...done, fetchedBytes: 4 * 1_048_576, sources: FOUR },
      { ...done, fetchedBytes: SHARE.bytes, sources: [] },
    ]);
    expect(out).toContain(
      'Got film.mkv: 4.0 MiB of 96.0 MiB in 2.0 s, 2.0 MiB/s (92.0 MiB were here already)\n',
    );
    expect(out).toContain('Got film.mkv: 96.0 MiB in 2.0 s, 48.0 MiB/s\n');
  });

  it('has how it stands with each tracker, and no table of them where there is none', () => {
    const status = statusOf('anna');
    if (status.type !== 'status') throw new Error('no status');
    expect(shown([status]).out).not.toContain('TRACKER');
    const why = `the tracker ${'h'.repeat(50)}:2 cannot be reached: nothing listens there`;
    const trackers = [
      { address: 'house:27440', state: 'registered', members: 3 },
      { address: `${'h'.repeat(50)}:2`, state: 'away', members: 0, why },
    ] as const;
    const { out } = shown([{ ...status, trackers }]);
    expect(out).toMatch(/TRACKER +STATE +MEMBERS\nhouse:27440 +registered +3\n/);
    expect(out).toMatch(
      / away +0\n {2}the tracker h+:2 cannot be\n {2}reached: nothing listens there\n/,
    );
    for (const line of out.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });

  it('says which sources are fetched from over UDP, and why one is that was not', () => {
    const at = { ...SHARE, path: '/d/film.mkv', fetchedBytes: SHARE.bytes, ms: 2000 };
    const moved = { ...SHARE, type: 'source-moved', peerId: OTHER_ID } as const;
    const { out } = shown([
      statusOf('anna'),
      { ...moved, transport: 'udp', why: 'crawling' },
      { ...moved, transport: 'tcp', why: 'unreachable' },
      {
        ...at,
        type: 'download-completed',
        sources: [
          { peerId: OTHER_ID, chunks: 4, transport: 'udp' },
          { peerId: PEER_ID, chunks: 5, transport: 'tcp' },
        ],
      },
    ]);
    expect(out).toContain('1 tcp, 2 udp\n');
    expect(out).toContain(
      'film.mkv comes from zyxwvuts over UDP now: TCP brings next to nothing\n',
    );
    expect(out).toContain('film.mkv comes from zyxwvuts over TCP now: UDP does not get through\n');
    expect(out).toContain('chunks: 4 from zyxwvuts over UDP, 5 from abcdefgh\n');
  });

  it('says of what is here already where it was not put', () => {
    const here = { ...SHARE, type: 'download-completed', path: '/d/film.mkv', ms: 0 } as const;
    const answer = { ...here, fetchedBytes: 0, sources: [], alreadyHere: true } as const;
    expect(shown([answer]).out).toBe('film.mkv is already here: /d/film.mkv\n');
    expect(shown([{ ...answer, notPutAt: '/tmp/copy' }]).out).toBe(
      'film.mkv is already here: /d/film.mkv\n  It was not put at /tmp/copy: copy it there\n',
    );
  });

  it('has one word before a notice, and another where somebody may not be who he seems', () => {
    const { out } = shown([
      { type: 'notice', code: 'unreachable', message: 'the tracker h:1 is away' },
      { type: 'notice', code: 'identity', message: 'the tracker h:1 is not a but b' },
    ]);
    expect(out).toBe('Note: the tracker h:1 is away\nWarning: the tracker h:1 is not a but b\n');
  });

  it('calls a connection lost that ended without a goodbye, however it did', () => {
    const { out } = shown([{ type: 'peer-down', peerId: OTHER_ID, reason: 'lost' }]);
    expect(out).toBe('- zyxwvuts is gone: connection lost\n');
  });

  it('has colours only if wanted', () => {
    expect(shown(everything).out).not.toContain('\u001b');
    const stdout = captured(80);
    const output = createHumanOutput({ ...onTerminal(stdout), color: true });
    output.tell({ type: 'error', code: 'x', message: 'no' });
    output.end();
    expect(stdout.text()).toBe('\u001b[31mError: no\u001b[0m\n');
  });

  it('names the choices of an ambiguous name so that they can be copied', () => {
    const { out } = shown([
      {
        type: 'download-failed',
        name: 'film',
        code: 'ambiguous',
        message: 'several contents have this name; choose by id',
        candidates: [{ ...SHARE, peers: [OTHER_ID, PEER_ID] }],
      },
    ]);
    expect(out).toContain('download 01234567   film.mkv, 96.0 MiB, at 2 peers');
  });

  it('says of candidates whether they are here', () => {
    const one = { ...SHARE, peers: [] };
    const candidates = [
      { ...one, here: true as const },
      { ...one, here: true as const, peers: [OTHER_ID] },
      { ...one, peers: [OTHER_ID] },
    ];
    const message = 'film.mkv means 3 different contents: choose one by its id';
    const code = 'ambiguous' as const;
    const { out } = shown([{ type: 'download-failed', name: 'x', code, message, candidates }]);
    const where = out.split('\n').map((line) => line.split('MiB, ')[1]);
    expect(where.slice(1, 4)).toEqual(['here', 'here and at 1 peer', 'at 1 peer']);
  });

  it('says how to get another content of the name of what is here already', () => {
    const done = { ...SHARE, type: 'download-completed', path: '/d/film.mkv' } as const;
    const rest = { fetchedBytes: 0, ms: 0, sources: [], alreadyHere: true } as const;
    const id = 'fedc'.repeat(16) as typeof SHARE.id;
    const candidates = [{ ...SHARE, id, peers: [OTHER_ID] }];
    expect(shown([{ ...done, ...rest, candidates }]).out).toBe(
      'film.mkv is already here: /d/film.mkv\n' +
        '  Others have a different one called film.mkv:\n' +
        '  download fedcfedc   film.mkv, 96.0 MiB, at 1 peer\n',
    );
  });

  it('says once what was asked for', () => {
    const { out } = shown([
      { type: 'download-failed', name: 'film', code: 'not-found', message: 'nobody offers film' },
      { type: 'download-failed', name: 'film', code: 'timed-out', message: 'nothing arrived' },
    ]);
    expect(out).toBe('Not fetched: nobody offers film\nNot fetched: film: nothing arrived\n');
  });

  it.each(['info', 'error'] as const)(
    'says once at level %s that something is fetched, whose draft comes to be its content',
    (level) => {
      const id = 'fedc'.repeat(16) as typeof SHARE.id;
      const running = { type: 'transfer', ...TRANSFER, state: 'running' } as const;
      const started = { type: 'download-started', ...SHARE, have: 0, sources: 1 } as const;
      const goneOver = { ...started, id, have: 3 };
      const { out } = shown([running, started, { ...running, id }, goneOver, goneOver], level);
      // The second time somebody goes on with what was paused.
      expect(out).toBe(
        'Fetching film.mkv: 96.0 MiB from 1 peer\n' +
          'Fetching film.mkv: 96.0 MiB from 1 peer, 3 of 96 chunks already here\n',
      );
    },
  );

  it('has progress as plain lines where the terminal cannot redraw', () => {
    const stdout = captured(80);
    const output = createHumanOutput({ ...onTerminal(stdout), redraws: false });
    output.tell({ type: 'download-started', ...SHARE, have: 0, sources: 2 });
    output.tell({ type: 'hash-progress', name: 'big.iso', doneBytes: 5e8, bytes: 1e9 });
    output.tell({
      type: 'download-progress',
      ...SHARE,
      have: 48,
      doneBytes: SHARE.bytes / 2,
      bytesPerSecond: 1e7,
      etaMs: 1000,
      sources: 2,
    });
    output.tell({ type: 'notice', code: 'x', message: 'below' });
    output.end();
    expect(stdout.text()).not.toMatch(CONTROL);
    expect(stdout.text().split('\n')).toEqual([
      'Fetching film.mkv: 96.0 MiB from 2 peers',
      'hashing big.iso: 50 %, 476.8 MiB of 953.7 MiB',
      'film.mkv: 50 %    9.5 MiB/s    0:01 left  2 src, 48.0 MiB of 96.0 MiB',
      'Note: below',
      '',
    ]);
  });
});

describe('a progress line', () => {
  it('fits the terminal exactly or leaves columns free, whatever the name and numbers', () => {
    const amount = fc.double({ min: 0, max: 2 ** 52, noNaN: true });
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 60 }),
        amount,
        amount,
        amount,
        fc.option(fc.nat(1e9)),
        fc.integer({ min: 30, max: 200 }),
        (label, doneBytes, bytes, bytesPerSecond, etaMs, width) => {
          const progress = { key: 'k', label, doneBytes, bytes, bytesPerSecond, etaMs, sources: 3 };
          expect(columns(barLine(progress, width))).toBeLessThan(width);
          expect(barLine(progress, width)).not.toMatch(CONTROL);
          expect(tenthLine(progress)).not.toMatch(CONTROL);
          const still = { key: 'k', label: 'film', doneBytes, bytes, why: label };
          expect(columns(barLine(still, width))).toBeLessThan(width);
          expect(barLine(still, width)).not.toMatch(CONTROL);
        },
      ),
    );
  });

  it('leaves out sources, then time, then rate where a terminal is narrow', () => {
    const numbers = { doneBytes: 1e6, bytes: 4e6, bytesPerSecond: 1e6, etaMs: 3000, sources: 3 };
    const line = (width: number) => barLine({ key: 'k', label: 'film.mkv', ...numbers }, width);
    expect(line(80)).toMatch(/^film\.mkv +\[#+\.+\] +25 % +976\.6 KiB\/s +0:03 left {2}3 src$/);
    expect(line(54)).toMatch(/\] +25 % +976\.6 KiB\/s +0:03 left$/);
    expect(line(40)).toMatch(/^film\S+ +\[#+\.+\] +25 % +976\.6 KiB\/s$/);
    expect(line(30)).toMatch(/^film\.mkv +\[#+\.+\] +25 %$/);
  });

  it('says why it stands still, where it does, as far as that fits', () => {
    const still = { doneBytes: 1e6, bytes: 4e6, why: 'paused by ben (fho2f6zr)' };
    const line = (width: number) => barLine({ key: 'k', label: 'film.mkv', ...still }, width);
    expect(line(80)).toMatch(/^film\.mkv +\[#+\.+\] +25 % {2}paused by ben \(fho2f6zr\)$/);
    expect(line(40)).toMatch(/^film\S+ +\[#+\.+\] +25 % {2}paused by ben~$/);
  });

  it('is redrawn in place on a terminal, and lines of text go above it', () => {
    const stdout = captured(80);
    const output = createHumanOutput(onTerminal(stdout));
    output.tell({ type: 'download-started', ...SHARE, have: 0, sources: 2 });
    for (const doneBytes of [1e7, 5e7]) {
      output.tell({
        type: 'download-progress',
        ...SHARE,
        have: 1,
        doneBytes,
        bytesPerSecond: 1e7,
        etaMs: 1000,
        sources: 2,
      });
    }
    output.tell({ type: 'notice', code: 'x', message: 'above' });
    output.end();
    expect(stdout.text()).toContain('Note: above\u001b[K\n');
    expect(stdout.text()).toMatch(/film\.mkv +\[#+\.+\] +49 %/);
  });
});

/** Han, kana, Hangul and emoji take two columns, marks none. */
function columns(line: string): number {
  const wide =
    /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}]/u;
  return Array.from(line).reduce(
    (sum, one) => sum + (/\p{Mn}|\p{Me}/u.test(one) ? 0 : wide.test(one) ? 2 : 1),
    0,
  );
}

describe('transfers', () => {
  const running = {
    ...TRANSFER,
    ...({ state: 'running', bytesPerSecond: 12_582_912, etaMs: 4000, sources: 3 } as const),
  };

  it('are a table that says how far each is', () => {
    const { out } = shown([{ type: 'transfers', transfers: [running, TRANSFER] }]);
    expect(out).toMatch(/film\.mkv +01234567 +running +50 % +96\.0 MiB +12\.0 MiB\/s +0:04 +3/);
    expect(out).toMatch(/film\.mkv +01234567 +paused +50 % +96\.0 MiB/);
    const sent = { ...running, direction: 'up', peerId: PEER_ID } as const;
    expect(shown([{ type: 'transfers', transfers: [sent] }]).out).toMatch(
      /film\.mkv to a.* +01234567 +running/,
    );
    expect(shown([{ type: 'transfers', transfers: [] }]).out).toMatch(/^No transfers\./);
    const why = { code: 'paused', message: 'paused by anna (jneantqk)' };
    const held = { ...TRANSFER, state: 'waiting', peerId: OTHER_ID, why } as const;
    const named = { ...held, peerName: 'anna' };
    expect(shown([{ type: 'transfers', transfers: [named] }]).out).toMatch(
      /^film\.mkv from anna +/m,
    );
    const lines = shown([{ type: 'transfers', transfers: [held] }]).out.split('\n');
    expect(lines[1]).toMatch(new RegExp(`^\\S+ from ${OTHER_ID.slice(0, 8)} `));
    expect(lines[2]).toBe(`${TRANSFER.name} (01234567): paused by anna (jneantqk)`);
  });

  it('say how many files did not come, and of one that is asked for which', () => {
    const some = { ...TRANSFER, state: 'completed', failed: 3 } as const;
    const { out } = shown([{ type: 'transfers', transfers: [some, TRANSFER] }]);
    const [head, first, second, ...rest] = out.trim().split('\n');
    expect(head).toMatch(/ FAILED$/);
    expect([first, second, rest]).toEqual([
      expect.stringMatching(/ 3$/),
      expect.stringMatching(/MiB$/),
      [],
    ]);
    const asked = { ...some, failedFiles: ['a/log', 'b\u001b'] };
    const lines = shown([{ type: 'transfers', transfers: [asked] }])
      .out.trimEnd()
      .split('\n');
    expect(lines.slice(2)).toEqual([
      'film.mkv (01234567) goes without 3 files:',
      '  a/log',
      expect.stringMatching(/^ {2}b[ -~]+$/),
      '  and 1 more',
    ]);
  });

  it('are told with the name of whoever they are with, and say who where two are called alike', () => {
    const up = { ...peerRow, type: 'peer-up', name: 'anna' } as const;
    const sent = { ...TRANSFER, direction: 'up', peerId: OTHER_ID } as const;
    const paused: Line = { type: 'transfers-changed', how: 'paused', transfers: [sent] };
    const other = { ...up, peerId: PEER_ID };
    const gone = { type: 'peer-down', peerId: OTHER_ID, reason: 'stopped' } as const;
    const { out } = shown([up, gone, paused, other, paused]);
    const told = out.split('\n').filter((line) => line.startsWith('Paused'));
    expect(told).toEqual([
      expect.stringContaining('film.mkv to anna (01234567)'),
      expect.stringContaining(`film.mkv to anna (${OTHER_ID.slice(0, 8)}) (01234567)`),
    ]);
  });

  it('that were changed are named with what is here of them', () => {
    const told = (how: 'paused' | 'cancelled' | 'prioritized') =>
      shown([{ type: 'transfers-changed', how, transfers: [TRANSFER] }]).out.trim();
    expect(told('paused')).toBe('Paused: film.mkv (01234567), 48.0 MiB of 96.0 MiB here');
    expect(told('cancelled')).toBe(
      'Cancelled: film.mkv (01234567), 48.0 MiB of 96.0 MiB thrown away',
    );
    const over = [{ ...TRANSFER, state: 'completed' } as const];
    expect(shown([{ type: 'transfers-changed', how: 'resumed', transfers: over }]).out).toBe(
      'Nothing is paused or has failed.\n',
    );
    const gone = { type: 'download-failed', name: SHARE.name, id: SHARE.id, ...DISCARDED } as const;
    expect(shown([gone]).out).toBe('');
    expect(told('prioritized')).toBe('Changed: film.mkv (01234567) has normal priority');
  });

  it('says of a find that found nothing how to look for a part of the name', () => {
    expect(shown([{ type: 'find', contents: [] }]).out).toBe(
      'Nothing found: nobody in the network has it under that whole name or id; `list PART` shows names with PART in them.\n',
    );
  });
});
