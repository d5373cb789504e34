import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { PeerId } from '#src/domain/ids.js';
import { KiB } from '#src/domain/limits.js';
import { Allowance } from '#src/io/net/allowance.js';
import { RateCells } from '#src/io/net/rate-cells.js';
import { GiverPatience } from '#src/io/spread/giver-patience.js';

const OFF = { upload: null, download: null, peer: null, background: null };
const STEP_MS = 60_000;

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

function patience(download: number | null = null) {
  const cells = new RateCells();
  cells.set({ ...OFF, download });
  const drawer = new Allowance(cells.memory, { direction: 'down' }).drawer('giver' as PeerId);
  const session = { pause: vi.fn(), resume: vi.fn(), destroy: vi.fn() };
  return { session, one: new GiverPatience(session, drawer) };
}

describe('patience with a giver', () => {
  it('ends the session of one that takes too long for a step, from its last step on', async () => {
    const { session, one } = patience();
    one.awaitStep();
    await vi.advanceTimersByTimeAsync(STEP_MS - 1);
    one.awaitStep();
    await vi.advanceTimersByTimeAsync(STEP_MS - 1);
    expect(session.destroy).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(session.destroy).toHaveBeenCalledOnce();
  });

  it('neither reads one nor counts its time while we are busy with what it sent', async () => {
    const { session, one } = patience();
    one.awaitStep();
    one.beBusy();
    expect(session.pause).toHaveBeenCalledOnce();
    one.awaitStep();
    await vi.advanceTimersByTimeAsync(10 * STEP_MS);
    expect(session.destroy).not.toHaveBeenCalled();
    one.rest();
    one.readOrNot();
    expect(session.resume).toHaveBeenCalledOnce();
    one.awaitStep();
    await vi.advanceTimersByTimeAsync(STEP_MS);
    expect(session.destroy).toHaveBeenCalledOnce();
  });

  it('does not count the time in which our own limit keeps it from being read', async () => {
    const { session, one } = patience(KiB);
    one.awaitStep();
    one.took(2 * STEP_MS);
    expect(session.pause).toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(STEP_MS);
    expect(session.destroy).not.toHaveBeenCalled();
  });

  it('has none left for one that is gone', async () => {
    const { session, one } = patience();
    one.awaitStep();
    one.end();
    one.readOrNot();
    await vi.advanceTimersByTimeAsync(10 * STEP_MS);
    expect(session.destroy).not.toHaveBeenCalled();
    expect(session.resume).not.toHaveBeenCalled();
  });
});
