/**
 * Watches what becomes visible under final names in a downloads folder, and reads it at that very moment: a file
 * that is wrong for a millisecond was wrong. What grows in the staging folder is nobody's business here.
 */
import { createHash } from 'node:crypto';
import {
  type BigIntStats,
  closeSync,
  constants,
  createReadStream,
  type FSWatcher,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  watch,
} from 'node:fs';
import { basename, join, relative } from 'node:path';
import { STAGING_NAME } from '#src/domain/content/name.js';
import { MiB } from '#src/domain/limits.js';
import type { Expected } from './oracle.js';

/** Read at once, so that ten thousand of them need no handles; a larger one keeps a handle until it is hashed. */
const READ_AT_ONCE_BYTES = MiB;

/** How a file or folder looked when it was judged. */
type Look = string;

export class FinalNames {
  readonly violations = new Set<string>();
  readonly #root: string;
  readonly #expected: Expected;
  readonly #known = new Map<string, Look>();
  /** How often a name came or went, as the system tells, since it was last seen to be free. */
  readonly #turns = new Map<string, number>();
  readonly #watchers = new Map<string, FSWatcher>();
  #hashing: Promise<void> = Promise.resolve();

  /** What lies in the folder already is as it should be. */
  constructor(root: string, expected: Expected) {
    this.#root = root;
    this.#expected = expected;
    this.#enter(root, (path, stats) => this.#known.set(path, lookOf(stats)));
  }

  /** Resolves when all that has happened by now is judged. */
  async settle(): Promise<void> {
    await told();
    this.#enter(this.#root, (path, stats) => this.#judge(path, stats));
    await this.#hashing;
  }

  /** @returns the expected files that are not there. */
  missing(): readonly string[] {
    const paths = [...this.#expected.keys()];
    return paths.filter((path) => !this.#known.has(join(this.#root, path)));
  }

  close(): void {
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  #blame(path: string, what: string): void {
    this.violations.add(`${path} ${what}`);
  }

  /** Watches a folder and looks at what is in it, in this order: what comes in between is seen twice, not never. */
  #enter(folder: string, see: (path: string, stats: BigIntStats) => void): void {
    const isNew = !this.#watchers.has(folder);
    if (isNew) this.#watch(folder);
    for (const name of readdirSync(folder)) {
      const path = join(folder, name);
      const stats = name === STAGING_NAME ? undefined : statOf(path);
      if (stats === undefined) continue;
      see(path, stats);
      if (stats.isDirectory()) this.#enter(path, see);
    }
  }

  #watch(folder: string): void {
    const watcher = watch(folder, (event, name) => {
      // The system gives the folder's own name when it tells of the folder itself.
      const isOwn = name === basename(folder) && statOf(join(folder, name)) === undefined;
      if (name !== null && name !== STAGING_NAME && !isOwn) this.#turn(join(folder, name), event);
    });
    watcher.on('error', (error) => this.#blame(folder, `cannot be watched: ${error.message}`));
    this.#watchers.set(folder, watcher);
  }

  #turn(path: string, event: 'rename' | 'change'): void {
    const stats = statOf(path);
    const turns = (this.#turns.get(path) ?? 0) + (event === 'rename' ? 1 : 0);
    this.#turns.set(path, turns);
    if (stats === undefined) return this.#gone(path, event);
    if (event === 'change' && stats.isFile()) this.#blame(path, 'was changed under its name');
    if (turns > 1 && event === 'rename') this.#blame(path, 'got its name more than once');
    this.#judge(path, stats);
    if (stats.isDirectory() && !this.#watchers.has(path)) {
      this.#enter(path, (child, seen) => this.#judge(child, seen));
    }
  }

  #gone(path: string, event: 'rename' | 'change'): void {
    const wasKnown = this.#known.delete(path);
    this.#turns.delete(path);
    this.#watchers.get(path)?.close();
    if (this.#watchers.delete(path)) {
      for (const child of this.#known.keys()) {
        if (child.startsWith(`${path}/`)) this.#gone(child, 'change');
      }
    }
    if (!wasKnown && event === 'rename') this.#blame(path, 'was gone before it could be read');
  }

  #judge(path: string, stats: BigIntStats): void {
    const look = lookOf(stats);
    const before = this.#known.get(path);
    if (before === look) return;
    this.#known.set(path, look);
    if (stats.isFile()) this.#read(path, Number(stats.size));
    else if (!stats.isDirectory()) this.#blame(path, 'is neither a file nor a folder');
    else if (before === undefined) this.#judgeFolder(path);
  }

  /** A folder gets its name when all that belongs in it is there. */
  #judgeFolder(path: string): void {
    const prefix = `${relative(this.#root, path)}/`;
    const inside = [...this.#expected.keys()].filter((one) => one.startsWith(prefix));
    if (inside.length === 0) return this.#blame(path, 'is a folder nobody expects');
    for (const one of inside) {
      if (statOf(join(this.#root, one)) === undefined) {
        this.#blame(path, `was there before ${one} was`);
      }
    }
  }

  #read(path: string, bytes: number): void {
    const due = this.#expected.get(relative(this.#root, path));
    if (due === undefined) return this.#blame(path, `(${bytes} bytes) is a file nobody expects`);
    const judged = (sha256: string) => {
      if (sha256 !== due) this.#blame(path, `(${bytes} bytes) was wrong or not whole`);
    };
    let file: number;
    try {
      file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
    } catch (error) {
      return this.#blame(path, `could not be read: ${String(error)}`);
    }
    if (bytes <= READ_AT_ONCE_BYTES) {
      judged(createHash('sha256').update(readFileSync(file)).digest('hex'));
      closeSync(file);
    } else {
      this.#hashing = this.#hashing.then(async () => judged(await hashOf(file)));
    }
  }
}

/** The system has queued what happened; a whole round of the event loop, which is in two turns at most, fetches it. */
export async function told(): Promise<void> {
  for (let turn = 0; turn < 2; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

async function hashOf(file: number): Promise<string> {
  const hash = createHash('sha256');
  const stream = createReadStream('', { fd: file, start: 0, highWaterMark: MiB });
  for await (const part of stream) hash.update(part as Buffer);
  return hash.digest('hex');
}

function statOf(path: string): BigIntStats | undefined {
  return lstatSync(path, { bigint: true, throwIfNoEntry: false });
}

function lookOf(stats: BigIntStats): Look {
  return stats.isDirectory() ? 'folder' : `${stats.ino} ${stats.size} ${stats.mtimeNs}`;
}
