import { Subject } from 'rxjs';
import { afterEach, describe, expect, it, vi } from 'vitest';

import { Answers } from '#src/io/net/answers.js';
import type { Received } from '#src/io/net/delivery.js';
import type { Session } from '#src/io/net/session.js';

afterEach(() => void vi.useRealTimers());

describe('answers', () => {
  it('are waited for one at a time: who asks later is not ended by the patience of who asked before', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const received = new Subject<Received>();
    const destroy = vi.fn();
    const answers = new Answers({ received, destroy } as unknown as Session);
    const first = answers.next(1, 1000);
    const second = answers.next(1, 5000);
    await expect(first).rejects.toMatchObject({ code: 'cancelled' });
    vi.advanceTimersByTime(4999);
    expect(destroy).not.toHaveBeenCalled();
    received.next({ message: { type: 'take-file' }, request: 1 });
    expect(await second).toEqual({ type: 'take-file' });
    expect(vi.getTimerCount()).toBe(0);
  });
});
