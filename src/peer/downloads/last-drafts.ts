/** What is known by drafts, of the last of them: whoever sends makes as many as he likes. */
import type { ContentId } from '#src/domain/ids.js';

/** More than are under way at once; what is said of an older one is said again by its sender. */
export const MOST_DRAFTS = 1000;

/** The newest is last in `map`; the oldest goes. */
export function putBounded<T>(map: Map<ContentId, T>, draft: ContentId, value: T): void {
  map.delete(draft);
  map.set(draft, value);
  const [oldest] = map.keys();
  if (map.size > MOST_DRAFTS && oldest !== undefined) map.delete(oldest);
}
