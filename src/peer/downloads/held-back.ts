/**
 * Downloads whose sender gives nothing of them for now. What comes from him alone asks nobody until he goes on; what others
 * have too is fetched from them, and nobody's patience runs out.
 */
import type { ContentId } from '#src/domain/ids.js';
import type { TransferState } from '#src/domain/send/transfer.js';
import type { DownloadRecord } from '#src/io/disk/database-rows.js';
import type { TransferRow } from '#src/peer/transfer-rows.js';
import type { Entry } from './download-entry.js';

export class HeldBack {
  /** Who does so; what an offer was begun by names it, whatever it came to be. */
  readonly #by = new Map<ContentId, string>();

  /** @param entries of which those follow that were begun by this draft. @returns those of them for which that is news */
  set(draft: ContentId, by: string | undefined, entries: Iterable<Entry>): readonly Entry[] {
    if (by === undefined) this.#by.delete(draft);
    else this.#by.set(draft, by);
    const changed = [...entries].filter(
      ({ running: { record }, heldBackBy }) =>
        (record.draft ?? record.id) === draft && heldBackBy !== by,
    );
    for (const entry of changed) {
      entry.heldBackBy = by;
      settle(entry);
      awaitPatiently(entry);
    }
    return changed;
  }

  by({ id, draft = id }: DownloadRecord): string | undefined {
    return this.#by.get(draft);
  }
}

/** Whether it asks anybody, by the word of its user and by that of its sender. */
export function settle(entry: Entry): void {
  const { running, isPaused, heldBackBy } = entry;
  const isStopped = isPaused || (heldBackBy !== undefined && running.record.isPrivate === true);
  if (isStopped && running.state !== 'paused') {
    running.step({ type: 'pause' });
    entry.slots = 0;
  }
  if (!isStopped && running.state === 'paused') running.step({ type: 'resume' });
}

/** How long it may go without progress, for those who wait for it. */
export function awaitPatiently({ running, heldBackBy, askers }: Entry): void {
  if (heldBackBy !== undefined)
    running.step({ type: 'awaited', timeoutMs: Number.POSITIVE_INFINITY });
  else if (askers.count > 0) running.beAwaited();
}

/** To its user it is paused where he said so, and else waits for its sender. */
export function shownState({ running, isPaused, heldBackBy }: Entry): TransferState {
  const { state } = running;
  if (heldBackBy === undefined || isPaused) return state;
  const isMoving = state === 'running' && running.progress.bytesPerSecond > 0;
  return isMoving ? 'running' : 'waiting';
}

export function pausedBy(sender: string): NonNullable<TransferRow['why']> {
  return { code: 'paused', message: `paused by ${sender}` };
}
