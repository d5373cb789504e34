/** How far downloads and hashing have come: bars that redraw on a terminal, a line per tenth elsewhere. */
import { MultiBar, type SingleBar } from 'cli-progress';
import { printable } from '#src/domain/printable.js';
import { clockText, rateText, sizeText } from './amounts.js';

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
  end(): void;
};

type Terminal = NodeJS.WritableStream & { readonly columns?: number };

/** Redraws a second: enough to look alive, few enough that what is being typed stays readable. */
const FRAMES_PER_SECOND = 5;
/** Below it a line is told by its end, not by tenths. */
const TENTHS_FROM_BYTES = 8 * 1024 * 1024;

/** @returns one line of exactly what fits: name, bar, percent, rate, time left, sources. */
export function barLine(progress: Progress, width: number): string {
  const tail = facts(progress);
  const room = Math.max(10, width - 1 - tail.length - 2);
  const label = Math.min(28, Math.floor(room / 2));
  const cells = room - label - 3;
  const full = Math.min(cells, Math.floor(share(progress) * cells));
  return `${fitted(progress.label, label)} [${'#'.repeat(full)}${'.'.repeat(cells - full)}] ${tail}`;
}

/** @returns one line for a file or a pipe. */
export function tenthLine(progress: Progress): string {
  const size = `${sizeText(progress.doneBytes)} of ${sizeText(progress.bytes)}`;
  return `${printable(progress.label)}: ${facts(progress).trimStart()}, ${size}`;
}

function facts(progress: Progress): string {
  const percent = `${Math.floor(share(progress) * 100)} %`.padStart(5);
  if (progress.bytesPerSecond === undefined) return percent;
  const rate = rateText(progress.bytesPerSecond).padStart(12);
  const sources = progress.sources === undefined ? '' : `  ${progress.sources} src`;
  return `${percent} ${rate} ${clockText(progress.etaMs ?? null).padStart(7)} left${sources}`;
}

function share({ doneBytes, bytes }: Progress): number {
  return bytes > 0 ? Math.min(1, doneBytes / bytes) : 1;
}

/** Wide characters (East Asian, emoji) take two columns; counting every character beyond Latin so is safe. */
function fitted(text: string, columns: number): string {
  let shown = '';
  let used = 0;
  for (const character of printable(text)) {
    const wide = (character.codePointAt(0) ?? 0) >= 0x1100 ? 2 : 1;
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

/** Bars at the bottom of a terminal, gone when they are done. */
function createBars(terminal: Terminal): ProgressDisplay {
  const bars = new Map<string, SingleBar>();
  let drawn: MultiBar | undefined;

  const close = (): void => {
    drawn?.update();
    drawn?.stop();
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
      drawn ??= emptyBars(terminal);
      bars.set(progress.key, drawn.create(progress.bytes, progress.doneBytes, { progress }));
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
      // Each line is cleared to its end first: a longer bar may stand where it goes.
      drawn.log(`${text.replaceAll('\n', '\u001b[K\n')}\u001b[K\n`);
      drawn.update();
    },
    end: close,
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
    end() {
      told.clear();
    },
  };
}
