/**
 * The line below the bars, where the terminal itself writes what is being typed. A bar drawn over it would make
 * it unreadable, so the bars are drawn above it and the cursor goes back to where it was.
 */
export type InputLine = {
  /** The cursor goes to the last bar. */
  leave(): void;
  /** The cursor comes back. @param isMoved whether the bars stand elsewhere now: then the line begins anew. */
  enter(isMoved: boolean): void;
  /** Enter was pressed so often: the cursor is so much further down. */
  ended(rows: number): void;
};

// DEC's own, which every terminal with more than printing knows; the others of ECMA-48.
const SAVE_CURSOR = '\u001b7';
const RESTORE_CURSOR = '\u001b8';
export const CLEAR_BELOW = '\u001b[J';
export const up = (rows: number): string => `\u001b[${rows}A`;

export function createInputLine(terminal: NodeJS.WritableStream): InputLine {
  /** Rows from the last bar to the cursor; 0 while the cursor is on it. */
  let below = 0;
  let left = 0;
  return {
    leave() {
      if (below > 0) terminal.write(SAVE_CURSOR + up(below));
      left = below;
      below = 0;
    },
    enter(isMoved) {
      terminal.write(left === 1 && !isMoved ? RESTORE_CURSOR : `\n${CLEAR_BELOW}`);
      below = 1;
    },
    ended(rows) {
      if (below > 0) below += rows;
    },
  };
}
