/** Where an entry's bytes lie below a staging folder. */
import { pathOf } from '#src/domain/content/entries.js';
import type { Manifest } from '#src/domain/content/manifest.js';

export type StagedPlace = {
  /** With slashes; empty for the staging folder itself. */
  readonly folder: string;
  readonly name: string;
};

/** Asked of each small file as it is written: it takes no path apart but at its end. */
export function stagedPlace(manifest: Manifest, entry: number): StagedPlace {
  if (manifest.kind === 'file') return { folder: '', name: 'data' };
  const path = `tree/${pathOf(manifest.entries, entry)}`;
  const at = path.lastIndexOf('/');
  return { folder: path.slice(0, at), name: path.slice(at + 1) };
}

/** @returns the names on the way to such a folder. */
export function namesOf(folder: string): readonly string[] {
  return folder === '' ? [] : folder.split('/');
}
