import { describe, expect, it } from 'vitest';
import type { Line } from '#src/cli/answer.js';
import { commandsFor } from '#src/cli/commands/table.js';
import { createHumanOutput } from '#src/cli/human-output.js';
import { captured } from '#test/support/captured-stream.js';
import { OTHER_ID, PEER_ID, SHARE, TRANSFER } from '#test/support/fake-peer.js';
import {
  CONTROL,
  columns,
  everything,
  MESSAGE,
  onTerminal,
  peerRow,
  row,
  shown,
  statusOf,
} from '#test/support/shown-lines.js';

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

  it('says of a find that found nothing how to look for a part of the name', () => {
    expect(shown([{ type: 'find', contents: [] }]).out).toBe(
      'Nothing found: nobody in the network has it under that whole name or id; `list PART` shows names with PART in them.\n',
    );
  });
});
