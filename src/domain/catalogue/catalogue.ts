import type { ContentId } from '#src/domain/ids.js';

/** One line of what a peer offers: a content under a name, and how much of it this peer holds. */
export type CatalogueRow = {
  readonly name: string;
  readonly id: ContentId;
  readonly bytes: number;
  readonly chunks: number;
  readonly have: number;
};

/** Which row: one content may be offered under several names, and one name for several contents. */
export type RowKey = { readonly name: string; readonly id: ContentId };

/** Part of a catalogue on its way. `fresh` replaces all before it; `complete` says that no more follows for now. */
export type CataloguePage = {
  readonly fresh: boolean;
  readonly complete: boolean;
  readonly changed: readonly CatalogueRow[];
  readonly removed: readonly RowKey[];
};

/** Rows by their key in one text: a content id's 64 characters, then the name. */
export type Catalogue = Map<string, CatalogueRow>;

const ID_CHARACTERS = 64;

export function rowKey({ id, name }: RowKey): string {
  return id + name;
}

export function parseRowKey(key: string): RowKey {
  return { id: key.slice(0, ID_CHARACTERS) as ContentId, name: key.slice(ID_CHARACTERS) };
}

/** Brings `catalogue` up to date. @returns the keys of the rows it touched. */
export function applyOffer(
  catalogue: Catalogue,
  changed: readonly CatalogueRow[],
  removed: readonly RowKey[],
): readonly string[] {
  for (const key of removed) catalogue.delete(rowKey(key));
  for (const row of changed) catalogue.set(rowKey(row), row);
  return [...removed, ...changed].map(rowKey);
}
