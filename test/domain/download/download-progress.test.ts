import { describe, expect, it } from 'vitest';
import { ProgressMeter } from '#src/domain/download/download-progress.js';

describe('the progress of a download', () => {
  it('counts chunks as done once they are whole, and their parts for the rate alone', () => {
    const meter = new ProgressMeter();
    meter.begin(1000, 0);
    expect(meter.isDue('time', 1000)).toBe(true);
    meter.partArrived(100);
    expect(meter.isDue('time', 2000)).toBe(true);
    expect(meter.now(2000)).toEqual({
      bytes: 1000,
      doneBytes: 0,
      bytesPerSecond: 100,
      etaMs: 10_000,
    });
    meter.partArrived(100);
    meter.partGone(200);
    meter.add(300);
    expect(meter.isDue('gained', 3000)).toBe(true);
    expect(meter.now(3000)).toMatchObject({ doneBytes: 300, bytesPerSecond: 150 });
  });

  it('shows no negative rate when parts are lost with their source', () => {
    const meter = new ProgressMeter();
    meter.begin(1000, 0);
    meter.partArrived(500);
    expect(meter.isDue('time', 1000)).toBe(true);
    meter.partGone(500);
    meter.add(300);
    expect(meter.now(2000).bytesPerSecond).toBe(0);
  });
});
