/** What stands directly in a share folder. The rules for a tree are in tree-walk.ts; here they hold for its top. */
import { readdirSync } from 'node:fs';
import type { Skipped } from '#src/domain/catalogue/share-table.js';
import { comparePaths } from '#src/domain/content/entries.js';
import { checkName, STAGING_NAME } from '#src/domain/content/name.js';
import { P2pError } from '#src/domain/errors.js';
import { hasRules, IgnoreRules, rulesText } from './ignore-rules.js';
import { whyNotShared } from './tree-entries.js';

/** What stands directly in a share folder and can be shared. */
export type FolderListing = {
  readonly names: readonly string[];
  readonly skipped: readonly Skipped[];
};

/** Names in a share folder times the rules for it, in characters: seconds, on the main thread. */
const MOST_COMPARED = 1e9;

/**
 * Each file and directory is a share of its own.
 * @param exclude patterns given by hand
 * @throws P2pError `usage`, `unreadable` where rules cannot be used; system errors of the folder itself.
 */
export function listFolder(folder: string, exclude: readonly string[] = []): FolderListing {
  const names: string[] = [];
  const skipped: Skipped[] = [];
  const given = IgnoreRules.excluding(exclude);
  const rules = hasRules(folder) ? given.with(rulesText(folder), '') : given;
  const { characters } = rules;
  let compared = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.name === STAGING_NAME) continue;
    compared += entry.name.length * characters;
    if (compared > MOST_COMPARED) throw tooMuchToCompare();
    if (!rules.isEmpty && rules.leavesOut(entry.name, entry.isDirectory())) continue;
    const why = whyNotShared(entry.name, entry, checkName(entry.name, 'posix'));
    if (why === undefined) names.push(entry.name);
    else skipped.push({ path: entry.name, why });
  }
  return { names: names.toSorted(comparePaths), skipped };
}

function tooMuchToCompare(): P2pError {
  const why = 'it holds more names than can be compared with so many rules: share its folders';
  return new P2pError('unreadable', why);
}
