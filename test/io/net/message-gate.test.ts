import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MessageGate } from '#src/io/net/message-gate.js';

const LIMITS = { ofAll: 100, ofOne: 10, tickMs: 50 };
const [many, few, other] = [{}, {}, {}];

describe('a gate for messages', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('holds nobody up while all together send little, however much of it is from one', () => {
    const gate = new MessageGate(LIMITS);
    expect(gate.heard(many, 90)).toBe(0);
    expect(gate.heard(few, 10)).toBe(0);
  });

  it('leaves unread who sends much once all send too much, and nobody else', () => {
    const gate = new MessageGate(LIMITS);
    expect(gate.heard(many, 1000)).toBe(500);
    expect(gate.heard(few, 10)).toBe(0);
    expect(gate.heard(few, 1)).toBeGreaterThan(0);
  });

  it('holds up for as long as all those take in turns', () => {
    const gate = new MessageGate(LIMITS);
    expect(gate.heard(many, 1000)).toBe(500);
    expect(gate.heard(other, 1000)).toBe(50 * Math.ceil(1000 / (100 / 3)));
  });

  it('counts anew in every tick, and lets no timer run on', () => {
    const gate = new MessageGate(LIMITS);
    gate.heard(many, 1000);
    vi.advanceTimersByTime(50);
    expect(gate.heard(few, 100)).toBe(0);
    vi.advanceTimersByTime(500);
    expect(vi.getTimerCount()).toBe(0);
  });
});
