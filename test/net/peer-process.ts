/** The program as a user starts it, most often as a peer, on a machine of a made-up network. */
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import type { Lab } from './lab.js';

const PROGRAM = fileURLToPath(new URL('../../../bin/p2p', import.meta.url));

/** A line of its stdout, with when it was read (`performance.now()`). */
export type Said = Readonly<Record<string, unknown>> & {
  readonly type: string;
  readonly at: number;
};

export type PeerProcess = {
  readonly said: readonly Said[];
  /** Its stderr so far. */
  logged(): string;
  /** @returns the first line, of those before too, that passes; fails with all that was said after `ms`. */
  until(passes: (said: Said) => boolean, ms?: number): Promise<Said>;
  /** Types a line. */
  tell(line: string): void;
  /** As a power cut: nothing is said any more. */
  kill(): void;
  readonly exit: Promise<number | null>;
};

/** Longer than anything that is not measured may take on a busy machine. */
const PATIENCE_MS = 15_000;

/**
 * @param flags beside data and downloads, which lie in `folder`. @param settings as in P2P_TRANSFER_TRANSPORT=udp
 * It ends with the test.
 */
export function startPeer(
  lab: Lab,
  host: string,
  folder: string,
  flags: readonly string[] = [],
  settings: readonly string[] = [],
): PeerProcess {
  const places = ['--data', join(folder, 'data'), '--downloads', join(folder, 'downloads')];
  // If the runner of the tests dies, its end of the pipe closes, and the peer ends too.
  const start = ['start', '--json', '--exit-on-eof', '--name', host, ...places, ...flags];
  return startProgram(lab, host, start, settings);
}

/** @param args one of them is `--json`. It ends with the test. */
export function startProgram(
  lab: Lab,
  host: string,
  args: readonly string[],
  settings: readonly string[] = [],
): PeerProcess {
  const child = lab.run(host, ['env', ...settings, process.execPath, PROGRAM, ...args]);
  const said: Said[] = [];
  const looks = new Set<() => void>();
  let logged = '';
  child.stderr?.on('data', (bytes) => {
    logged += String(bytes);
  });
  if (child.stdout === null) throw new Error('no stdout');
  createInterface({ input: child.stdout }).on('line', (line) => {
    said.push({ ...JSON.parse(line), at: performance.now() });
    for (const look of looks) look();
  });
  const exit = new Promise<number | null>((resolve) => child.once('exit', resolve));
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await exit;
  });
  return {
    said,
    logged: () => logged,
    until: (passes, ms = PATIENCE_MS) =>
      new Promise((resolve, reject) => {
        const timeout = setTimeout(() => {
          looks.delete(look);
          const lines = said.map((one) => JSON.stringify(one)).join('\n');
          reject(new Error(`${host}: nothing of the kind in ${ms} ms\n${lines}\n${logged}`));
        }, ms);
        const look = () => {
          const found = said.find(passes);
          if (found === undefined) return;
          clearTimeout(timeout);
          looks.delete(look);
          resolve(found);
        };
        looks.add(look);
        look();
      }),
    tell: (line) => write(child, line),
    kill: () => void child.kill('SIGKILL'),
    exit,
  };
}

function write(child: ChildProcess, line: string): void {
  child.stdin?.write(`${line}\n`);
}
