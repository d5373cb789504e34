import { describe, expect, it } from 'vitest';
import type { Told } from '#src/peer/api.js';
import { EventFeed } from '#src/peer/web/event-feed.js';

type Line = { readonly type: string; readonly ref?: string };
type Batch = { readonly events: readonly Line[] };

const notice = (ref: number) =>
  ({ type: 'notice', code: 'x', message: 'y', ref: `${ref}` }) as const;

function scene() {
  const batches: Batch[] = [];
  const feed = new EventFeed((batch) => batches.push(batch));
  const refs = () => batches.map(({ events }) => events.map(({ ref }) => Number(ref)));
  return { feed, batches, refs };
}

describe('what happens, on its way to the web actor', () => {
  it('goes nowhere while nobody listens', () => {
    const { feed, batches } = scene();
    feed.tell(notice(0));
    feed.wanted(true);
    feed.tell(notice(1));
    feed.wanted(false);
    feed.tell(notice(2));
    feed.taken();
    expect(batches).toHaveLength(1);
  });

  it('goes one batch at a time, in its order', () => {
    const { feed, refs } = scene();
    feed.wanted(true);
    for (let ref = 0; ref < 4; ref += 1) feed.tell(notice(ref));
    expect(refs()).toEqual([[0]]);
    feed.taken();
    feed.tell(notice(4));
    feed.taken();
    feed.taken();
    expect(refs()).toEqual([[0], [1, 2, 3], [4]]);
  });

  it('is bounded where the actor is slow, and what is left out is counted', () => {
    const { feed, batches } = scene();
    feed.wanted(true);
    for (let ref = 0; ref <= 2500; ref += 1) feed.tell(notice(ref));
    feed.taken();
    expect(batches[1]?.events).toHaveLength(2001);
    expect(batches[1]?.events.at(-1)).toEqual({ type: 'missed', count: 500, brief: 500 });
    feed.tell(notice(0));
    feed.taken();
    expect(batches[2]?.events).toEqual([notice(0)]);
  });

  it('leaves out no mark, which somebody waits for, and takes a hundred at most', () => {
    const { feed, batches } = scene();
    feed.wanted(true);
    for (let ref = 0; ref <= 2500; ref += 1) feed.tell(notice(ref));
    for (let ref = 0; ref < 100; ref += 1) feed.mark(`mark ${ref}`);
    expect(() => feed.mark('one more')).toThrow('100 marks wait to be told: ask again in a moment');
    feed.taken();
    expect(batches[1]?.events).toHaveLength(2101);
    expect(batches[1]?.events.at(-1)).toEqual({ type: 'mark', ref: 'mark 99' });
    feed.mark('the next');
    feed.taken();
    expect(batches[2]?.events).toEqual([{ type: 'mark', ref: 'the next' }]);
  });

  it('says what was left out where that was, and how much of it is told in brief', () => {
    const { feed, batches } = scene();
    feed.wanted(true);
    for (let ref = 0; ref <= 2000; ref += 1) feed.tell(notice(ref));
    feed.mark('before');
    feed.tell({ type: 'download-progress' } as Told);
    feed.tell(notice(2001));
    feed.mark('after');
    feed.tell({ type: 'download-progress' } as Told);
    feed.taken();
    expect(batches[1]?.events.slice(2000)).toEqual([
      { type: 'mark', ref: 'before' },
      { type: 'missed', count: 2, brief: 1 },
      { type: 'mark', ref: 'after' },
      { type: 'missed', count: 1, brief: 0 },
    ]);
  });

  it('begins anew with a new life of the actor, which nobody listens to yet', () => {
    const { feed, refs } = scene();
    feed.wanted(true);
    feed.tell(notice(0));
    feed.tell(notice(1));
    feed.ended();
    feed.tell(notice(2));
    feed.wanted(true);
    feed.tell(notice(3));
    expect(refs()).toEqual([[0], [3]]);
  });
});
