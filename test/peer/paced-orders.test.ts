import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createCounters, createMeter } from '#src/actor/flow.js';
import type { ContentId } from '#src/domain/ids.js';
import type { Crew } from '#src/peer/crew.js';
import { PacedOrders } from '#src/peer/paced-orders.js';
import { Library } from '#src/peer/shares/library.js';

describe('paced orders', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('go at once while they are few, and in their order when they are many', () => {
    const sent: number[] = [];
    const orders = new PacedOrders<number>((order) => sent.push(order));
    orders.send(0);
    expect(sent).toEqual([0]);
    for (let at = 1; at < 450; at += 1) orders.send(at);
    expect(sent).toHaveLength(200);
    vi.advanceTimersByTime(100);
    expect(sent).toHaveLength(400);
    vi.advanceTimersByTime(100);
    expect(sent).toEqual(Array.from({ length: 450 }, (_, at) => at));
    vi.advanceTimersByTime(1000);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('end with their owner', () => {
    const sent: number[] = [];
    const orders = new PacedOrders<number>((order) => sent.push(order));
    for (let at = 0; at < 300; at += 1) orders.send(at);
    orders.close();
    vi.advanceTimersByTime(1000);
    expect(sent).toHaveLength(200);
  });

  it('keep a library of thousands that goes at once from filling a mailbox', () => {
    const meters = new Map<string, (message: unknown) => number>();
    const crew = {
      send: (actor: string, message: unknown) => {
        const meter = meters.get(actor) ?? createMeter(createCounters(), 'in');
        meters.set(actor, meter);
        meter(message);
      },
    } as unknown as Crew;
    const library = new Library(crew);
    for (let at = 0; at < 1100; at += 1) {
      library.put(`share:${at}`, {
        id: at.toString(16).padStart(64, '0') as ContentId,
        name: `${at}`,
        bytes: 1,
        chunks: 1,
        isOffered: true,
        source: { kind: 'share', path: `/${at}`, fingerprints: `/f/${at}` },
      });
    }
    expect([...meters.keys()]).toContain('transfer-server');
    library.close();
  });
});
