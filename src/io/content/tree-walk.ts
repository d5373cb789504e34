/**
 * Lists what a share consists of: regular files and directories. Links are never followed; they, special
 * files, what may not be read and names that no one could take are skipped and named; what its user's rules leave
 * out (ignore-rules.ts) is counted. File calls here are synchronous, a third of the cost of asynchronous ones for a
 * million small entries; the walk lets its thread breathe in between, so that it can be cancelled and is seen to live.
 */
import { setImmediate as breathe } from 'node:timers/promises';
import type { Skipped } from '#src/domain/catalogue/share-table.js';
import type { ContentKind } from '#src/domain/content/entries.js';
import { comparePaths } from '#src/domain/content/entries.js';
import type { Place } from '#src/domain/content/place.js';
import { P2pError } from '#src/domain/errors.js';
import { LIMITS } from '#src/domain/limits.js';
import { type EntryPath, entryPaths } from './entry-paths.js';
import type { LookList } from './fingerprints.js';
import { createLookList } from './fingerprints.js';
import {
  type IgnoreRules,
  RULES_NAME,
  type RuleSource,
  rulesAround,
  rulesText,
} from './ignore-rules.js';
import {
  examined,
  type Found,
  fileFound,
  listed,
  type Named,
  partsFound,
  rootStats,
} from './tree-entries.js';

/** What is left out, and by which rule. */
export type Ignored = { readonly path: string; readonly rule: string };

/** To be listed. `rules`: undefined where none are looked for. */
type Folder = { readonly path: string; readonly rules: IgnoreRules | undefined };

export type Tree = {
  readonly kind: ContentKind;
  /** In manifest order. */
  readonly found: readonly Found[];
  readonly looks: LookList;
  /** The first of them; `skippedCount` has them all. */
  readonly skipped: readonly Skipped[];
  readonly skippedCount: number;
  /** Left out by rules; of a folder that is left out nothing in it counts. */
  readonly ignoredCount: number;
  readonly firstIgnored: Ignored | undefined;
};

/** More names than that help nobody, and they travel between threads. */
const NAMED_SKIPPED = 100;

export type WalkOptions = {
  /** Without it nothing is left out, not even where a file in it says so. */
  readonly rules?: RuleSource | undefined;
  /** How many of what is skipped are named: 100 unless told. */
  readonly mostNamed?: number | undefined;
  /** Paths that are passed over. */
  readonly leaveOut?: ReadonlySet<string> | undefined;
};

/** Some milliseconds of work between two breaths; where rules are compared it depends on them. */
const BREATH_ENTRIES = 500;
const BREATH_MS = 20;

/**
 * @throws P2pError `not-found`, `unreadable` where the root is missing, a link, special or may not be read, or has rules
 * that cannot be used; `too-large` beyond a million entries. The signal's reason if it is aborted.
 */
export async function walkTree(
  place: Place | string,
  signal: AbortSignal,
  { rules, mostNamed, leaveOut }: WalkOptions = {},
): Promise<Tree> {
  const given: Place = typeof place === 'string' ? { path: place } : place;
  const { path, parts } = given;
  const walk = new Walk(entryPaths(given), signal, { rules, mostNamed, leaveOut });
  const stats = parts === undefined ? rootStats(path) : undefined;
  if (stats?.isFile() === true) walk.found.push(fileFound('', stats, walk.looks));
  else await walk.run(rules && rulesAround(path, rules), parts && partsFound(parts));
  walk.found.sort((a, b) => comparePaths(a.path, b.path));
  const { found, looks, skipped, skippedCount, ignoredCount, firstIgnored } = walk;
  const kind = stats?.isFile() === true ? 'file' : 'directory';
  return { kind, found, looks, skipped, skippedCount, ignoredCount, firstIgnored };
}

