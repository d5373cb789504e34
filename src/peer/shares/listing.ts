/** What `list` shows: what is here, then what the others offer, one row for each content and name. */
import type { Directory } from '#src/domain/catalogue/directory.js';
import type { ContentId } from '#src/domain/ids.js';
import type { ListRow, Share } from '#src/peer/rows.js';
import type { Library } from './library.js';

/** @param shared what the user shares: those rows say so. */
export function listRows(
  library: Library,
  directory: Directory,
  part: string,
  shared: readonly Pick<Share, 'id' | 'name'>[] = [],
): readonly ListRow[] {
  const rows = new Map<string, ListRow>();
  const wanted = part.toLowerCase();
  const own = new Set(shared.map(keyOf));
  const add = (row: { name: string; id: ContentId; bytes: number; chunks: number }) => {
    const key = keyOf(row);
    if (rows.has(key) || !row.name.toLowerCase().includes(wanted)) return;
    const { name, id, bytes, chunks } = row;
    const have = library.contents.best(id)?.have.count ?? 0;
    const sources = directory.sources(id);
    const path = library.whole(id)?.path ?? null;
    const mark = own.has(key) ? ({ shared: true } as const) : {};
    rows.set(key, { name, id, bytes, chunks, have, path, sources, ...mark });
  };
  for (const held of library.contents.all()) add(held);
  for (const offer of directory.offers()) add(offer);
  return [...rows.values()];
}

function keyOf({ id, name }: Pick<Share, 'id' | 'name'>): string {
  return `${id}${name}`;
}
