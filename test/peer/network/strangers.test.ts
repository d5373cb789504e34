import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { PeerEvent } from '#src/peer/events.js';
import { Strangers } from '#src/peer/network/strangers.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function listening() {
  const told: string[] = [];
  const strangers = new Strangers((event: PeerEvent) => {
    if (event.type === 'notice') told.push(event.message);
  });
  const fail = (port: number, code = 'version') =>
    strangers.unlinked({
      type: 'dial-failed',
      host: '10.0.0.1',
      port,
      error: { code, message: 'it speaks 2, this peer 1' },
    });
  return { told, fail };
}

it('tells of each who speaks another version once, and of who is merely away nothing', () => {
  const { told, fail } = listening();
  fail(1);
  fail(1);
  fail(2);
  fail(3, 'unreachable');
  expect(told).toEqual([
    '10.0.0.1:1: it speaks 2, this peer 1',
    '10.0.0.1:2: it speaks 2, this peer 1',
  ]);
});

it('tells of twenty at once and then of one a minute, and of the others at a later dial', () => {
  const { told, fail } = listening();
  for (let port = 1; port <= 1000; port += 1) fail(port);
  expect(told).toHaveLength(20);
  vi.advanceTimersByTime(61_000);
  for (let port = 1; port <= 1000; port += 1) fail(port);
  expect(told).toHaveLength(21);
  expect(told.at(-1)).toContain('10.0.0.1:21:');
});

it('remembers the last thousand it told of, and no more', () => {
  const { told, fail } = listening();
  for (let port = 1; port <= 1025; port += 1) {
    fail(port);
    vi.advanceTimersByTime(61_000);
  }
  expect(told).toHaveLength(1025);
  fail(1025);
  fail(2);
  expect(told).toHaveLength(1025);
  fail(1);
  expect(told).toHaveLength(1026);
});
