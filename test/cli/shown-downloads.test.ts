import { describe, expect, it } from 'vitest';
import type { Line } from '#src/cli/answer.js';
import { createHumanOutput } from '#src/cli/human-output.js';
import { captured } from '#test/support/captured-stream.js';
import { OTHER_ID, PEER_ID, SHARE } from '#test/support/fake-peer.js';
import { CONTROL, onTerminal, shown, statusOf } from '#test/support/shown-lines.js';

describe('what people are shown of downloads', () => {
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
