/** What lies below a folder, in a form that two places can be compared by. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/** @returns every path below `root`: `folder`, or the SHA-256 of the file's bytes. */
export function treePrint(root: string): Readonly<Record<string, string>> {
  const found = readdirSync(root, { recursive: true, withFileTypes: true }).map((entry) => {
    const path = join(entry.parentPath, entry.name);
    const print = entry.isDirectory()
      ? 'folder'
      : createHash('sha256').update(readFileSync(path)).digest('hex');
    return [relative(root, path), print] as const;
  });
  return Object.fromEntries(found.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
