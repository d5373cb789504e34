/**
 * Downloads whose sender gives nothing of them, for now or for good. What he has paused and comes from him alone asks nobody
 * until he goes on; what others have too is fetched from them, and nobody's patience runs out. What he has taken back ends.
 */
import type { ErrorRecord } from '#src/domain/errors.js';
import type { ContentId } from '#src/domain/ids.js';
import type { Standstill } from '#src/domain/send/standstill.js';
import type { TransferState } from '#src/domain/send/transfer.js';
import type { DownloadRecord } from '#src/io/disk/database-rows.js';
import type { Entry } from './download-entry.js';
import { putBounded } from './last-drafts.js';

type Around = {
  readonly entries: ReadonlyMap<ContentId, Entry>;
  /** It stands otherwise than before. */
  readonly changed: (entry: Entry) => void;
};

/** What an offer was begun by, its draft, names it here, whatever it came to be. */
export class HeldBack {
  readonly #with: Around;
  readonly #standstills = new Map<ContentId, Standstill>();
  readonly #withdrawn = new Map<ContentId, ErrorRecord>();

  constructor(around: Around) {
    this.#with = around;
  }

  /** @param standstill undefined where nothing keeps it any more */
  set(draft: ContentId, standstill: Standstill | undefined): void {
    if (standstill === undefined) this.#standstills.delete(draft);
    else this.#standstills.set(draft, standstill);
    for (const entry of this.#begunBy(draft)) {
      if (entry.standstill?.code === standstill?.code) continue;
      entry.standstill = standstill;
      settle(entry);
      awaitPatiently(entry);
      this.#with.changed(entry);
    }
  }

  by(record: DownloadRecord): Standstill | undefined {
    return this.#standstills.get(draftOf(record));
  }

  /** Nothing more of it is to come: it ends, unless it is whole. One that is just beginning does as soon as it has. */
  withdraw(draft: ContentId, failure: ErrorRecord): void {
    putBounded(this.#withdrawn, draft, failure);
    for (const entry of this.#begunBy(draft)) this.endWithdrawn(entry);
  }

  /** Its sender is asked for it, once more perhaps. */
  asked(draft: ContentId): void {
    this.#withdrawn.delete(draft);
  }

  /** What is on its way to another content is looked at once it is that. */
  endWithdrawn({ running, completing }: Entry): void {
    const error = this.#withdrawn.get(draftOf(running.record));
    if (error === undefined || running.isFinishing || completing !== undefined) return;
    running.step({ type: 'failed', error });
  }

  #begunBy(draft: ContentId): readonly Entry[] {
    return [...this.#with.entries.values()].filter(
      ({ running: { record } }) => draftOf(record) === draft,
    );
  }
}

function draftOf({ id, draft = id }: DownloadRecord): ContentId {
  return draft;
}

/** Whether it asks anybody, by the word of its user and by that of its sender. */
export function settle(entry: Entry): void {
  const { running, isPaused, standstill, askers } = entry;
  const isHeldBack = standstill?.code === 'paused' && running.record.isPrivate === true;
  const isStopped = isPaused || isHeldBack;
  if (isStopped && running.state !== 'paused') {
    running.step({ type: 'pause' });
    entry.slots = 0;
  }
  if (!isStopped && running.state === 'paused') running.step({ type: 'resume' });
  askers.paused(isPausedByUser(entry));
}

/** What is being put in its place is not, whatever he said. */
export function isPausedByUser({ isPaused, running }: Entry): boolean {
  return isPaused && running.state === 'paused';
}

/** How long it may go without progress, for those who wait for it. */
export function awaitPatiently({ running, standstill, askers }: Entry): void {
  if (standstill?.code === 'paused')
    running.step({ type: 'awaited', timeoutMs: Number.POSITIVE_INFINITY });
  else if (askers.count > 0) running.beAwaited();
}

/** To its user it is paused where he said so, and else waits for its sender. */
export function shownState({ running, isPaused, standstill }: Entry): TransferState {
  const { state } = running;
  if (standstill === undefined || isPaused) return state;
  const isMoving = state === 'running' && running.progress.bytesPerSecond > 0;
  return isMoving ? 'running' : 'waiting';
}

/** Nobody else gives it. */
export function isOfSender({ from, isPrivate = false, isDraft = false }: DownloadRecord): boolean {
  return from !== undefined && (isPrivate || isDraft);
}
