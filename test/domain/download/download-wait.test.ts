import { expect, it } from 'vitest';
import { DownloadSources } from '#src/domain/download/download-sources.js';
import { DownloadWait } from '#src/domain/download/download-wait.js';
import type { PeerId } from '#src/domain/ids.js';

const alice = 'a'.repeat(64) as PeerId;

it('is over after so long without progress, and not before', () => {
  const wait = new DownloadWait(5000, 1000);
  expect(wait.isOver(5999)).toBe(false);
  wait.gained(4000);
  expect(wait.isOver(8999)).toBe(false);
  expect(wait.isOver(9000)).toBe(true);
});

it('is never over while nobody waits for it, and begins anew with whoever does', () => {
  const wait = new DownloadWait(Number.POSITIVE_INFINITY, 0);
  expect(wait.isOver(Number.MAX_SAFE_INTEGER)).toBe(false);
  wait.anew(100, 10_000);
  expect(wait.isOver(10_099)).toBe(false);
  expect(wait.isOver(10_100)).toBe(true);
});

it('tells what a download lacks once, until it lacks something else or nothing in between', () => {
  const wait = new DownloadWait(5000, 0);
  const ticks = ['slot', 'slot', 'sources', undefined, 'sources', 'sources'] as const;
  expect(ticks.map((lack) => wait.isNews(lack))).toEqual([true, false, true, false, true, false]);
});

it('says whether nobody was reached, and how the last of them failed, or nothing was brought', () => {
  const wait = new DownloadWait(5000, 0);
  const sources = new DownloadSources();
  expect(wait.failure(sources)).toEqual({
    code: 'no-sources',
    message: 'Nobody who has it could be reached for 5 s.',
  });
  sources.known(alice, 0);
  const source = sources.get(alice);
  if (source === undefined) throw new Error('known, but not there');
  source.last = { code: 'timed-out', message: 'it fell silent' };
  expect(wait.failure(sources).message).toBe(
    'Nobody who has it could be reached for 5 s (the last one failed: it fell silent).',
  );
  source.state = 'connected';
  expect(wait.failure(sources)).toMatchObject({ code: 'timed-out' });
});
