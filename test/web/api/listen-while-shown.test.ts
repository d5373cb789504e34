import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { listenWhileShown } from '#web/api/listen-while-shown.js';

/** A tab that is shown and hidden, and how many streams it has open after each. */
class Tab {
  readonly told: string[] = [];
  readonly stop = new AbortController();
  readonly #watchers = new Set<() => void>();
  #isHidden: boolean;
  streams = 0;

  constructor(isHidden: boolean) {
    this.#isHidden = isHidden;
  }

  listen(follow = (signal: AbortSignal) => this.#follow(signal)): Promise<void> {
    const sight = {
      isHidden: () => this.#isHidden,
      watch: (told: () => void, signal: AbortSignal) => {
        this.#watchers.add(told);
        signal.addEventListener('abort', () => this.#watchers.delete(told), { once: true });
      },
    };
    return listenWhileShown(sight, (why) => this.told.push(why), follow, this.stop.signal);
  }

  async turn(isHidden: boolean): Promise<void> {
    this.#isHidden = isHidden;
    for (const told of this.#watchers) told();
    await this.pass(0);
  }

  async pass(ms: number): Promise<void> {
    await vi.advanceTimersByTimeAsync(ms);
  }

  get watchers(): number {
    return this.#watchers.size;
  }

  #follow(signal: AbortSignal): Promise<void> {
    this.streams += 1;
    return new Promise((resolve) => {
      signal.addEventListener('abort', () => {
        this.streams -= 1;
        resolve();
      });
    });
  }
}

describe('a tab of the page', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('lets its stream go once it was hidden for ten seconds, and has one anew once shown', async () => {
    const tab = new Tab(false);
    const end = tab.listen();
    await tab.turn(true);
    await tab.pass(9999);
    expect([tab.streams, tab.told]).toEqual([1, []]);
    await tab.pass(1);
    expect([tab.streams, tab.told]).toEqual([0, ['hidden']]);
    await tab.pass(60_000);
    expect(tab.streams).toBe(0);
    await tab.turn(false);
    expect(tab.streams).toBe(1);
    tab.stop.abort();
    await end;
    expect([tab.streams, tab.watchers, vi.getTimerCount()]).toEqual([0, 0, 0]);
  });

  it('keeps its stream where it is hidden for short times only', async () => {
    const tab = new Tab(false);
    void tab.listen();
    for (const _ of [1, 2, 3]) {
      await tab.turn(true);
      await tab.pass(9000);
      await tab.turn(false);
      await tab.pass(60_000);
    }
    expect([tab.streams, tab.told]).toEqual([1, []]);
  });

  it('has no stream before it is shown, and none after it has ended', async () => {
    const tab = new Tab(true);
    const end = tab.listen();
    await tab.pass(60_000);
    expect(tab.streams).toBe(0);
    tab.stop.abort();
    await end;
    await tab.turn(false);
    expect([tab.streams, tab.watchers]).toEqual([0, 0]);
  });

  it('does not try again where its stream was refused', async () => {
    const tab = new Tab(false);
    await tab.listen(async () => undefined);
    expect([tab.told, tab.watchers, vi.getTimerCount()]).toEqual([[], 0, 0]);
  });

  it('shows itself as lost where a fault of its own ends its stream', async () => {
    const tab = new Tab(false);
    const fault = () => Promise.reject(new TypeError('a fault'));
    await expect(tab.listen(fault)).rejects.toThrow('a fault');
    expect(tab.told).toEqual(['gone']);
  });
});
