import { describe, expect, it } from 'vitest';
import { Crawl } from '#src/domain/download/crawl.js';
import { MiB } from '#src/domain/limits.js';

const TICK_MS = 1000;

/** @returns after how many ticks of so many bytes it has crawled for too long, if within twenty. */
function ticksUntilToldOf(
  bytes: readonly number[],
  isOwed = true,
  sources?: number,
): number | undefined {
  const crawl = new Crawl();
  if (sources !== undefined) crawl.beside(sources);
  for (let tick = 1; tick <= 20; tick += 1) {
    if (crawl.tick(TICK_MS, bytes[(tick - 1) % bytes.length] ?? 0, isOwed)) return tick;
  }
  return undefined;
}

describe('a source', () => {
  it('crawls when it brings less than 1 MiB a second for five seconds on end', () => {
    expect(ticksUntilToldOf([0])).toBe(5);
    expect(ticksUntilToldOf([MiB - 1])).toBe(5);
    expect(ticksUntilToldOf([MiB])).toBeUndefined();
    expect(ticksUntilToldOf([0, 0, 0, 0, MiB])).toBeUndefined();
  });

  it('does not crawl while it brings its part of the line that it shares with others', () => {
    expect(ticksUntilToldOf([MiB / 4], true, 4)).toBeUndefined();
    expect(ticksUntilToldOf([MiB / 4 - 1], true, 4)).toBe(5);
    expect(ticksUntilToldOf([MiB - 1], true, 0)).toBe(5);
  });

  it('does not crawl while it says that a limit of its own holds it back, and is judged once it is silent', () => {
    const crawl = new Crawl();
    for (let tick = 1; tick <= 20; tick += 1) {
      if (tick % 2 === 0) crawl.heldBack();
      expect(crawl.tick(TICK_MS, 0, true)).toBe(false);
    }
    const later = Array.from({ length: 7 }, () => crawl.tick(TICK_MS, 0, true));
    expect(later).toEqual([false, false, false, false, false, false, true]);
  });

  it('does not crawl while it owes nothing', () => {
    expect(ticksUntilToldOf([0], false)).toBeUndefined();
  });
});
