/** What a word of the user's means: a name, or the beginning of an id. */
import { P2pError } from '#src/domain/errors.js';
import type { ContentId } from '#src/domain/ids.js';
import { printable } from '#src/domain/printable.js';
import type { Shared } from '#src/domain/share-table.js';
import { notShared } from './share-news.js';

/** Fewer characters of an id are more likely a mistake than meant. */
export const SHORTEST_PREFIX = 4;

type Named = { readonly name: string; readonly id: ContentId };

/** @returns those called so; where nobody is, those whose id begins so. */
export function meant<T extends Named>(word: string, all: readonly T[]): readonly T[] {
  const byName = all.filter(({ name }) => name === word);
  if (byName.length > 0) return byName;
  const prefix = word.toLowerCase();
  if (prefix.length < SHORTEST_PREFIX || !/^[0-9a-f]+$/.test(prefix)) return [];
  return all.filter(({ id }) => id.startsWith(prefix));
}

/** @returns the one share of this name, or whose id begins with it. @throws P2pError `not-found`, `ambiguous` */
export function shareCalled(name: string, all: readonly Shared[]): Shared {
  const found = meant(name, all);
  const [share] = found;
  if (share === undefined) throw notShared(name);
  if (found.length > 1) {
    throw new P2pError(
      'ambiguous',
      `${printable(name)} means ${found.length} shares: give more of the id`,
    );
  }
  return share;
}
