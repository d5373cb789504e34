/** Where the entries of a content lie on the disk. */
import { basename, join } from 'node:path';
import type { Place } from '#src/domain/content/place.js';

/** @returns the path on the disk of what has this path in the content; empty for the content itself. */
export type EntryPath = (path: string) => string;

export function entryPaths({ path: root, parts }: Place): EntryPath {
  if (parts === undefined) return (path) => (path === '' ? root : join(root, path));
  const tops = new Map(parts.map((part) => [basename(part), part]));
  return (path) => {
    const slash = path.indexOf('/');
    const top = slash === -1 ? path : path.slice(0, slash);
    const part = tops.get(top);
    // Nothing lies at such a path, as nothing would at one that is gone.
    if (part === undefined) return join(root, path);
    return slash === -1 ? part : join(part, path.slice(slash + 1));
  };
}
