import { describe, expect, it } from 'vitest';
import { atEnd, atStart, earlier, later, within } from '#web/model/row-window.js';

const COUNT = 100_000;
const size = ({ start, end }: { readonly start: number; readonly end: number }) => end - start;

describe('the rows that are drawn of a long list', () => {
  it('are the first or the last ones, of which a browser draws a bounded number', () => {
    expect(atStart(5)).toEqual({ start: 0, end: 5 });
    expect(atStart(COUNT).start).toBe(0);
    expect(atEnd(COUNT).end).toBe(COUNT);
    expect([size(atStart(COUNT)), size(atEnd(COUNT))]).toEqual([120, 120]);
  });

  it('reach the first and the last row as they are scrolled, never more at once', () => {
    let seen = atEnd(COUNT);
    while (seen.start > 0) {
      const before = seen;
      seen = earlier(seen);
      expect(size(seen)).toBe(120);
      // What was at the top stays drawn: the eye does not lose its place.
      expect(before.start).toBeLessThan(seen.end);
    }
    while (seen.end < COUNT) {
      const before = seen;
      seen = later(seen, COUNT);
      expect(size(seen)).toBe(120);
      expect(before.end).toBeGreaterThan(seen.start);
    }
  });

  it('stay the same ones where others come before them, and are there where many have gone', () => {
    expect(within({ start: 0, end: 120 }, 2000, 1000)).toEqual({ start: 1000, end: 1120 });
    expect(within({ start: 900, end: 1000 }, 50)).toEqual({ start: 0, end: 50 });
    expect(within({ start: 0, end: 2 }, 5)).toEqual({ start: 0, end: 5 });
  });
});
