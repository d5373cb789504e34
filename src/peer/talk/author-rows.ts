/** What was heard of an author, as the database keeps it and as it is counted. */
import type { PeerId } from '#src/domain/ids.js';
import type { DatedRow } from '#src/domain/mesh/reception.js';
import type { AuthorRecord } from '#src/io/disk/talk-rows.js';

export function authorKey({ author, epoch }: Pick<DatedRow, 'author' | 'epoch'>): string {
  return `${author} ${epoch}`;
}

export function authorRecord({ author, epoch, runs, at }: DatedRow): AuthorRecord {
  return { author, epoch, runs: runs.map(({ from, to }) => `${from}-${to}`).join(' '), at };
}

export function authorRow({ author, epoch, runs, at }: AuthorRecord): DatedRow {
  const edges = runs.split(' ').filter(Boolean);
  const pairs = edges.map((run) => run.split('-').map(Number));
  const all = pairs.map(([from = 0, to = 0]) => ({ from, to }));
  return { author: author as PeerId, epoch, runs: all, at };
}
