/** Where the bytes of a content lie below its staging folder: a file as `data`, a folder as `tree` with all below it. */
import { join } from 'node:path';
import { type ContentKind, pathOf } from '#src/domain/content/entries.js';
import type { Manifest } from '#src/domain/content/manifest.js';

export type StagedPlace = {
  /** With slashes; empty for the staging folder itself. */
  readonly folder: string;
  readonly name: string;
};

/** @returns what the whole of it is called in its staging folder. */
export function stagedName(kind: ContentKind): 'data' | 'tree' {
  return kind === 'file' ? 'data' : 'tree';
}

/** Asked of each small file as it is written: it takes no path apart but at its end. */
export function stagedPlace(manifest: Manifest, entry: number): StagedPlace {
  const whole = stagedName(manifest.kind);
  if (manifest.kind === 'file') return { folder: '', name: whole };
  const path = `${whole}/${pathOf(manifest.entries, entry)}`;
  const at = path.lastIndexOf('/');
  return { folder: path.slice(0, at), name: path.slice(at + 1) };
}

/** @returns where an entry lies, by names from the staging folder on. */
export function stagedNames(
  { kind, entries }: Pick<Manifest, 'kind' | 'entries'>,
  entry: number,
): readonly string[] {
  const whole = stagedName(kind);
  return kind === 'file' ? [whole] : [whole, ...pathOf(entries, entry).split('/')];
}

/** @returns where an entry lies. @param staging its staging folder. */
export function stagedPath(
  staging: string,
  { kind, entries }: Pick<Manifest, 'kind' | 'entries'>,
  entry: number,
): string {
  const whole = join(staging, stagedName(kind));
  return kind === 'file' ? whole : join(whole, pathOf(entries, entry));
}

/** @returns the names on the way to such a folder. */
export function namesOf(folder: string): readonly string[] {
  return folder === '' ? [] : folder.split('/');
}