class Walk {
  readonly found: Found[] = [];
  readonly looks = createLookList();
  readonly skipped: Skipped[] = [];
  skippedCount = 0;
  ignoredCount = 0;
  firstIgnored: Ignored | undefined;
  readonly #pathIn: EntryPath;
  readonly #signal: AbortSignal;
  readonly #mostNamed: number;
  readonly #leaveOut: ReadonlySet<string>;
  readonly #only: ReadonlySet<string> | undefined;
  readonly #folders: Folder[] = [];
  #untilBreath = BREATH_ENTRIES;
  #breathedAt = performance.now();

  constructor(
    pathIn: EntryPath,
    signal: AbortSignal,
    { rules, mostNamed = NAMED_SKIPPED, leaveOut = new Set() }: WalkOptions,
  ) {
    this.#pathIn = pathIn;
    this.#signal = signal;
    this.#mostNamed = mostNamed;
    this.#leaveOut = leaveOut;
    this.#only = rules?.only && withFolders(rules.only);
  }

  /** @param tops what stands at the top, where that is no folder. */
  async run(rules: IgnoreRules | undefined, tops?: readonly Named[]): Promise<void> {
    this.#folders.push({ path: '', rules });
    for (let next = this.#folders.pop(); next !== undefined; next = this.#folders.pop()) {
      const isTop = tops !== undefined && next.path === '';
      const entries = isTop ? tops : listed(this.#pathIn, next.path, this.#skip);
      const folder = isTop ? next : this.#withOwnRules(next, entries);
      if (folder === undefined) continue;
      for (const entry of entries) {
        if (this.#isBreathDue(folder)) await this.#breathe();
        this.#signal.throwIfAborted();
        this.#take(folder, entry);
      }
    }
  }

  #take({ path: folder, rules }: Folder, entry: Named): void {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (this.#leaveOut.has(path) || this.#only?.has(path) === false) return;
    if (rules?.isEmpty === false && rules.leavesOut(path, entry.isDirectory())) {
      this.ignoredCount += 1;
      this.firstIgnored ??= { path, rule: rules.ruleFor(path, entry.isDirectory()) ?? '' };
      return;
    }
    const item = examined(this.#pathIn, path, entry, this.looks, this.#skip);
    if (item === undefined) return;
    this.found.push(item);
    if (this.found.length > LIMITS.entries) throw tooMany();
    if (item.kind === 'directory') this.#folders.push({ path, rules });
  }

  readonly #skip = (path: string, why: string): void => {
    this.skippedCount += 1;
    if (this.skipped.length < this.#mostNamed) this.skipped.push({ path, why });
  };

  /** Where its rules cannot be used nothing of a folder is taken: nobody knows what they would have kept back. */
  #withOwnRules({ path, rules }: Folder, entries: readonly Named[]): Folder | undefined {
    const hasOwn = rules !== undefined && entries.some(({ name }) => name === RULES_NAME);
    if (!hasOwn) return { path, rules };
    try {
      return { path, rules: rules.with(rulesText(this.#pathIn(path)), path) };
    } catch (error) {
      if (path === '' || !(error instanceof P2pError)) throw error;
      this.found.splice(
        this.found.findIndex((item) => item.path === path),
        1,
      );
      this.#skip(path, error.message);
      return undefined;
    }
  }

  /** What rules cost is their author's doing. */
  #isBreathDue({ rules }: Folder): boolean {
    this.#untilBreath -= 1;
    if (this.#untilBreath === 0) return true;
    return rules?.isEmpty === false && performance.now() - this.#breathedAt > BREATH_MS;
  }

  async #breathe(): Promise<void> {
    await breathe();
    this.#untilBreath = BREATH_ENTRIES;
    this.#breathedAt = performance.now();
  }
}

function tooMany(): P2pError {
  return new P2pError(
    'too-large',
    `it holds more than ${LIMITS.entries} files and folders, the most a share can have.`,
  );
}

/** @returns these paths, and those of all folders around them. */
function withFolders(paths: readonly string[]): ReadonlySet<string> {
  const all = new Set(paths);
  for (const path of paths) {
    let end = path.lastIndexOf('/');
    for (; end !== -1 && !all.has(path.slice(0, end)); end = path.lastIndexOf('/', end - 1)) {
      all.add(path.slice(0, end));
    }
  }
  return all;
}
