/** The judge of all fault tests: whatever was broken, nothing wrong, partial or unknown ever got a name. */
import { mkdirSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { onTestFinished } from 'vitest';
import { FinalNames } from './final-names.js';
import { rememberOutside } from './outside.js';

/** What must hold whatever happens: path below the downloads folder -> SHA-256 hex of the whole file. */
export type Expected = ReadonlyMap<string, string>;

type OracleOptions = {
  /** A folder of the test; the oracle lays a canary tree in it, around the downloads folders. */
  readonly root: string;
  /** Download roots inside `root`; the only places that may change (and `.p2p-partial` in them). Made if missing. */
  readonly downloads: readonly string[];
  /** What may ever be visible under a final name; nothing else, and never with another hash. */
  readonly expected: Expected;
  /** Folders inside `root` that are not looked at: a peer's own data, for one. */
  readonly ignored?: readonly string[];
  /** Registers what ends the watching; after the test unless told otherwise. */
  readonly teardown?: (clean: () => void) => void;
};

export type Oracle = {
  /** Throws with every violation: canaries changed, something new outside, a wrong or partial or unknown file seen at any moment. */
  check(): Promise<void>;
  /** As `check`, and every expected file is there. */
  checkWhole(folder: string): Promise<void>;
};

/** Made before the fault, asked after it. */
export async function createOracle(options: OracleOptions): Promise<Oracle> {
  const { root, downloads, expected, ignored = [], teardown = onTestFinished } = options;
  for (const folder of downloads) mkdirSync(folder, { recursive: true });
  const outside = rememberOutside(root, downloads, ignored);
  const names = new Map(downloads.map((folder) => [folder, new FinalNames(folder, expected)]));
  teardown(() => {
    for (const one of names.values()) one.close();
  });

  async function violations(): Promise<string[]> {
    await Promise.all([...names.values()].map((one) => one.settle()));
    return [...[...names.values()].flatMap((one) => [...one.violations]), ...outside.differences()];
  }
  return {
    check: async () => refuse(await violations()),
    checkWhole: async (folder) => {
      const seen = names.get(folder);
      if (seen === undefined) throw new Error(`${folder} is not among the downloads`);
      const found = await violations();
      refuse([...found, ...seen.missing().map((path) => `${folder} lacks ${path}`)]);
    },
  };
}

function refuse(violations: readonly string[]): void {
  if (violations.length > 0) throw new Error(`the oracle says:\n  ${violations.join('\n  ')}`);
}

export type Resources = {
  readonly threads: number;
  readonly handles: number;
  /** Of the handles. */
  readonly sockets: number;
  /** Of the handles: what has a path. */
  readonly files: number;
  readonly residentBytes: number;
  /** The most that was ever resident. */
  readonly peakBytes: number;
};

/** Threads, open handles by kind, resident bytes of a process, from /proc (Linux). */
export function resourcesOf(pid: number): Resources {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const field = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]);
  const handles = readdirSync(`/proc/${pid}/fd`).flatMap((fd) => kindOf(`/proc/${pid}/fd/${fd}`));
  return {
    threads: field('Threads'),
    handles: handles.length,
    sockets: handles.filter((kind) => kind === 'socket').length,
    files: handles.filter((kind) => kind.startsWith('/')).length,
    residentBytes: field('VmRSS') * 1024,
    peakBytes: field('VmHWM') * 1024,
  };
}

/** @returns nothing for one that was closed while the list was read. */
function kindOf(handle: string): readonly string[] {
  try {
    return [readlinkSync(handle).split(':', 1)[0] ?? ''];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
