/** What a word of the user's means: a name, or the beginning of an id. */
import type { ContentId } from '#src/domain/ids.js';

/** Fewer characters of an id are more likely a mistake than meant. */
const SHORTEST_PREFIX = 4;

type Named = { readonly name: string; readonly id: ContentId };

/** @returns those called so; where nobody is, those whose id begins so. */
export function meant<T extends Named>(word: string, all: readonly T[]): readonly T[] {
  const byName = all.filter(({ name }) => name === word);
  if (byName.length > 0) return byName;
  const prefix = word.toLowerCase();
  if (prefix.length < SHORTEST_PREFIX || !/^[0-9a-f]+$/.test(prefix)) return [];
  return all.filter(({ id }) => id.startsWith(prefix));
}
