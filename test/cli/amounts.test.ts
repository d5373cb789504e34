import { describe, expect, it } from 'vitest';
import { clockText, countText, rateText, sizeText } from '#src/cli/amounts.js';
import { canRedraw, wantsColor } from '#src/cli/process-streams.js';
import { typedPath } from '#src/cli/typed-path.js';

describe('amounts', () => {
  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1.0 KiB'],
    [1_048_575, '1.0 MiB'],
    [100_663_296, '96.0 MiB'],
    [2 ** 53, '8.0 PiB'],
    [2 ** 70, '1048576.0 PiB'],
    [-1, '? B'],
    [Number.NaN, '? B'],
  ])('%d bytes are %s', (bytes, text) => {
    expect(sizeText(bytes)).toBe(text);
  });

  it.each([
    [0, '0:00'],
    [61_000, '1:01'],
    [10_931_000, '3:02:11'],
    [null, '-:--'],
    [Number.POSITIVE_INFINITY, '-:--'],
  ])('%d ms are %s', (ms, text) => {
    expect(clockText(ms)).toBe(text);
  });

  it('are rounded as rates and counted as nouns', () => {
    expect(rateText(1536.4)).toBe('1.5 KiB/s');
    expect([countText(1, 'peer'), countText(0, 'peer')]).toEqual(['1 peer', '0 peers']);
  });
});

describe('colours', () => {
  const tty = { isTTY: true };
  it.each([
    [tty, {}, true, true],
    [{}, {}, true, false],
    [tty, { NO_COLOR: '1' }, true, false],
    [tty, { NO_COLOR: '' }, true, true],
    [tty, { TERM: 'dumb' }, true, false],
    [tty, {}, false, false],
  ])('on %j with %j and flag %j: %j', (stdout, env, flag, wanted) => {
    expect(wantsColor(stdout, env, flag)).toBe(wanted);
  });
});

describe('a typed path', () => {
  const place = { cwd: '/work', home: '/home/ann' };
  it.each([
    ['x y', '/work/x y'],
    ['../a/', '/a/'],
    ['~', '/home/ann'],
    ['~/b', '/home/ann/b'],
    ['~b', '/work/~b'],
    ['/', '/'],
    ['.', '/work'],
  ])('%s is %s', (text, path) => {
    expect(typedPath(text, place)).toBe(path);
  });
});

describe('redrawing', () => {
  it('is for terminals, but those that only print', () => {
    const tty = { isTTY: true };
    const screens = [canRedraw(tty, { TERM: 'xterm' }), canRedraw(tty, {})];
    expect(screens).toEqual([true, true]);
    expect([canRedraw(tty, { TERM: 'dumb' }), canRedraw({}, {})]).toEqual([false, false]);
  });
});
