/** What is known of downloads as long as they run: nothing of it stays behind when they end. */
import { expect, it } from 'vitest';
import type { ContentId } from '#src/domain/ids.js';
import { DownloadEntries } from '#src/peer/downloads/download-entries.js';
import type { Entry } from '#src/peer/downloads/download-entry.js';
import { HeldBack } from '#src/peer/downloads/held-back.js';
import { Sealing } from '#src/peer/downloads/sealing.js';

const [ID, DRAFT] = ['c'.repeat(64), 'd'.repeat(64)] as [ContentId, ContentId];

function entryOf(record: object) {
  const steps: unknown[] = [];
  const running = {
    record,
    progress: { chunks: 0 },
    sources: [],
    step: (event: unknown) => void steps.push(event),
    abandon: () => new Promise(() => undefined),
  };
  return { entry: { running, askers: {} } as unknown as Entry, steps };
}

it('what a draft came to be is forgotten at the end of what was begun by it', () => {
  const sealing = new Sealing({ entries: new Map() } as never);
  const { entry } = entryOf({ id: DRAFT, isDraft: true });
  sealing.seal(DRAFT, { id: ID, failed: [], failedCount: 0 });
  sealing.ended(DRAFT);
  expect(sealing.move(entry)).toBe(false);
  sealing.seal(DRAFT, { id: ID, failed: [], failedCount: 0 });
  expect(sealing.move(entry)).toBe(true);
});

it('that its sender took it back is forgotten then, too', () => {
  const heldBack = new HeldBack({ entries: new Map(), changed: () => undefined });
  const { entry, steps } = entryOf({ id: ID, draft: DRAFT });
  const error = { code: 'withdrawn', message: 'taken back' };
  heldBack.withdraw(DRAFT, error);
  heldBack.endWithdrawn(entry);
  expect(steps).toEqual([{ type: 'failed', error }]);
  heldBack.ended(DRAFT);
  heldBack.endWithdrawn(entry);
  expect(steps).toHaveLength(1);
});

it('the end of a download is told by what it was begun by', () => {
  const ended: ContentId[] = [];
  const entries = new DownloadEntries({
    book: { end: () => undefined },
    ended: (draft: ContentId) => void ended.push(draft),
  } as never);
  for (const record of [{ id: ID, draft: DRAFT }, { id: ID }]) {
    const { entry } = entryOf(record);
    entries.all.set(ID, entry);
    entries.cancel(entry);
  }
  expect(ended).toEqual([DRAFT, ID]);
  expect(entries.all.size).toBe(0);
});
