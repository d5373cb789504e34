/** What was said to all and what was said in private, in the order in which it came here. */

/** One to all, and its number among those. */
type ToAll<T> = { readonly order: number; readonly row: T };

/** A private one, and the number of the last to all that was here before it. */
type Private<T> = { readonly after: number; readonly row: T };

/** @param toAll oldest first. @param privately oldest first. */
export function mergedHistory<T>(
  toAll: readonly ToAll<T>[],
  privately: readonly Private<T>[],
): readonly T[] {
  const merged: T[] = [];
  let next = 0;
  for (const { order, row } of toAll) {
    for (; next < privately.length; next += 1) {
      const one = privately[next];
      if (one === undefined || one.after >= order) break;
      merged.push(one.row);
    }
    merged.push(row);
  }
  return [...merged, ...privately.slice(next).map(({ row }) => row)];
}
