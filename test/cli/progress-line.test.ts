import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createHumanOutput } from '#src/cli/human-output.js';
import { barLine, tenthLine } from '#src/cli/progress-line.js';
import { captured } from '#test/support/captured-stream.js';
import { SHARE } from '#test/support/fake-peer.js';
import { CONTROL, columns, onTerminal } from '#test/support/shown-lines.js';

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
