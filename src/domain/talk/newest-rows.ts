/** A part of what was said. Pure. */

/**
 * @param rows oldest first
 * @param before only those that came before the one of this id; none where it is not kept any more
 * @returns the newest `count` of them, oldest first
 */
export function newestRows<Row extends { readonly id: string }>(
  rows: readonly Row[],
  count: number,
  before?: string,
): readonly Row[] {
  const at = before === undefined ? rows.length : rows.findLastIndex(({ id }) => id === before);
  return rows.slice(Math.max(0, at - count), Math.max(0, at));
}
