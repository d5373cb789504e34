/** How far downloads and hashing have come: bars that redraw on a terminal, a line per tenth elsewhere. */
import { Bars } from './bars.js';
import type { Terminal } from './drawn-bars.js';
import { share, tenthLine } from './progress-line.js';

export type Progress = {
  /** What this is the progress of. */
  readonly key: string;
  readonly label: string;
  readonly doneBytes: number;
  readonly bytes: number;
  readonly bytesPerSecond?: number;
  readonly etaMs?: number | null;
  readonly sources?: number;
  /** Why it stands still, in place of how fast it goes. */
  readonly why?: string;
};

export type ProgressDisplay = {
  show(progress: Progress): void;
  /** That one has ended, well or not. */
  drop(key: string): void;
  /** Writes a line where it does not tear a bar. */
  print(text: string): void;
  /** A line was typed, and the terminal has shown it. */
  typed(text: string): void;
  end(): void;
};

/** Below it a line is told by its end, not by tenths. */
const TENTHS_FROM_BYTES = 8 * 1024 * 1024;

/** @param canRedraw whether `stdout` is a terminal that can draw a line anew. */
export function createProgress(stdout: Terminal, canRedraw: boolean): ProgressDisplay {
  return canRedraw ? new Bars(stdout) : createTenths(stdout);
}

/** A line whenever another tenth is done. */
function createTenths(stream: NodeJS.WritableStream): ProgressDisplay {
  const told = new Map<string, number>();
  return {
    show(progress) {
      if (progress.bytes < TENTHS_FROM_BYTES) return;
      const tenth = Math.floor(share(progress) * 10);
      const before = told.get(progress.key);
      told.set(progress.key, Math.max(tenth, before ?? 0));
      if (tenth > (before ?? 0) && tenth < 10) stream.write(`${tenthLine(progress)}\n`);
    },
    drop(key) {
      told.delete(key);
    },
    print(text) {
      stream.write(`${text}\n`);
    },
    // Nothing is drawn anew that it could tear.
    typed() {},
    end() {
      told.clear();
    },
  };
}
