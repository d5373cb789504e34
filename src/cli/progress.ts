/** How far downloads and hashing have come: bars that redraw on a terminal, a line per tenth elsewhere. */
import { MultiBar, type SingleBar } from 'cli-progress';
import { printable } from '#src/domain/printable.js';
import { createInputLine } from './input-line.js';
import { barLine, rowsOf, share, tenthLine } from './progress-line.js';
import { totalOf } from './total-progress.js';

export type Progress = {
  /** What this is the progress of. */
  readonly key: string;
  readonly label: string;
  readonly doneBytes: number;
  readonly bytes: number;
  readonly bytesPerSecond?: number;
  readonly etaMs?: number | null;
  readonly sources?: number;
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

type Terminal = NodeJS.WritableStream & { readonly columns?: number };

/** Redraws a second: enough to look alive, few enough that what is being typed stays readable. */
const FRAMES_PER_SECOND = 5;
/** Below it a line is told by its end, not by tenths. */
const TENTHS_FROM_BYTES = 8 * 1024 * 1024;

/** @param canRedraw whether `stdout` is a terminal that can draw a line anew. */
export function createProgress(stdout: Terminal, canRedraw: boolean): ProgressDisplay {
  return canRedraw ? createBars(stdout) : createTenths(stdout);
}

/** Bars at the bottom of a terminal, above what is being typed, gone when they are done. */
function createBars(terminal: Terminal): ProgressDisplay {
  const bars = new Map<string, SingleBar>();
  const shown = new Map<string, Progress>();
  let total: SingleBar | undefined;
  let drawn: Drawn | undefined;

  const close = (): void => {
    drawn?.close();
    drawn = undefined;
    total = undefined;
    bars.clear();
    shown.clear();
  };

  const dropTotal = (): void => {
    if (total !== undefined) drawn?.remove(total);
    total = undefined;
  };

  /** The last of all bars, where there are several to sum up. */
  const drawTotal = (): void => {
    const progress = totalOf([...shown.values()]);
    if (progress === undefined) return dropTotal();
    if (total === undefined) total = drawn?.add(progress);
    else total.update(progress.doneBytes, { progress });
  };

  return {
    show(progress) {
      const bar = bars.get(progress.key);
      shown.set(progress.key, progress);
      if (bar === undefined) {
        dropTotal();
        drawn ??= drawnOn(terminal);
        bars.set(progress.key, drawn.add(progress));
      } else bar.update(progress.doneBytes, { progress });
      drawTotal();
    },
    drop(key) {
      const bar = bars.get(key);
      if (bar === undefined) return;
      bars.delete(key);
      shown.delete(key);
      if (bars.size === 0) return close();
      drawn?.remove(bar);
      drawTotal();
    },
    print(text) {
      if (drawn === undefined) terminal.write(`${text}\n`);
      else drawn.print(text);
    },
    typed(text) {
      drawn?.typed(text);
    },
    end: close,
  };
}

type Drawn = {
  add(progress: Progress): SingleBar;
  remove(bar: SingleBar): void;
  print(text: string): void;
  typed(text: string): void;
  close(): void;
};

/** Bars, with what is being typed on a line of its own below them. */
function drawnOn(terminal: Terminal): Drawn {
  const bars = emptyBars(terminal);
  const input = createInputLine(terminal);
  let isMoved = false;
  let isRemoving = false;
  bars.on('update-pre', () => input.leave());
  bars.on('redraw-post', () => {
    if (isRemoving) return;
    input.enter(isMoved);
    isMoved = false;
  });
  const print = (text: string): void => {
    isMoved = true;
    // Each line is cleared to its end first: a longer bar may stand where it goes.
    bars.log(`${text.replaceAll('\n', '\u001b[K\n')}\u001b[K\n`);
    bars.update();
  };
  return {
    add(progress) {
      isMoved = true;
      return bars.create(progress.bytes, progress.doneBytes, { progress });
    },
    remove(bar) {
      // It counts on a cursor that stays on the last bar, and draws the others meanwhile.
      isRemoving = true;
      bars.remove(bar);
      isRemoving = false;
      isMoved = true;
      bars.update();
    },
    print,
    typed(text) {
      // What follows the last end of line is still being typed.
      const lines = text.split('\n').slice(0, -1);
      if (lines.length === 0) return;
      for (const line of lines) input.ended(rowsOf(line, terminal.columns ?? 80));
      print(lines.map(printable).join('\n'));
    },
    close() {
      bars.update();
      input.leave();
      bars.stop();
    },
  };
}

function emptyBars(terminal: Terminal): MultiBar {
  return new MultiBar({
    stream: terminal,
    fps: FRAMES_PER_SECOND,
    clearOnComplete: true,
    // Signals and the cursor are the session's business.
    gracefulExit: false,
    hideCursor: false,
    linewrap: true,
    emptyOnZero: true,
    // Lines of text go where bars stood: a bar that did not change is drawn again below them.
    forceRedraw: true,
    format: (_options, _parameters, payload: { progress: Progress }) =>
      barLine(payload.progress, terminal.columns ?? 80),
  });
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
