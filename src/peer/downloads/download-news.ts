/** What is told and done of a download as long as it goes on. How it ends is its owner's business. */
import { unreachable } from '#src/domain/unreachable.js';
import { type Entry, type EntrySurroundings, type News, rowOf, started } from './download-entry.js';
import type { DownloadNews } from './running-download.js';
import type { TransferBook } from './transfer-book.js';

export type OngoingSurroundings = EntrySurroundings & {
  readonly convict: (conviction: News<'convict'>) => void;
};

export type OngoingNews = Exclude<DownloadNews, { type: 'listed' | 'completed' | 'failed' }>;

export function hearOngoing(
  entry: Entry,
  news: OngoingNews,
  book: TransferBook,
  around: OngoingSurroundings,
): void {
  const { id, name } = entry.running.record;
  switch (news.type) {
    case 'started':
      return started(entry, news.manifest, around);
    case 'state':
      return book.note(rowOf(entry));
    case 'chunk-here':
      entry.files?.gain(news.index);
      return around.library.gain(`partial:${id}`, [news.index, 1]);
    case 'progress': {
      book.note(rowOf(entry));
      const { type: _, ...progress } = news;
      return entry.askers.tell({ type: 'download-progress', id, ...progress });
    }
    case 'waiting':
      return entry.askers.tell({ type: 'download-waiting', id, name, reason: news.reason });
    case 'convict':
      return around.convict(news);
    case 'request-restarted':
      return around.tell({
        ...({ type: 'actor-restarted', actor: 'request' } as const),
        code: 'crashed',
        attempt: news.attempt,
      });
    default:
      return unreachable(news);
  }
}
