/** The downloads under way: who of them has how many request slots, what is heard of each, and its end. */
import type { ContentId } from '#src/domain/ids.js';
import { isWanting } from '#src/domain/send/standstill.js';
import { PendingWork } from '#src/peer/pending-work.js';
import {
  completionEvent,
  type Entry,
  endedRow,
  failEntry,
  failureEvent,
  type News,
  noteCompleted,
  waitingRow,
  wishOf,
} from './download-entry.js';
import { CANCELLED } from './download-error.js';
import type { DownloadNews } from './download-news.js';
import { hearOngoing, type OngoingSurroundings } from './download-news.js';
import { Endings } from './endings.js';
import { shareSlots } from './request-slots.js';
import type { RunningDownload } from './running-download.js';
import type { Surroundings } from './surroundings.js';
import type { TransferBook } from './transfer-book.js';
import type { Unfinished } from './unfinished.js';

type EntriesOptions = {
  readonly around: Surroundings & OngoingSurroundings;
  readonly unfinished: Unfinished;
  readonly book: TransferBook;
  /** @returns whether it is known to be something else by now, and goes over to that. */
  readonly move: (entry: Entry) => boolean;
};

export class DownloadEntries {
  readonly all = new Map<ContentId, Entry>();
  /** What the next of the same content waits for. */
  readonly endings = new Endings();
  /** What the end of the peer waits for. */
  readonly pending = new PendingWork();
  readonly #with: EntriesOptions;

  constructor(options: EntriesOptions) {
    this.#with = options;
  }

  get running(): readonly RunningDownload[] {
    return [...this.all.values()].map(({ running }) => running);
  }

  /** Threads are for downloads that have somebody to ask. */
  shareSlots(): void {
    const all = [...this.all.values()];
    const slots = shareSlots(all.map((entry) => wishOf(entry, this.#with.around)));
    for (const [at, entry] of all.entries()) {
      const count = slots[at] ?? 0;
      if (entry.slots === count) continue;
      entry.slots = count;
      entry.running.step({ type: 'slots', count });
    }
  }

  hear(entry: Entry, news: DownloadNews): void {
    const { around, book, move } = this.#with;
    const { id } = entry.running.record;
    // Given up while it was put in its place, it is whole all the same.
    if (this.all.get(id) !== entry && news.type !== 'completed') return;
    if (news.type === 'listed') {
      move(entry);
      return;
    }
    if (news.type === 'completed') {
      entry.completing = this.pending.add(this.#completed(entry, news));
      return;
    }
    // What is known to be something else by now is not told of.
    if (news.type === 'started' && move(entry)) return;
    if (news.type !== 'failed') {
      hearOngoing(entry, news, book, around);
      return;
    }
    // What only its sender has goes on when he is back.
    if (entry.standstill?.code === 'away' && isWanting(news)) {
      book.wait(waitingRow(entry, entry.standstill));
    } else {
      book.end(endedRow(entry, 'failed', news), failureEvent(entry.running.record, news));
    }
    this.letGo(entry);
    failEntry(entry, news);
  }

  /** Nobody wants it any more. */
  cancel(entry: Entry): void {
    this.#with.book.end(
      endedRow(entry, 'cancelled'),
      failureEvent(entry.running.record, CANCELLED),
    );
    this.letGo(entry);
  }

  /** What still runs of it ends, and the next of the same content waits for that. */
  letGo(entry: Entry): void {
    this.#drop(entry);
    const ended = entry.running.abandon().then(() => entry.completing);
    void this.endings.hold(entry.running.record.id, this.pending.add(ended));
  }

  async #completed(entry: Entry, news: News<'completed'>): Promise<void> {
    const { around, unfinished, book } = this.#with;
    const event = await noteCompleted(entry, news, unfinished, around);
    // Whoever asks until now joins, and is answered with the others.
    this.#drop(entry);
    book.end(endedRow(entry, 'completed'), completionEvent(entry, event));
    entry.askers.complete(event);
  }

  #drop(entry: Entry): void {
    const { id } = entry.running.record;
    if (this.all.get(id) === entry) this.all.delete(id);
    this.shareSlots();
  }
}
