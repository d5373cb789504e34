/** What is shared, here and by others. Pure. */
import type { ContentId } from '#src/domain/ids.js';
import type { ListRow } from '#src/peer/rows.js';

export type Shares = readonly ListRow[];

/** One content may be shared under several names. */
export function keyOf({ id, name }: { readonly id: ContentId; readonly name: string }): string {
  return `${id}/${name}`;
}

/** @returns the rows by name; those that did not change are the same objects, so that nothing is drawn again. */
export function sharesFrom(before: Shares, rows: Shares): Shares {
  const known = new Map(before.map((row) => [keyOf(row), row]));
  const merged = rows.map((row) => {
    const old = known.get(keyOf(row));
    return old !== undefined && isSame(old, row) ? old : row;
  });
  const sorted = merged.toSorted((one, other) => inLanguage().compare(one.name, other.name));
  const isAsBefore =
    sorted.length === before.length && sorted.every((row, at) => row === before[at]);
  return isAsBefore ? before : sorted;
}

/** Made when it is first used: that takes a browser 10 ms, in which the page could be there. */
function inLanguage(): Intl.Collator {
  order ??= new Intl.Collator();
  return order;
}

let order: Intl.Collator | undefined;

/** @param wanted a part of the name, any case. */
export function found(shares: Shares, wanted: string, onlyElsewhere: boolean): Shares {
  const text = wanted.trim().toLocaleLowerCase();
  return shares.filter(
    (row) => (!onlyElsewhere || !isWhole(row)) && row.name.toLocaleLowerCase().includes(text),
  );
}

export function isWhole({
  have,
  chunks,
  path,
}: Pick<ListRow, 'have' | 'chunks' | 'path'>): boolean {
  return path !== null || have === chunks;
}

/** How many have it, or some of it, this peer counted where it has all. */
export function copiesOf(row: ListRow): number {
  return row.sources + Number(isWhole(row));
}

/** Who switches this machine off takes it away from everybody. */
export function isOnlyHere(row: ListRow): boolean {
  return isWhole(row) && row.sources === 0;
}

/** @returns what `unshare` takes for this one of what is shared here: where two are called alike, the id. */
export function shareWord(shares: Shares, { id, name }: ListRow): string {
  return shares.filter((row) => row.shared && row.name === name).length === 1 ? name : id;
}

function isSame(one: ListRow, other: ListRow): boolean {
  return (
    one.have === other.have &&
    one.sources === other.sources &&
    one.path === other.path &&
    one.shared === other.shared
  );
}
