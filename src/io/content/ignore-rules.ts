/**
 * What is left out of a share or a send by its user's word: patterns as in `.gitignore`, in files called `.p2pignore` in any
 * folder of the tree and in `--exclude`, which counts as the last of them. The package `ignore` turns patterns into regular
 * expressions. A tree may be somebody else's work, so all of it has bounds; and a file of rules that cannot be used is an
 * error, as nobody knows what it would have kept back.
 */
import { closeSync, fstatSync, lstatSync, openSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import ignore, { type Ignore, type PatternParams } from 'ignore';
import { P2pError } from '#src/domain/errors.js';
import { KiB } from '#src/domain/limits.js';
import { READ_ONLY } from '#src/io/disk/file-pool.js';

export const RULES_NAME = '.p2pignore';

/** Far more than anybody writes by hand. */
const MOST_BYTES = 64 * KiB;

/** In force at one place, together: every name is compared with all of them. */
const MOST_PATTERNS = 1000;

/** As long as a name. */
const MOST_CHARACTERS = 255;

/**
 * Of one pattern, and beyond the first of each in all that hold at one place. A path of 32 levels can be cut at three of them in
 * thousands of ways, each of which is tried: 30 ms at worst, and a thread that is silent for 3.5 s is killed.
 */
const MOST_GLOBSTARS = 3;
const MOST_FURTHER = 100;

/** The package remembers every path that it was asked for: so many, and it begins anew. */
const MOST_ASKED = 4096;

/** What one of these systems calls the same file. */
const ignoreCase = process.platform === 'win32' || process.platform === 'darwin';

/** Where rules come from, besides the files in the tree. */
export type RuleSource = {
  /** Given by hand; they count last. */
  readonly exclude: readonly string[];
  /** Whether what is walked stands in a folder whose rules hold for it. */
  readonly isInFolder?: boolean;
  /** Paths of files: nothing else is taken, but for the folders they are in. */
  readonly only?: readonly string[] | undefined;
};

/** @returns the rules that hold for what is walked, but for those of its own files. @throws P2pError `usage`, `unreadable` */
export function rulesAround(root: string, { exclude, isInFolder }: RuleSource): IgnoreRules {
  if (isInFolder !== true) return IgnoreRules.excluding(exclude);
  const above = dirname(root);
  const rules = IgnoreRules.excluding(exclude, `${basename(root)}/`);
  return hasRules(above) ? rules.with(rulesText(above), undefined) : rules;
}

/** The rules in force in one folder and, unless it has a file of its own, below it. Paths are relative to the root. */
export class IgnoreRules {
  readonly #patterns: readonly string[];
  readonly #files: Ignore;
  readonly #excludes: Ignore;
  /** What stands before paths here in those that rules are compared with. */
  readonly #prefix: string;
  #asked: Ignore;
  #askedCount = 0;

  private constructor(
    patterns: readonly string[],
    files: Ignore,
    excludes: Ignore,
    prefix: string,
  ) {
    this.#patterns = patterns;
    this.#files = files;
    this.#excludes = excludes;
    this.#prefix = prefix;
    this.#asked = this.#fresh();
  }

  /**
   * @param patterns given by hand, which count behind those of all files
   * @param prefix the name of the root and a slash, where there are rules in the folder above, too
   * @throws P2pError `usage`
   */
  static excluding(patterns: readonly string[], prefix = ''): IgnoreRules {
    const fault = faultOf(patterns)?.why ?? excessOf(patterns);
    if (fault !== undefined) throw new P2pError('usage', `--exclude cannot be used: it ${fault}`);
    const excludes = patterns.map((pattern) => marked(pattern, '--exclude'));
    return new IgnoreRules(patterns, newIgnore(), ignoring(excludes), prefix);
  }

  /** @returns whether nothing is left out. */
  get isEmpty(): boolean {
    return this.#patterns.length === 0;
  }

  /**
   * With those of the file in a folder.
   * @param text of the file. @param folder its path, empty for the root; undefined for the folder above
   * @throws P2pError `unreadable`
   */
  with(text: string, folder: string | undefined): IgnoreRules {
    const place = folder === undefined ? '' : (this.#prefix + folder).replace(/\/$/, '');
    const lines = text.replace(/^\ufeff/, '').split(/\r?\n/);
    const said = lines.filter(isPattern);
    const own = said.map((pattern) => rebased(pattern, place));
    const patterns = [...this.#patterns, ...own];
    const excess = excessOf(patterns);
    if (excess !== undefined) throw unusable(`with what holds around it, it ${excess}`);
    const fault = faultOf(lines);
    if (fault !== undefined) throw unusable(`line ${fault.at + 1} ${fault.why}`);
    const where = folder === undefined || folder === '' ? RULES_NAME : `${folder}/${RULES_NAME}`;
    const rules = own.map((pattern, at) => marked(pattern, where, said[at]));
    const files = ignoring(rules, newIgnore().add(this.#files));
    return new IgnoreRules(patterns, files, this.#excludes, this.#prefix);
  }

  /** How much there is to compare a name with. */
  get characters(): number {
    return this.#patterns.reduce((sum, { length }) => sum + length, 0);
  }

  leavesOut(path: string, isFolder: boolean): boolean {
    this.#askedCount += 1;
    if (this.#askedCount > MOST_ASKED) {
      this.#askedCount = 0;
      this.#asked = this.#fresh();
    }
    return this.#asked.ignores(this.#asWritten(path, isFolder));
  }

  /** @returns by which rule it is left out, and where that stands; undefined where it is not. */
  ruleFor(path: string, isFolder: boolean): string | undefined {
    return this.#asked.test(this.#asWritten(path, isFolder)).rule?.mark;
  }

  #asWritten(path: string, isFolder: boolean): string {
    return `${this.#prefix}${path}${isFolder ? '/' : ''}`;
  }

  /** Patterns are compiled once and shared; what was asked for is forgotten. */
  #fresh(): Ignore {
    return newIgnore().add(this.#files).add(this.#excludes);
  }
}

/** Whatever has that name is meant as rules. */
export function hasRules(folder: string): boolean {
  return lstatSync(join(folder, RULES_NAME), { throwIfNoEntry: false }) !== undefined;
}

/** @returns the text of the file of rules in a folder. @throws P2pError `unreadable` */
export function rulesText(folder: string): string {
  const path = join(folder, RULES_NAME);
  try {
    const file = openSync(path, READ_ONLY);
    try {
      const stats = fstatSync(file);
      if (!stats.isFile()) throw unusable('it is not a regular file');
      if (stats.size > MOST_BYTES) throw unusable(`it is larger than ${MOST_BYTES / KiB} KiB`);
      return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file));
    } finally {
      closeSync(file);
    }
  } catch (error) {
    if (error instanceof P2pError) throw error;
    throw unusable(error instanceof TypeError ? 'it is no text in UTF-8' : 'it cannot be read');
  }
}

function unusable(why: string): P2pError {
  return new P2pError('unreadable', `its ${RULES_NAME} cannot be used: ${why}`);
}

function isPattern(line: string): boolean {
  return line.trim() !== '' && !line.startsWith('#');
}

function excessOf(patterns: readonly string[]): string | undefined {
  if (patterns.length > MOST_PATTERNS) return `has more than ${MOST_PATTERNS} patterns`;
  const further = patterns.reduce((sum, one) => sum + Math.max(0, globstarsIn(one) - 1), 0);
  return further > MOST_FURTHER ? 'has too many ** in its patterns' : undefined;
}

/** @returns the first pattern that git would not understand either, or that costs too much. */
function faultOf(lines: readonly string[]) {
  for (const [at, line] of lines.entries()) {
    const why = isPattern(line) ? faultIn(line) : undefined;
    if (why !== undefined) return { at, why };
  }
  return undefined;
}

function faultIn(pattern: string): string | undefined {
  if (pattern.length > MOST_CHARACTERS) return `is longer than ${MOST_CHARACTERS} characters`;
  if (pattern.includes('\0')) return 'is no text';
  if (globstarsIn(pattern) > MOST_GLOBSTARS) return `has more than ${MOST_GLOBSTARS} **`;
  if (/(^|[^\\])(\\\\)*\\$/.test(pattern)) return 'ends in a backslash';
  if (/(^|[^\\])\[[^\]]*$/.test(pattern)) return 'has a [ without a ]';
  try {
    newIgnore().add(pattern).ignores('x');
    return undefined;
  } catch {
    return 'is no pattern';
  }
}

function globstarsIn(pattern: string): number {
  return pattern.match(/\*{2,}/g)?.length ?? 0;
}

/** @returns the same pattern as it would stand in the root's file. */
function rebased(pattern: string, folder: string): string {
  if (folder === '') return pattern;
  const isBack = pattern.startsWith('!');
  const body = isBack ? pattern.slice(1) : pattern;
  const isAnchored = /\/(?!\s*$)/.test(body);
  const place = folder.replaceAll(/[\\*?[\]!# ]/g, '\\$&');
  return `${isBack ? '!' : ''}/${place}/${isAnchored ? body.replace(/^\//, '') : `**/${body}`}`;
}

/** @param said as its author wrote it */
function marked(pattern: string, where: string, said = pattern): PatternParams {
  return { pattern, mark: `${said} (${where})` };
}

function ignoring(rules: readonly PatternParams[], before = newIgnore()): Ignore {
  for (const rule of rules) before.add(rule);
  return before;
}

function newIgnore(): Ignore {
  return ignore({ ignoreCase });
}
