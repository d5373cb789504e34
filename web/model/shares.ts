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
    (row) => (!onlyElsewhere || !isHere(row)) && row.name.toLocaleLowerCase().includes(text),
  );
}

/** It lies where its user finds it: chunks that are kept for others, even all of them, are nobody's file. */
export function isHere({ path, shared }: ListRow): boolean {
  return path !== null || shared === true;
}

/** How many have it, or some of it, this peer counted where it has all, if only kept for others. */
export function copiesOf(row: ListRow): number {
  return row.sources + Number(isHere(row) || row.have === row.chunks);
}

/** Who switches this machine off takes it away from everybody: of what came in private the sender has more. */
export function isOnlyHere({ shared, sources }: ListRow): boolean {
  return shared === true && sources === 0;
}

/** @returns how many of what this peer shares are only here; undefined where it shares nothing. */
export function countOnlyHere(shares: Shares): number | undefined {
  if (!shares.some(({ shared }) => shared)) return undefined;
  return shares.filter(isOnlyHere).length;
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
