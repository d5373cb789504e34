/** Whether the paths of a manifest are in order, each with its parent, and none of them escapes. */
import {
  type ContentKind,
  compareBytes,
  type Entries,
  findEntry,
  isFile,
  malformed,
  pathBytesOf,
  pathOf,
} from './entries.js';
import { P2pError } from './errors.js';
import { checkPath, isPlainPath } from './name.js';

/** @throws P2pError `protocol`, `hostile` if a path escapes. */
export function checkPaths(kind: ContentKind, entries: Entries): void {
  if (kind === 'file') {
    const isNamed = pathBytesOf(entries, 0).length > 0;
    if (isNamed || !isFile(entries, 0)) throw malformed('a single file has an empty path');
    return;
  }
  let before = new Uint8Array();
  const hasParent = parentLookup(entries);
  for (let entry = 0; entry < entries.count; entry += 1) {
    const path = pathBytesOf(entries, entry);
    if (compareBytes(before, path) >= 0) throw malformed('its entries are not in order');
    before = path as Uint8Array<ArrayBuffer>;
    if (!isPlainPath(path)) checkGate(entries, entry);
    if (!hasParent(path)) throw malformed('a directory is missing');
  }
}

function checkGate(entries: Entries, entry: number): void {
  const path = decoded(entries, entry);
  const verdict = checkPath(path, 'posix');
  if (verdict.kind !== 'escape') return;
  throw new P2pError('hostile', `This content holds a path that ${verdict.why}: it is an attack.`);
}

function decoded(entries: Entries, entry: number): string {
  try {
    return pathOf(entries, entry);
  } catch (cause) {
    throw new P2pError('protocol', 'This manifest is malformed: a path is not UTF-8.', { cause });
  }
}

/** Neighbours mostly share their parent: it is looked up once for each run of them. */
function parentLookup(entries: Entries): (path: Uint8Array) => boolean {
  let last = new Uint8Array();
  return (path) => {
    const slash = path.lastIndexOf(0x2f);
    if (slash === -1) return true;
    const parent = path.subarray(0, slash);
    if (compareBytes(last, parent) === 0) return true;
    const found = findEntry(entries, parent);
    if (found === -1 || isFile(entries, found)) return false;
    last = parent as Uint8Array<ArrayBuffer>;
    return true;
  };
}
