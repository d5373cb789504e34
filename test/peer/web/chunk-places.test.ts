import { Subject } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Contents, type Holding } from '#src/domain/catalogue/contents.js';
import type { ContentId } from '#src/domain/ids.js';
import type { Waits } from '#src/io/web/calls.js';
import { placeOf } from '#src/peer/web/chunk-places.js';

const ID = 'abcd'.repeat(16) as ContentId;
const PATIENCE_MS = 500;

const holding = (source: Holding['source']): Holding => ({
  id: ID,
  name: 'film',
  bytes: 10,
  chunks: 3,
  source,
  isOffered: true,
});
const part = holding({ kind: 'partial', path: '/p', have: [0, 1] });
const whole = holding({ kind: 'share', path: '/film', fingerprints: '/f' });

/** A content of which the first chunk is here, and who asks for one. */
function scene() {
  const contents = new Contents();
  const changes = new Subject<void>();
  contents.put('film', part);
  const ask = (chunk: number, waits?: Waits) => {
    const search = {
      type: 'locate',
      call: 1,
      share: 'film',
      chunk,
      ...(waits && { waits }),
    } as const;
    return placeOf({ contents, changes }, search, PATIENCE_MS);
  };
  return { contents, changes, ask };
}

/** Whether it has been answered by now. */
async function isOpen(answer: Promise<unknown>): Promise<boolean> {
  const open = Symbol('open');
  return (await Promise.race([answer, vi.advanceTimersByTimeAsync(0).then(() => open)])) === open;
}

describe('where a chunk lies', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('is told at once where nobody waits for it, here or not', async () => {
    const { ask } = scene();
    expect(await ask(0)).toMatchObject({ has: true, source: { kind: 'partial', path: '/p' } });
    expect(await ask(2)).toMatchObject({ has: false });
  });

  it('is told as soon as it has come, and not for another one', async () => {
    const { ask, contents, changes } = scene();
    const answer = ask(2, {});
    contents.gain('film', [1, 1]);
    changes.next();
    expect(await isOpen(answer)).toBe(true);
    contents.gain('film', [2, 1]);
    changes.next();
    expect(await answer).toMatchObject({ has: true });
  });

  it('is told again only where it is elsewhere, once it could not be read', async () => {
    const { ask, contents, changes } = scene();
    const answer = ask(0, { unreadAt: '/p' });
    changes.next();
    expect(await isOpen(answer)).toBe(true);
    contents.put('film', whole);
    changes.next();
    expect(await answer).toMatchObject({ has: true, source: { kind: 'share', path: '/film' } });
  });

  it('is waited for no longer than a browser would, nor beyond the end of the peer', async () => {
    const { ask, changes } = scene();
    const answer = ask(2, {});
    await vi.advanceTimersByTimeAsync(PATIENCE_MS - 1);
    expect(await isOpen(answer)).toBe(true);
    await vi.advanceTimersByTimeAsync(1);
    expect(await answer).toMatchObject({ has: false, name: 'film' });
    const other = ask(2, {});
    changes.complete();
    expect(await other).toMatchObject({ has: false });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is asked for in vain once it is here no more', async () => {
    const { ask, contents, changes } = scene();
    const answer = ask(2, {});
    contents.remove('film');
    changes.next();
    await expect(answer).rejects.toMatchObject({ code: 'not-found' });
  });
});
