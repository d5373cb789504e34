/** How late the event loops of another process are, thread by thread; `programs/delay-probe.ts` measures. */
import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { vi } from 'vitest';
import { newFolder } from './folders.js';

const PROBE = new URL('./programs/delay-probe.js', import.meta.url);

/** Threads that every peer has all its life. Those of the pool, `worker`, come and go. */
const ALWAYS = ['main', 'discovery', 'mesh', 'transfer-server', 'distributor', 'receiver'] as const;

/** Threads look ten times a second; one that is held up gets its time. */
const PATIENCE_MS = 30_000;

export type ThreadDelay = {
  readonly thread: string;
  readonly turns: number;
  readonly p99Ms: number;
  readonly mostMs: number;
};

export type Delays = {
  /** What to start the process with. */
  readonly env: Readonly<Record<string, string>>;
  /** @returns what was measured since this was asked before, and begins anew. */
  next(pid: number): Promise<readonly ThreadDelay[]>;
};

export function measureDelays(): Delays {
  const folder = newFolder();
  let window = 0;
  const ask = () => {
    writeFileSync(join(folder, 'window~'), String(window));
    renameSync(join(folder, 'window~'), join(folder, 'window'));
  };
  ask();
  const of = (pid: number, asked: number): readonly ThreadDelay[] =>
    readdirSync(folder)
      .filter((name) => name.startsWith(`${pid}-`) && name.endsWith(`-${asked}.json`))
      .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as ThreadDelay);
  return {
    env: {
      P2P_DELAYS: folder,
      NODE_OPTIONS: `${process.env['NODE_OPTIONS'] ?? ''} --import=${PROBE.href}`,
    },
    next(pid) {
      const asked = window;
      window += 1;
      ask();
      return vi.waitFor(
        () => {
          const measured = of(pid, asked);
          const missing = ALWAYS.filter((name) => !measured.some(({ thread }) => thread === name));
          if (missing.length > 0) throw new Error(`no delay of ${missing.join(', ')}`);
          return measured;
        },
        { timeout: PATIENCE_MS, interval: 50 },
      );
    },
  };
}
