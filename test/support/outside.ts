/** What lies around the places that a peer may write to, and what became of it. */
import {
  type BigIntStats,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';

export type Outside = {
  /** A sentence for each thing that was added, changed or removed since. */
  differences(): readonly string[];
};

/** Lays canaries in `root` and beside each of the places that may change, and remembers all but those places. */
export function rememberOutside(
  root: string,
  mayChange: readonly string[],
  ignored: readonly string[],
): Outside {
  const skipped = new Set([...mayChange, ...ignored]);
  const canaries = mayChange.flatMap((place) => layCanaries(dirname(place), basename(place)));
  canaries.push(...layCanaries(root, 'all'));
  const look = () => {
    const facts = new Map<string, string>();
    walk(root, skipped, facts);
    // They may lie inside a place that is ignored: there they alone are guarded.
    for (const canary of canaries) facts.set(canary, factOf(canary));
    return facts;
  };
  const before = look();
  return { differences: () => compared(before, look()) };
}

/** A file, a folder with a file and a link that somebody might follow. @returns their paths. */
function layCanaries(folder: string, beside: string): readonly string[] {
  const file = join(folder, `canary of ${beside}.txt`);
  const nest = join(folder, `canaries of ${beside}`);
  const inside = join(nest, 'canary.txt');
  const link = join(folder, `canary link of ${beside}`);
  mkdirSync(nest, { recursive: true });
  for (const path of [file, inside]) writeFileSync(path, `the canary ${path} sings`);
  symlinkSync(inside, link);
  return [file, nest, inside, link];
}

function walk(folder: string, skipped: ReadonlySet<string>, facts: Map<string, string>): void {
  facts.set(folder, factOf(folder));
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (skipped.has(path)) continue;
    if (entry.isDirectory()) walk(path, skipped, facts);
    else facts.set(path, factOf(path));
  }
}

/**
 * The time of change stands for the content: nobody can set it back. A folder's tells that something was
 * added to it, even if that is gone again.
 */
function factOf(path: string): string {
  const seen = statOf(path);
  if (seen === undefined) return 'missing';
  const { ino, mode, size, ctimeNs } = seen;
  const link = seen.isSymbolicLink() ? readlinkSync(path) : '';
  return [ino, mode, seen.isDirectory() ? '' : size, ctimeNs, link].join(' ');
}

function statOf(path: string): BigIntStats | undefined {
  return lstatSync(path, { bigint: true, throwIfNoEntry: false });
}

function compared(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>) {
  const differences: string[] = [];
  for (const [path, fact] of before) {
    const now = after.get(path) ?? 'missing';
    if (now === 'missing') differences.push(`${path} lies outside and was removed`);
    else if (now !== fact) differences.push(`${path} lies outside and was changed`);
  }
  for (const path of after.keys()) {
    if (!before.has(path)) differences.push(`${path} lies outside and was added`);
  }
  return differences;
}
