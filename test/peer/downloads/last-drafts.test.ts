/** What senders said of drafts is remembered of the last of them alone. */
import { expect, it } from 'vitest';
import type { ContentId } from '#src/domain/ids.js';
import type { Entry } from '#src/peer/downloads/download-entry.js';
import { HeldBack } from '#src/peer/downloads/held-back.js';
import { MOST_DRAFTS } from '#src/peer/downloads/last-drafts.js';
import { Sealing } from '#src/peer/downloads/sealing.js';

const idOf = (nth: number) => String(nth).padStart(64, '0') as ContentId;

function entryOf(draft: ContentId) {
  const steps: unknown[] = [];
  const running = {
    record: { id: draft, isDraft: true },
    step: (event: unknown) => void steps.push(event),
    abandon: () => new Promise(() => undefined),
  };
  return { entry: { running } as unknown as Entry, steps };
}

it('what they came to be', () => {
  const sealing = new Sealing({ entries: new Map() } as never);
  for (let nth = 0; nth <= MOST_DRAFTS; nth += 1) {
    sealing.seal(idOf(nth), { id: idOf(5000 + nth), failed: [], failedCount: 0 });
  }
  expect(sealing.move(entryOf(idOf(0)).entry)).toBe(false);
  expect(sealing.move(entryOf(idOf(1)).entry)).toBe(true);
});

it('that they were taken back', () => {
  const heldBack = new HeldBack({ entries: new Map(), changed: () => undefined });
  const error = { code: 'withdrawn', message: 'taken back' };
  for (let nth = 0; nth <= MOST_DRAFTS; nth += 1) heldBack.withdraw(idOf(nth), error);
  for (const [nth, told] of [
    [0, []],
    [1, [{ type: 'failed', error }]],
  ] as const) {
    const { entry, steps } = entryOf(idOf(nth));
    heldBack.endWithdrawn(entry);
    expect(steps).toEqual(told);
  }
});
