import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Settings } from '#config/load.js';
import { RateCells } from '#src/io/net/rate-cells.js';
import { Limits } from '#src/peer/limits.js';

const NONE = {
  uploadBytesPerSecond: null,
  downloadBytesPerSecond: null,
  perPeerBytesPerSecond: null,
  backgroundBytesPerSecond: null,
  schedule: [],
};

function limitsWith(limits: Partial<Settings['limits']>): Limits {
  return new Limits({ limits: { ...NONE, ...limits } });
}

/** What every thread reads. */
function uploadOf(limits: Limits): number {
  return new RateCells(limits.memory).rate('upload');
}

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

describe('the limits of a peer', () => {
  it('are what was typed, else what the schedule says, else the settings', () => {
    vi.useFakeTimers({ now: new Date(2026, 4, 5, 12, 0) });
    const limits = limitsWith({
      uploadBytesPerSecond: 1_000_000,
      perPeerBytesPerSecond: 50_000,
      schedule: ['11:00-13:00 upload=2MB/s download=off'],
    });
    const own = { upload: 2_000_000, download: null, peer: 50_000, background: null };
    expect(limits.current).toEqual(own);
    limits.set(['upload', 'download'], 300_000);
    expect(limits.current).toEqual({ ...own, upload: 300_000, download: 300_000 });
    expect(uploadOf(limits)).toBe(300_000);
    limits.set(['upload'], null);
    expect([limits.current.upload, uploadOf(limits)]).toEqual([null, 0]);
    limits.set(['upload', 'download'], undefined);
    expect(limits.current).toEqual(own);
    limits.close();
  });

  it('follow the schedule to the minute, and look at no clock without one', async () => {
    vi.useFakeTimers({ now: new Date(2026, 4, 5, 10, 58, 30) });
    const plain = limitsWith({});
    expect(vi.getTimerCount()).toBe(0);
    plain.close();
    const limits = limitsWith({ schedule: ['11:00-11:02 upload=2MB/s'] });
    await vi.advanceTimersByTimeAsync(89_999);
    expect(uploadOf(limits)).toBe(0);
    await vi.advanceTimersByTimeAsync(1);
    expect(uploadOf(limits)).toBe(2_000_000);
    await vi.advanceTimersByTimeAsync(120_000);
    expect(uploadOf(limits)).toBe(0);
    limits.close();
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each([
    ['leaves an hour out', '2026-03-29T00:30:00Z', '2026-03-29T01:00:00Z'],
    ['has an hour twice', '2026-10-25T00:30:00Z', '2026-10-25T02:00:00Z'],
  ])('are those of the time on the wall, also where it %s', async (_, from, begins) => {
    vi.stubEnv('TZ', 'Europe/Berlin');
    vi.useFakeTimers({ now: new Date(from) });
    // In spring three follows on two at once; in autumn three is an hour later than it would be.
    const limits = limitsWith({ schedule: ['03:00-04:00 upload=2MB/s'] });
    const untilMs = new Date(begins).getTime() - new Date(from).getTime();
    await vi.advanceTimersByTimeAsync(untilMs - 60_000);
    expect(uploadOf(limits)).toBe(0);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(uploadOf(limits)).toBe(2_000_000);
    limits.close();
  });
});
