/** What is told and done of a download as long as it goes on. How it ends is its owner's business. */
import { dirname } from 'node:path';
import type { Manifest } from '#src/domain/content/manifest.js';
import { type Failure, sentenceOf } from '#src/domain/download/disk-failure.js';
import type { DownloadOut } from '#src/domain/download/download-events.js';
import type { ErrorRecord } from '#src/domain/errors.js';
import { printable } from '#src/domain/printable.js';
import { unreachable } from '#src/domain/unreachable.js';
import type { Fingerprints } from '#src/io/content/fingerprints.js';
import type { PeerEvent } from '#src/peer/events.js';
import { type Entry, type EntrySurroundings, type News, rowOf, started } from './download-entry.js';
import type { TransferBook } from './transfer-book.js';

/** What a running download says. */
export type DownloadNews =
  /** What it consists of is known here. */
  | { readonly type: 'listed' }
  | { readonly type: 'started'; readonly manifest: Manifest; readonly have: number }
  | Extract<DownloadOut, { type: 'progress' | 'waiting' | 'convict' | 'chunk-here' }>
  /** It runs, waits or is paused now, and did not before. */
  | { readonly type: 'state' }
  | {
      readonly type: 'completed';
      readonly path: string;
      readonly manifest: Manifest;
      /** How its files looked when they were written, as far as that is known. */
      readonly looks: Fingerprints;
    }
  | ({ readonly type: 'failed' } & Failure)
  /** What arrived there, where it was to go before, could not be taken along. */
  | { readonly type: 'left-there'; readonly staging: string; readonly error: ErrorRecord }
  /** A request actor crashed and another took its place. */
  | { readonly type: 'request-restarted'; readonly attempt: number };

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
    case 'left-there':
      return around.tell(leftThere(name, news));
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

/** It lies two folders below the one that its user named. */
export function leftThere(
  name: string,
  { staging, error }: Extract<DownloadNews, { type: 'left-there' }>,
): PeerEvent {
  const folder = dirname(dirname(staging));
  const why = sentenceOf(error, folder);
  const message = `What arrived of ${printable(name)} in ${printable(folder)} stays there: ${why}`;
  return { type: 'notice', code: 'left-there', message };
}
