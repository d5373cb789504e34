/** Whether the paths of a manifest are in order, each with its parent, and none of them escapes. */

import { P2pError } from '#src/domain/errors.js';
import {
  type ContentKind,
  type Entries,
  findEntry,
  isFile,
  malformed,
  pathEndOf,
  pathOf,
  pathStartOf,
} from './entries.js';
import { checkPath, isPlainPath } from './name.js';

const SLASH = 0x2f;

/** From one place in the entries' bytes to before another. */
type Run = readonly [start: number, end: number];

/** @throws P2pError `protocol`, `hostile` if a path escapes. */
export function checkPaths(kind: ContentKind, entries: Entries): void {
  if (kind === 'file') {
    const isNamed = pathEndOf(entries, 0) > pathStartOf(entries, 0);
    if (isNamed || !isFile(entries, 0)) throw malformed('a single file has an empty path');
    return;
  }
  const { bytes } = entries;
  const parents = new ParentLookup(entries);
  let before: Run = [0, 0];
  for (let entry = 0; entry < entries.count; entry += 1) {
    const path: Run = [pathStartOf(entries, entry), pathEndOf(entries, entry)];
    if (compareRuns(bytes, before, path) >= 0) throw malformed('its entries are not in order');
    before = path;
    if (!isPlainPath(bytes, ...path)) checkGate(entries, entry);
    if (!parents.has(path)) throw malformed('a directory is missing');
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
class ParentLookup {
  readonly #entries: Entries;
  #last: Run = [0, 0];

  constructor(entries: Entries) {
    this.#entries = entries;
  }

  has([start, end]: Run): boolean {
    const { bytes } = this.#entries;
    const slash = lastSlash(bytes, start, end);
    if (slash === -1) return true;
    const parent: Run = [start, slash];
    if (compareRuns(bytes, this.#last, parent) === 0) return true;
    const found = findEntry(this.#entries, bytes.subarray(start, slash));
    if (found === -1 || isFile(this.#entries, found)) return false;
    this.#last = parent;
    return true;
  }
}

function lastSlash(bytes: Uint8Array, start: number, end: number): number {
  for (let at = end - 1; at >= start; at -= 1) if (bytes[at] === SLASH) return at;
  return -1;
}

/** In the order of paths. */
function compareRuns(bytes: Uint8Array, [left, leftEnd]: Run, [right, rightEnd]: Run): number {
  const [leftLength, rightLength] = [leftEnd - left, rightEnd - right];
  const length = Math.min(leftLength, rightLength);
  for (let at = 0; at < length; at += 1) {
    const order = (bytes[left + at] ?? 0) - (bytes[right + at] ?? 0);
    if (order !== 0) return order;
  }
  return leftLength - rightLength;
}
