/** How far downloads and hashing have come: bars that redraw on a terminal, a line per tenth elsewhere. */
import { MultiBar, type SingleBar } from 'cli-progress';
import { printable } from '#src/domain/printable.js';
import { clockText, rateText, sizeText } from './amounts.js';
import { createInputLine } from './input-line.js';

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

/** A name and a bar that still say something: eight columns and five. */
const LEAST_ROOM = 16;

/** @returns one line of exactly what fits: name, bar, percent, rate, time left, sources; the last of these go first. */
export function barLine(progress: Progress, width: number): string {
  const parts = [...facts(progress)];
  const roomBeside = () => width - 1 - parts.join(' ').length - 2;
  while (parts.length > 1 && roomBeside() < LEAST_ROOM) parts.pop();
  const tail = parts.join(' ');
  const room = Math.max(10, roomBeside());
  const label = Math.min(28, Math.floor(room / 2));
  const cells = room - label - 3;
  const full = Math.min(cells, Math.floor(share(progress) * cells));
  return `${fitted(progress.label, label)} [${'#'.repeat(full)}${'.'.repeat(cells - full)}] ${tail}`;
}

/** @returns one line for a file or a pipe. */
export function tenthLine(progress: Progress): string {
  const size = `${sizeText(progress.doneBytes)} of ${sizeText(progress.bytes)}`;
  return `${printable(progress.label)}: ${facts(progress).join(' ').trimStart()}, ${size}`;
}

function facts(progress: Progress): readonly string[] {
  const percent = `${Math.floor(share(progress) * 100)} %`.padStart(5);
  if (progress.bytesPerSecond === undefined) return [percent];
  const rate = rateText(progress.bytesPerSecond).padStart(12);
  const left = `${clockText(progress.etaMs ?? null).padStart(7)} left`;
  const sources = progress.sources === undefined ? [] : [` ${progress.sources} src`];
  return [percent, rate, left, ...sources];
}

function share({ doneBytes, bytes }: Progress): number {
  return bytes > 0 ? Math.min(1, doneBytes / bytes) : 1;
}

/** How many rows of a terminal a line takes. */
function rowsOf(line: string, width: number): number {
  let used = 0;
  for (const character of line) used += cellsOf(character);
  return Math.max(1, Math.ceil(used / width));
}

/** Wide characters (East Asian, emoji) take two columns; counting every character beyond Latin so is safe. */
function cellsOf(character: string): number {
  return (character.codePointAt(0) ?? 0) >= 0x1100 ? 2 : 1;
}

function fitted(text: string, columns: number): string {
  let shown = '';
  let used = 0;
  for (const character of printable(text)) {
    const wide = cellsOf(character);
    if (used + wide > columns - 1 && shown.length + character.length < text.length) {
      return `${shown}~`.padEnd(shown.length + 1 + columns - used - 1);
    }
    shown += character;
    used += wide;
  }
  return shown + ' '.repeat(Math.max(0, columns - used));
}

/** @param canRedraw whether `stdout` is a terminal that can draw a line anew. */
export function createProgress(stdout: Terminal, canRedraw: boolean): ProgressDisplay {
  return canRedraw ? createBars(stdout) : createTenths(stdout);
}

/** Bars at the bottom of a terminal, above what is being typed, gone when they are done. */
function createBars(terminal: Terminal): ProgressDisplay {
  const bars = new Map<string, SingleBar>();
  let drawn: Drawn | undefined;

  const close = (): void => {
    drawn?.close();
    drawn = undefined;
    bars.clear();
  };

  return {
    show(progress) {
      const bar = bars.get(progress.key);
      if (bar !== undefined) {
        bar.update(progress.doneBytes, { progress });
        return;
      }
      drawn ??= drawnOn(terminal);
      bars.set(progress.key, drawn.add(progress));
    },
    drop(key) {
      const bar = bars.get(key);
      if (bar === undefined) return;
      bars.delete(key);
      if (bars.size === 0) close();
      else drawn?.remove(bar);
    },
    print(text) {
      if (drawn === undefined) {
        terminal.write(`${text}\n`);
        return;
      }
      drawn.print(text);
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
