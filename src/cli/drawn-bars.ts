/** Bars as they are drawn, with what is being typed on a line of its own below them. */
import { MultiBar, type SingleBar } from 'cli-progress';
import { printable } from '#src/domain/printable.js';
import { CLEAR_BELOW, createInputLine, up } from './input-line.js';
import type { Progress } from './progress.js';
import { barLine, rowsOf } from './progress-line.js';

export type Terminal = NodeJS.WritableStream & { readonly columns?: number };

/** Redraws a second: enough to look alive, few enough that what is being typed stays readable. */
const FRAMES_PER_SECOND = 5;

export type DrawnBars = {
  add(progress: Progress): SingleBar;
  remove(bar: SingleBar): void;
  print(text: string): void;
  typed(text: string): void;
  close(): void;
};

/** What stands there since the last redraw, and how wide the terminal was. */
type DrawnRows = { readonly lines: string[]; columns: number | undefined };

export function drawBars(terminal: Terminal): DrawnBars {
  const drawn: DrawnRows = { lines: [], columns: terminal.columns };
  const bars = emptyBars(terminal, drawn);
  const input = createInputLine(terminal);
  let isMoved = false;
  let isRemoving = false;
  bars.on('update-pre', () => {
    input.leave();
    // It has to be begun anew above all that narrowing has made of the bars.
    isMoved = terminal.columns !== drawn.columns || isMoved;
    leaveWrapped(terminal, drawn);
  });
  bars.on('redraw-pre', () => {
    if (terminal.columns !== drawn.columns) terminal.write(CLEAR_BELOW);
    drawn.columns = terminal.columns;
    drawn.lines.length = 0;
  });
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

/**
 * A window that is made narrower wraps the lines that stand in it anew, as all but few terminals do, so bars take more rows
 * than they were drawn in: the cursor goes up by those too.
 */
function leaveWrapped(terminal: Terminal, { lines, columns }: DrawnRows): void {
  const width = terminal.columns;
  if (width === undefined || width === columns) return;
  const more = lines.reduce((rows, line) => rows + rowsOf(line, width) - 1, 0);
  if (more > 0) terminal.write(up(more));
}

function emptyBars(terminal: Terminal, drawn: DrawnRows): MultiBar {
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
    format: (_options, _parameters, payload: { progress: Progress }) => {
      const line = barLine(payload.progress, terminal.columns ?? 80);
      drawn.lines.push(line);
      return line;
    },
  });
}
