/** Cuts what arrives on stdin into lines, and never keeps more of one line than a command can have. */
import { KiB } from '#src/domain/limits.js';

/** A name and a path with everything quoted fit many times; a file piped in by mistake does not. */
export const LINE_CHARACTERS = 64 * KiB;

export type Line = { readonly kind: 'line'; readonly text: string } | { readonly kind: 'too-long' };

export type LineSplitter = {
  /** @returns the lines that are complete now. */
  push(text: string): readonly Line[];
  /** @returns the last line, if it had no end. */
  end(): readonly Line[];
};

export function createLineSplitter(): LineSplitter {
  let rest = '';
  let dropping = false;
  let first = true;

  function line(text: string): Line {
    const start = first ? text.replace(/^\uFEFF/, '') : text;
    first = false;
    return start.length > LINE_CHARACTERS
      ? { kind: 'too-long' }
      : { kind: 'line', text: start.endsWith('\r') ? start.slice(0, -1) : start };
  }

  return {
    push(text) {
      const parts = (rest + text).split('\n');
      rest = parts.pop() ?? '';
      const lines: Line[] = [];
      for (const part of parts) {
        // The end of a line that was refused when it became too long.
        if (dropping) dropping = false;
        else lines.push(line(part));
      }
      if (dropping) rest = '';
      else if (rest.length > LINE_CHARACTERS) {
        rest = '';
        dropping = true;
        lines.push({ kind: 'too-long' });
      }
      return lines;
    },
    end() {
      const last = rest;
      rest = '';
      return last === '' ? [] : [line(last)];
    },
  };
}
