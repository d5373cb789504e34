/** What `list` shows: what is here, then what the others offer, one row for each content and name. */
import type { Directory } from '#src/domain/catalogue/directory.js';
import type { ContentId } from '#src/domain/ids.js';
import type { ListRow } from '#src/peer/rows.js';
import type { Library } from './library.js';

export function listRows(library: Library, directory: Directory, part: string): readonly ListRow[] {
  const rows = new Map<string, ListRow>();
  const wanted = part.toLowerCase();
  const add = (row: { name: string; id: ContentId; bytes: number; chunks: number }) => {
    const key = `${row.id}${row.name}`;
    if (rows.has(key) || !row.name.toLowerCase().includes(wanted)) return;
    const { name, id, bytes, chunks } = row;
    const best = library.contents.best(id);
    const sources = directory.sources(id);
    const path = library.whole(id)?.path ?? null;
    rows.set(key, { name, id, bytes, chunks, have: best?.have.count ?? 0, path, sources });
  };
  for (const held of library.contents.all()) add(held);
  for (const offer of directory.offers()) add(offer);
  return [...rows.values()];
}
