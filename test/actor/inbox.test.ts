import { describe, expect, it } from 'vitest';
import { createInbox } from '#src/actor/inbox.js';

const nextTurn = () => Promise.resolve();

describe('an inbox', () => {
  it('keeps messages and its completion until somebody listens, then gives them to all who do', async () => {
    const inbox = createInbox<number>();
    const heard: unknown[] = [];
    inbox.put(1, () => heard.push('taken'));
    inbox.complete();
    await nextTurn();
    expect(heard).toEqual([]);
    inbox.messages.subscribe({ next: (n) => heard.push(n), complete: () => heard.push('end') });
    inbox.messages.subscribe((n) => heard.push(n + 10));
    await nextTurn();
    expect(heard).toEqual([1, 11, 'taken', 'end']);
  });

  it('keeps the order when a message comes while it opens', async () => {
    const inbox = createInbox<number>();
    const heard: number[] = [];
    inbox.put(1, () => undefined);
    inbox.messages.subscribe((n) => {
      heard.push(n);
      if (n === 1) inbox.put(3, () => undefined);
    });
    inbox.put(2, () => undefined);
    await nextTurn();
    expect(heard).toEqual([1, 2, 3]);
  });

  it('is hot once it is open', async () => {
    const inbox = createInbox<number>();
    inbox.messages.subscribe();
    await nextTurn();
    inbox.put(1, () => undefined);
    const heard: number[] = [];
    inbox.messages.subscribe((n) => heard.push(n));
    inbox.put(2, () => undefined);
    expect(heard).toEqual([2]);
  });
});
